"""A reader's ranking over a library on this machine; implements PersonalService."""

import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from broadsheet.discovery.personal.features import split_terms
from broadsheet.discovery.personal.ranking import (
    PaperReasons,
    PersonalRanker,
    PersonalRanking,
    Signals,
)
from broadsheet.domain.access import Principal, require
from broadsheet.domain.categories import section_of
from broadsheet.domain.collections import CollectionStore
from broadsheet.domain.community import (
    MARKS,
    RANKING_MARKS,
    CommunityStore,
    Mark,
    ReaderMark,
)
from broadsheet.domain.daily import Issue, IssueRequest, PlacedStory, Reason
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper, Record
from broadsheet.domain.periods import Period
from broadsheet.domain.personal import (
    COLLECTED,
    DECISIONS,
    EXPLORATION,
    EXPLORATION_NAME,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_TEXTS,
    PINNED_PAPER,
    USUAL_EXPLORATION,
    WEIGHTS,
    AddedLikes,
    Decision,
    ForYou,
    Profile,
    ProfileAuthor,
    ProfileEdit,
    ProfileInterest,
    ProfilePaper,
    ProfileStore,
    ProfileTerm,
    check_edit,
)
from broadsheet.domain.ports import Store
from broadsheet.domain.search import ReaderInterests, SearchRequest
from broadsheet.domain.services import DailyService, SearchService
from broadsheet.services.daily import standfirst_of
from broadsheet.text.identifiers import find_identifiers, names_only_identifiers, parse_identifier
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import fold_name
from broadsheet.text.titles import normalise_title

MOST_RANKED = 5_000
"""Papers of the requested days; of more, the most voted."""
POOL_DAYS = 30
"""Days before the requested ones whose papers give terms their weights."""
MOST_BESIDE = 1_500
"""Papers of those days."""
MOST_MARKS = 10_000
OUTSIDE = Reason("exploration", 0.0, "from outside your interests; it stands for many others there")
NOTHING_LEARNED = (
    "Nothing is known of your interests yet, so this is the order of the front page. "
    "Save a paper, ask for more like it, or describe your work under For you."
)
_MOST_ADDED = 200
"""Papers or texts that can be added at once."""
_PAPERS_OF_AUTHOR = 50
_TERMS, _AUTHORS, _PAPERS = 40, 30, 100
"""Parts of a profile that are listed."""
_MARK_WORDS: dict[Mark, str] = {
    "saved": "saved",
    "voted": "voted for",
    "more_like": "wanted more of",
}
_LONGEST_TITLE = 300
"""Characters of a line that may be the title of a paper."""
_PARAGRAPHS = re.compile(r"\n\s*\n")


class LocalPersonalService:
    """See PersonalService. Thread-safe."""

    def __init__(
        self,
        papers: Store,
        marks: CommunityStore,
        collections: CollectionStore,
        profiles: ProfileStore,
        ranker: PersonalRanker,
        search: SearchService,
        daily: DailyService,
        followed_authors: Callable[[str], Sequence[str]] = lambda account: (),
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._marks = marks
        self._collections = collections
        self._profiles = profiles
        self._ranker = ranker
        self._search = search
        self._daily = daily
        self._followed_authors = followed_authors
        self._clock = clock

    # Ranking

    def for_you(self, principal: Principal, since: str = "day", limit: int = 50) -> ForYou:
        """See PersonalService."""
        require(principal, "keep_personal")
        first, last = self._span(since)
        return self.rank_days(principal.id, first, last, limit)

    def rank_days(self, account: str, first: dt.date, last: dt.date, limit: int) -> ForYou:
        """Rank the papers of some days for an account. See ``for_you``."""
        keys = self._keys_between(first, last)
        marked = {mark.paper for mark in self._marks.marks_of(account, MARKS, MOST_MARKS)}
        signals = self._signals(account)
        ranking = self._rank(keys, first, signals)
        unmarked = [key for key in keys if key not in marked]
        liked = {key for key, weight in signals.papers if weight}
        ranked = [key for key in unmarked if key not in liked]
        stories: list[PlacedStory] = []
        exploration = self._exploration(account)
        if ranking.has_learned:
            by_score = sorted(ranked, key=lambda key: (-ranking.score_of(key), key))
            best, outside = self._explore(by_score, ranking, EXPLORATION[exploration], limit)
            stories = [
                replace(story, reasons=(OUTSIDE,)) if story.paper.key in outside else story
                for story in self._place(best, ranking, account)
            ]
        return ForYou(
            first,
            last,
            stories,
            len(ranked),
            len(keys) - len(ranked),
            signals.likes,
            signals.dislikes,
            exploration,
        )

    def _explore(
        self, ranked: Sequence[int], ranking: PersonalRanking, every: int, limit: int
    ) -> tuple[list[int], set[int]]:
        """Return the best ``limit`` of ``ranked`` with a paper from its second half at each
        ``every``-th place, and these papers: those that stand for many of that half, without
        any that holds something unwanted."""
        places = range(every - 1, min(limit, len(ranked)), every) if every else ()
        if len(ranked) < 2 * every or not places:
            return list(ranked[:limit]), set()
        half = ranked[len(ranked) // 2 :]
        outside = [
            key
            for key in self._ranker.choose_informative(half, 3 * len(places))
            if not (ranking.explain(key).unwanted or ranking.explain(key).unwanted_authors)
        ][: len(places)]
        inside = [key for key in ranked if key not in outside]
        for place, key in zip(places, outside, strict=False):
            inside.insert(place, key)
        return inside[:limit], set(outside)

    def _exploration(self, account: str) -> Decision:
        edits = self._profiles.edits(account)
        chosen = (edit.decision for edit in edits if edit.kind == "exploration")
        return next(chosen, USUAL_EXPLORATION)

    def issue(self, principal: Principal, request: IssueRequest) -> Issue:
        """See PersonalService."""
        require(principal, "keep_personal")
        signals = self._signals(principal.id)
        rankings: list[PersonalRanking] = []

        def order(keys: Sequence[int]) -> Sequence[int]:
            ranked, rest = keys[:MOST_RANKED], keys[MOST_RANKED:]
            ranking = self._rank(ranked, request.period.first, signals)
            if not ranking.has_learned:
                return keys
            rankings.append(ranking)
            return [*sorted(ranked, key=lambda key: -ranking.score_of(key)), *rest]

        issue = self._daily.issue(replace(request, order="for-me"), order)
        if not rankings:
            return replace(issue, notes=(*issue.notes, NOTHING_LEARNED)) if issue.total else issue
        placed = self._place(
            [story.paper.key for story in issue.stories], rankings[0], principal.id
        )
        own = {story.paper.key: story for story in placed}
        return replace(
            issue,
            stories=[
                replace(story, score=own[key].score, reasons=own[key].reasons)
                for story in issue.stories
                if (key := story.paper.key) in own
            ],
        )

    def interests(self, principal: Principal) -> ReaderInterests | None:
        """See PersonalService."""
        require(principal, "keep_personal")
        signals = self._signals(principal.id)
        return _Interests(self, signals, principal.id) if signals.likes else None

    def rank_results(self, keys: Sequence[int], signals: Signals) -> PersonalRanking:
        """Rank the results of a search (keys) among themselves."""
        return self._ranker.rank(sorted(keys), signals, self._state())

    def explain_place(self, key: int, ranking: PersonalRanking, account: str) -> Sequence[Reason]:
        """Return the reasons of one ranked paper."""
        return [
            reason for story in self._place([key], ranking, account) for reason in story.reasons
        ]

    def rank_like(
        self, liked: Collection[int], first: dt.date, last: dt.date, limit: int, whose: str
    ) -> Sequence[PlacedStory]:
        """Rank the papers of some days by their likeness to papers (keys), without these.

        ``whose`` completes the reason: "close to a paper …".
        """
        keys = self._keys_between(first, last)
        known = self._papers.get_many(list(liked))
        ranking = self._rank(keys, first, Signals(tuple((key, 1.0) for key in sorted(known))))
        others = [key for key in keys if key not in known]
        best = sorted(others, key=lambda key: (-ranking.score_of(key), key))[:limit]
        return self._place(best, ranking, "", whose) if ranking.has_learned else ()

    def _span(self, since: str) -> tuple[dt.date, dt.date]:
        latest = self._daily.latest_day()
        last = latest or self._daily.today()
        if since == "day":
            return last, last
        if since == "week":
            return last - dt.timedelta(6), last
        if (period := Period.parse("day", since)) is None:
            raise InvalidInputError(
                f"{since[:40]!r} is no start: write day, week or a date such as 2026-11-02"
            )
        if period.first > last:
            raise InvalidInputError(f"no paper is listed after {last}: choose an earlier date")
        return period.first, last

    def _keys_between(self, first: dt.date, last: dt.date) -> list[int]:
        stories = self._papers.stories_between(first, last, MOST_RANKED)
        return [story.key for story in stories]

    def _rank(self, keys: Sequence[int], first: dt.date, signals: Signals) -> PersonalRanking:
        before = first - dt.timedelta(1)
        beside = self._papers.stories_between(before - dt.timedelta(POOL_DAYS), before, MOST_BESIDE)
        recent = sorted({*keys, *(story.key for story in beside)})
        return self._ranker.rank(recent, signals, self._state())

    def _state(self) -> object:
        return self._papers.last_changed_at(), self._papers.last_change()

    def _signals(self, account: str) -> Signals:
        weights = self._weights(account)
        papers = self._papers.get_many(list(weights))
        return Signals(
            tuple((key, weights[key]) for key in sorted(weights) if weights[key] and key in papers),
            tuple((text.title, text.text) for text in self._profiles.texts(account)),
            tuple(self._edits(account)),
        )

    def _edits(self, account: str) -> Iterable[ProfileEdit]:
        """The reader's decisions; a followed author without one counts like a pinned one."""
        edits = [edit for edit in self._profiles.edits(account) if edit.kind != "exploration"]
        decided = {fold_name(edit.name) for edit in edits if edit.kind == "author"}
        yield from edits
        for name in self._followed_authors(account):
            if fold_name(name) not in decided:
                yield ProfileEdit("author", name, "pinned")

    def _weights(self, account: str) -> dict[int, float]:
        """How much each paper counts that the reader has said something about."""
        marks = self._marks.marks_of(account, MARKS, MOST_MARKS)
        return weigh_marks(marks, self._collected(account))

    def _collected(self, account: str) -> set[int]:
        """The papers on the reader's collections."""
        return {
            entry.paper
            for collection in self._collections.of_account(account)
            for entry in self._collections.entries(collection.id)
        }

    def _place(
        self, keys: Sequence[int], ranking: PersonalRanking, account: str, whose: str = ""
    ) -> list[PlacedStory]:
        reasons = {key: ranking.explain(key) for key in keys}
        named = {key for each in reasons.values() for key, _ in each.papers}
        papers = self._papers.get_many([*keys, *named])
        texts = [title or text for title, text in ranking.signals.texts]
        interests = ranking.list_interests()
        marks = self._marks.paper_marks(account, named).own
        return [
            PlacedStory(
                rank=rank,
                paper=papers[key],
                section=section_of(papers[key].categories),
                score=ranking.score_of(key),
                reasons=tuple(
                    _tell(
                        reasons[key],
                        {each: to_text(paper.title) for each, paper in papers.items()},
                        texts,
                        marks,
                        interests,
                        whose,
                    )
                ),
                standfirst=standfirst_of(papers[key]),
            )
            for rank, key in enumerate(keys, 1)
            if key in papers
        ]

    def informative_papers(self, principal: Principal, limit: int = 20) -> Sequence[Paper]:
        """See PersonalService."""
        require(principal, "keep_personal")
        first, last = self._span("week")
        recent = self._papers.stories_between(first - dt.timedelta(POOL_DAYS), last, MOST_BESIDE)
        marked = {mark.paper for mark in self._marks.marks_of(principal.id, MARKS, MOST_MARKS)}
        keys = [story.key for story in recent if story.key not in marked]
        chosen = self._ranker.choose_informative(keys, limit)
        papers = self._papers.get_many(chosen)
        return [papers[key] for key in chosen if key in papers]

    # The profile

    def profile(self, principal: Principal) -> Profile:
        """See PersonalService."""
        require(principal, "keep_personal")
        account = principal.id
        signals = self._signals(account)
        first, last = self._span("week")
        ranking = self._rank(self._keys_between(first, last), first, signals)
        papers = self._profile_papers(account, ranking)
        return Profile(
            signals.likes,
            signals.dislikes,
            _profile_terms(ranking.list_terms(_TERMS), signals.edits),
            papers[:_PAPERS],
            self._profiles.texts(account),
            _profile_authors(papers, signals.edits),
            [ProfileInterest(*each) for each in ranking.list_interests()],
            self._exploration(account),
        )

    def _profile_papers(self, account: str, ranking: PersonalRanking) -> list[ProfilePaper]:
        weights = self._weights(account)
        influences = ranking.list_influences()
        collected = self._collected(account)
        marks = self._marks.paper_marks(account, list(weights)).own
        papers = self._papers.get_many(list(weights))
        listed = [
            ProfilePaper(
                papers[key],
                weight,
                influences.get(key, 0.0),
                marks.get(key, frozenset()),
                key in collected,
            )
            for key, weight in weights.items()
            if key in papers
        ]
        return sorted(listed, key=lambda each: (-each.influence, each.paper.key))

    def edit(self, principal: Principal, kind: str, name: str, decision: str) -> None:
        """See PersonalService."""
        require(principal, "keep_personal")
        if not decision:
            name = " ".join(name.split())
            for known in DECISIONS:
                if kind == known:
                    self._profiles.remove_edit(principal.id, known, name)
            return
        edit = check_edit(kind, name, decision)
        if edit.kind == "term":
            edit = _check_term(edit)
        elif edit.kind == "exploration":
            edit = replace(edit, name=EXPLORATION_NAME)
        self._profiles.set_edit(principal.id, edit, self._clock())

    def remove_text(self, principal: Principal, number: int) -> None:
        """See PersonalService."""
        require(principal, "keep_personal")
        self._profiles.remove_text(principal.id, number)

    def reset(self, principal: Principal) -> None:
        """See PersonalService."""
        require(principal, "keep_personal")
        marks = self._marks.marks_of(principal.id, MARKS, MOST_MARKS)
        lasting = [mark for mark in marks if mark.mark not in RANKING_MARKS]
        papers = weigh_marks(lasting, self._collected(principal.id))
        self._profiles.reset(principal.id, list(papers), self._clock())

    # Adding likes

    def add_text(self, principal: Principal, text: str) -> AddedLikes:
        """See PersonalService."""
        require(principal, "keep_personal")
        papers: list[Paper] = []
        texts: list[tuple[str, str]] = []
        missing: list[str] = []
        for part in _split_parts(text):
            if len(part) > LONGEST_TEXT:
                raise InvalidInputError(
                    f"a text has at most {LONGEST_TEXT:,} characters; one of yours has {len(part):,}"
                )
            if identifiers := _read_identifiers(part):
                for identifier in identifiers:
                    paper = self._find_identifier(identifier)
                    if paper:
                        papers.append(paper)
                    else:
                        missing.append(str(identifier))
            elif paper := self._find_title(part):
                papers.append(paper)
            else:
                texts.append(("", part))
        return self._add(principal, papers, texts, missing)

    def add_file(self, principal: Principal, name: str, content: bytes) -> AddedLikes:
        """See PersonalService."""
        require(principal, "keep_personal")
        papers: list[Paper] = []
        texts: list[tuple[str, str]] = []
        for record in _read_records(name, content):
            named = filter(None, map(self._find_identifier, record.identifiers))
            paper = next(named, None) or self._find_title(record.title)
            if paper:
                papers.append(paper)
            elif record.title or record.abstract:
                texts.append(
                    (to_text(record.title)[:1000], to_text(record.abstract)[:LONGEST_TEXT])
                )
        return self._add(principal, papers, texts, ())

    def add_author(self, principal: Principal, name: str) -> AddedLikes:
        """See PersonalService."""
        require(principal, "keep_personal")
        name = " ".join(name.replace('"', " ").split())[:LONGEST_NAME]
        if not name:
            raise InvalidInputError("write the name of an author")
        request = SearchRequest(
            f'author:"{name}"', limit=_PAPERS_OF_AUTHOR, mode="words", order="date"
        )
        papers = [hit.paper for hit in self._search.search(request).hits]
        if not papers:
            raise InvalidInputError(
                f"no paper in this library is by {name!r}: check the spelling, or add papers "
                "by their titles"
            )
        return self._add(principal, papers, (), ())

    def _add(
        self,
        principal: Principal,
        papers: Sequence[Paper],
        texts: Sequence[tuple[str, str]],
        missing: Sequence[str],
    ) -> AddedLikes:
        papers = list({paper.key: paper for paper in papers}.values())
        if not (papers or texts or missing):
            raise InvalidInputError(
                "nothing there says what you like: give identifiers, titles, abstracts, or a "
                "description of your work"
            )
        if len(papers) + len(texts) > _MOST_ADDED:
            raise InvalidInputError(
                f"at most {_MOST_ADDED} papers and texts can be added at once; "
                f"there are {len(papers) + len(texts):,}"
            )
        if len(self._profiles.texts(principal.id)) + len(texts) > MOST_TEXTS:
            raise InvalidInputError(
                f"at most {MOST_TEXTS} texts can be kept; remove some from your profile first"
            )
        now = self._clock()
        for paper in papers:
            self._marks.set_mark(ReaderMark(principal.id, paper.key, "more_like", now), True)
        new_texts = self._profiles.add_texts(principal.id, texts, now) if texts else 0
        return AddedLikes(papers, new_texts, tuple(missing))

    def _find_identifier(self, identifier: Identifier) -> Paper | None:
        try:
            return self._papers.get(str(identifier))
        except PaperNotFoundError:
            return None

    def _find_title(self, title: str) -> Paper | None:
        """Return the paper with exactly this title, but for accents, case and punctuation."""
        normalised = normalise_title(title)
        if not normalised or len(title) > _LONGEST_TITLE:
            return None
        request = SearchRequest(f'title:"{normalised}"', limit=5, mode="words", literal=True)
        for hit in self._search.search(request).hits:
            if normalise_title(hit.paper.title) == normalised:
                return hit.paper
        return None


class _Interests:
    """Implements ReaderInterests."""

    def __init__(self, service: LocalPersonalService, signals: Signals, account: str) -> None:
        self._service = service
        self._signals = signals
        self._account = account
        self._ranking: PersonalRanking | None = None

    def score(self, keys: Sequence[int]) -> Sequence[float]:
        """See ReaderInterests."""
        self._ranking = self._service.rank_results(keys, self._signals)
        if not self._ranking.has_learned:
            return [0.0] * len(keys)
        return [self._ranking.score_of(key) for key in keys]

    def explain(self, key: int) -> str:
        """See ReaderInterests."""
        if self._ranking is None:
            return ""
        reasons = self._service.explain_place(key, self._ranking, self._account)
        words = "; ".join(reason.words for reason in reasons)
        return (
            f"Your interests put it where it is: {words}."
            if words
            else ("Your interests do not put it ahead.")
        )


def weigh_marks(marks: Iterable[ReaderMark], collected: Iterable[int] = ()) -> dict[int, float]:
    """Return the weight of each marked or collected paper; 0 if it is taken out.

    A dislike outweighs likes. Of several likes or dislikes the strongest counts.
    """
    kinds: dict[int, set[Mark]] = {}
    for mark in marks:
        kinds.setdefault(mark.paper, set()).add(mark.mark)
    collected = set(collected)
    weights: dict[int, float] = {}
    for key in {*kinds, *collected}:
        own = kinds.get(key, set())
        parts = [WEIGHTS[mark] for mark in own if mark in WEIGHTS]
        parts += [COLLECTED] if key in collected else []
        if not parts:
            continue
        weight = min(parts) if min(parts) < 0 else max(parts)
        factor = 0.0 if "ignored" in own else PINNED_PAPER if "pinned" in own else 1.0
        weights[key] = weight * factor
    return weights


def _check_term(edit: ProfileEdit) -> ProfileEdit:
    """A term in the spelling of the model: one or two words in lower case."""
    words = split_terms(edit.name)
    if not 1 <= len(words) <= 2:
        raise InvalidInputError(
            f"a term is a word or two neighbouring words of two letters and more, not {edit.name!r}"
        )
    return ProfileEdit(edit.kind, b" ".join(words).decode(), edit.decision)


def _profile_terms(
    learned: Sequence[tuple[str, float]], edits: Sequence[ProfileEdit]
) -> list[ProfileTerm]:
    decisions = {edit.name: edit.decision for edit in edits if edit.kind == "term"}
    terms = [ProfileTerm(name, weight, decisions.pop(name, None)) for name, weight in learned]
    return [*(ProfileTerm(name, 0.0, each) for name, each in decisions.items()), *terms]


def _profile_authors(
    papers: Sequence[ProfilePaper], edits: Sequence[ProfileEdit]
) -> list[ProfileAuthor]:
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for each in papers:
        for author in each.paper.authors if each.weight > 0 else ():
            folded = fold_name(author.name)
            names.setdefault(folded, author.name)
            counts[folded] += 1
    decisions = {fold_name(edit.name): edit for edit in edits if edit.kind == "author"}
    decided = [
        ProfileAuthor(edit.name, counts.pop(folded, 0), edit.decision)
        for folded, edit in decisions.items()
    ]
    others = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [*decided, *(ProfileAuthor(names[name], count) for name, count in others[:_AUTHORS])]


def _split_parts(text: str) -> list[str]:
    """Cut a pasted text: blank lines part texts; lines of identifiers or titles stand alone."""
    parts: list[str] = []
    for paragraph in _PARAGRAPHS.split(text.replace("\r\n", "\n").replace("\0", " ")):
        lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
        if all(_read_identifiers(line) or _may_be_title(line) for line in lines):
            parts += lines
        elif lines:
            parts.append(" ".join(lines))
    return parts


def _may_be_title(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and not line.endswith((".", ",", ";", "-"))


def _read_identifiers(text: str) -> list[Identifier]:
    """Return the identifiers of a text that holds nothing else; else []."""
    pieces = [parse_identifier(piece) for piece in re.split(r"[\s,;]+", text) if piece]
    identifiers = [piece for piece in pieces if piece is not None]
    if len(identifiers) == len(pieces):
        return identifiers
    return find_identifiers(text) if names_only_identifiers(text) else []


def _read_records(name: str, content: bytes) -> list[Record]:
    """Return the records of a file in BibTeX or RIS. Raises InvalidInputError."""
    from broadsheet.domain.errors import RecordError
    from broadsheet.domain.ingest import RawRecord
    from broadsheet.ingest.formats.faults import parse_record
    from broadsheet.ingest.formats.registry import get_format

    head = content[:65536]
    formats = [get_format(each) for each in ("bibtex", "ris")]
    match = next((each for each in formats if each.recognises(head, name.lower())), None)
    if match is None:
        raise InvalidInputError(f"{name[:80] or 'the file'} is neither BibTeX nor RIS")
    records: list[Record] = []
    for raw in match.split(io.BytesIO(content.decode("utf-8", "replace").encode())):
        if not isinstance(raw, RawRecord):
            continue
        try:
            records.append(parse_record(match, raw.raw))
        except RecordError:
            continue
    if not records:
        raise InvalidInputError(f"{name[:80] or 'the file'} holds no record that can be read")
    return records


def _tell(
    reasons: PaperReasons,
    titles: Mapping[int, str],
    texts: Sequence[str],
    marks: Mapping[int, frozenset[Mark]],
    interests: Sequence[tuple[int, list[str]]],
    whose: str = "",
) -> Iterable[Reason]:
    """Yield the reasons of a paper's place in words."""
    near = [(titles[key], key, part) for key, part in reasons.papers if part > 0 and key in titles]
    near_texts = [(texts[place], part) for place, part in reasons.texts if part > 0]
    if near:
        points = sum(part for *_, part in near)
        yield Reason("papers", points, _close_to(near, marks, whose))
    if near_texts:
        quoted = f"“{_shorten(near_texts[0][0])}”"
        yield Reason("texts", sum(part for _, part in near_texts), f"close to your text {quoted}")
    for kind, sign in (("terms", 1), ("against", -1)):
        named = [(name, part) for name, part in reasons.terms if part * sign > 0]
        if named:
            words = ", ".join(name for name, _ in named)
            opening = "terms" if sign > 0 else "against it"
            yield Reason(kind, sum(part for _, part in named), f"{opening}: {words}")
    if not whose and reasons.interest is not None and reasons.interest < len(interests):
        likes, terms = interests[reasons.interest]
        words = ", ".join(terms[:3])
        yield Reason("interest", 0.0, f"fits your interest in {words} ({likes} papers)")
    for names, name, points, words in (
        (reasons.pinned, "pinned", 1.0, "you pinned"),
        (reasons.unwanted, "unwanted", -3.0, "you do not want"),
    ):
        if names:
            yield Reason(name, points, f"{words}: {', '.join(names)}")
    for authors, name, points, words in (
        (reasons.pinned_authors, "author", 1.0, "whom you follow or pinned"),
        (reasons.unwanted_authors, "unwanted author", -3.0, "whom you do not want"),
    ):
        if authors:
            yield Reason(name, points, f"by {', '.join(authors)}, {words}")


def _close_to(
    near: Sequence[tuple[str, int, float]], marks: Mapping[int, frozenset[Mark]], whose: str
) -> str:
    """ "close to 3 papers you like: “A”, “B” and 1 more"; ``whose`` instead of "you like" """
    verbs = {
        next((words for mark, words in _MARK_WORDS.items() if mark in marks.get(key, ())), "like")
        for _, key, _ in near
    }
    whose = whose or f"you {verbs.pop() if len(verbs) == 1 else 'like'}"
    quoted = [f"“{_shorten(title)}”" for title, *_ in near[:2]]
    more = f" and {len(near) - 2} more" if len(near) > 2 else ""
    count = "a paper" if len(near) == 1 else f"{len(near)} papers"
    joined = (" and " if not more and len(quoted) == 2 else ", ").join(quoted)
    return f"close to {count} {whose}: {joined}{more}"


def _shorten(text: str, limit: int = 70) -> str:
    return text if len(text) <= limit else f"{text[:limit].rsplit(' ', 1)[0]} …"
