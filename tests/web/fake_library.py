"""A library over a plain list, for pages whose content a test wants to choose.

Search is a toy: every word must stand in title or abstract, terms of the form
``cat:``, ``after:``, ``before:`` and ``has:code`` filter, the rest is near in meaning.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from broadsheet.discovery.judging import Judgement
from broadsheet.domain.access import Principal
from broadsheet.domain.community import PaperMarks, Vote
from broadsheet.domain.daily import FEATURED, FRONT_PAGE, Edition, Issue, IssueRequest
from broadsheet.domain.digest import DigestStatus
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.explanation import Explanation, Place, SentenceShare, Standing, WordShare
from broadsheet.domain.follows import FollowNews
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.personal import ForYou, Profile
from broadsheet.domain.ports import PeriodCount, Story
from broadsheet.domain.provenance import KeptRecord, Provenance
from broadsheet.domain.search import (
    Completion,
    FacetCount,
    Fragment,
    Hit,
    SearchAnswer,
    SearchRequest,
    SelectionAnswer,
    SelectionRequest,
)
from broadsheet.domain.services import Services
from broadsheet.domain.signals import Signal, SignalGrowth
from broadsheet.domain.status import Health, Status
from broadsheet.domain.submissions import NO_HIGHLIGHTS, Highlights
from broadsheet.domain.sync import SourceRun, SourceStatus
from broadsheet.index.port import Vectors
from broadsheet.services.daily import LocalDailyService
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.person_names import is_named


class FakeDigest:
    """A digest that nobody has subscribed to."""

    def status(self, principal: Principal) -> DigestStatus:
        return DigestStatus(subscriptions={}, deliveries={}, overdue=0)


class FakeLibrary:
    """Implements the service calls of pages. ``former`` maps ids that were merged away to papers'
    ids.
    """

    def __init__(self, papers: Sequence[Paper], former: dict[str, str] | None = None) -> None:
        self.papers = list(papers)
        self.former = former or {}
        self.answer_with: dict[str, object] = {}
        """Fields of SearchAnswer to put in place of the toy's own."""
        self.sources: list[SourceStatus] = []
        self.past_runs: dict[str, list[SourceRun]] = {}
        self.completions: list[Completion] = []
        """Returns those that hold the typed text."""
        self.alike: dict[str, list[Paper]] = {}
        """Near-duplicates by the id of the paper they are shown with."""
        self.asked: list[SearchRequest] = []
        """Searches, in the order in which they came."""
        self.editions: list[Edition] = [FRONT_PAGE, FEATURED]
        self.changes: list[tuple[str, object]] = []
        """Settings changed by pages, and the runs they requested."""
        self.growths: list[SignalGrowth] = []
        self.now = dt.datetime(2026, 6, 5, 12, tzinfo=dt.UTC)
        self.compared: list[str] = []
        """Texts that similar papers were asked for."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        self.asked.append(request)
        terms = request.text.split()
        words = [term.lower().strip('"()') for term in terms if ":" not in term]
        filters = [term for term in terms if ":" in term]
        passing = [paper for paper in self.papers if all(_passes(paper, f) for f in filters)]
        hold = [paper for paper in passing if all(word in _document(paper) for word in words)]
        others = [p for p in passing if p not in hold] if request.mode != "words" and hold else []
        ranked = [*hold, *others[:10]]
        page = ranked[request.offset : request.offset + request.limit]
        answer = {
            "query": request.text,
            "hits": tuple(
                Hit(
                    rank=rank,
                    score=1 / rank,
                    paper=paper,
                    title=_fragments(to_text(paper.title), words),
                    snippet=_fragments(to_text(paper.abstract)[:240], words),
                    matched=paper in hold,
                    alike=tuple(self.alike.get(paper.id, ())),
                )
                for rank, paper in enumerate(page, request.offset + 1)
            ),
            "total": len(ranked),
            "matching": len(hold),
            "facets": _facets(hold) if request.facets else {},
        }
        return SearchAnswer(**(answer | self.answer_with))  # type: ignore[arg-type]

    def explain(self, request: SearchRequest, name: str) -> Explanation:
        """Every word and sentence has an equal share; the last sentence speaks against."""
        paper = self.get_paper(name)
        answer = self.search(replace(request, limit=1000, offset=0))
        rank = next((hit.rank for hit in answer.hits if hit.paper is paper), None)
        words = [term for term in request.text.split() if ":" not in term]
        filters = [term for term in request.text.split() if ":" in term]
        texts = [paper.title, *to_text(paper.abstract).split(". ")]
        return Explanation(
            query=request.text,
            mode=request.mode,
            paper=paper,
            rank=rank,
            score=1.0,
            words=tuple(
                WordShare(word, 1 / len(words), 0.5, _places(paper, word.lower())) for word in words
            ),
            sentences=tuple(
                SentenceShare(
                    text=_fragments(text, [word.lower() for word in words]),
                    place="abstract" if at else "title",
                    share=(-1 if at == len(texts) - 1 else 1) / len(texts),
                    drop=0.1,
                    nearness=0.9 - at / 10,
                )
                for at, text in enumerate(texts)
            ),
            by_words=Standing(1, 20),
            by_meaning=Standing(12, 20),
            by_second_look=Standing(2, 20),
            carried="words",
            filters=tuple(term for term in filters if _passes(paper, term)),
            failed=tuple(term for term in filters if not _passes(paper, term)),
        )

    def similar_to_text(self, text: str, limit: int) -> tuple[Hit, ...]:
        self.compared.append(text)
        return tuple(Hit(rank, 1 / rank, p) for rank, p in enumerate(self.papers[:limit], 1))

    def explain_similar_to_text(self, text: str, name: str) -> Explanation:
        self.compared.append(text)
        told = self.explain(SearchRequest("rivers deltas"), name)
        return replace(told, query="", rank=self.papers.index(told.paper) + 1)

    def complete(self, text: str, limit: int) -> tuple[Completion, ...]:
        return tuple(c for c in self.completions if text.lower() in c.text.lower())[:limit]

    def get_paper(self, name: str) -> Paper:
        current = self.former.get(name, name)
        for paper in self.papers:
            arxiv = paper.id.removeprefix("arxiv:")
            if current in (paper.id, arxiv, f"{arxiv}v1", f"{paper.id}v1"):
                return paper
        raise PaperNotFoundError(name)

    def get_signals(self, name: str) -> list[Signal]:
        paper = self.get_paper(name)
        votes = paper.signals.get("upvotes", 0)
        first = dt.date(2026, 6, 1)
        return [
            Signal(paper.key, "fake", "upvotes", first + dt.timedelta(day), float(votes * day))
            for day in range(3)
            if votes
        ]

    def find_doubles(self, name: str) -> list[Paper]:
        return []

    def get_provenance(self, name: str) -> Provenance:
        paper = self.get_paper(name)
        if not paper.sources:
            return Provenance({}, ())
        record = KeptRecord(
            source=paper.sources[0],
            key=paper.id,
            part="speaks",
            version=2,
            said_on=paper.updated,
            format="arxiv-snapshot",
            origin="/home/ada/papers/snapshot.json",
            position="line 12",
            kept_at=paper.added_at,
        )
        return Provenance({"title": paper.sources, "venue": ("crossref",)}, (record,))

    def similar(self, name: str, limit: int) -> tuple[Hit, ...]:
        others = [paper for paper in self.papers if paper is not self.get_paper(name)]
        return tuple(Hit(rank, 1 / rank, paper) for rank, paper in enumerate(others[:limit], 1))

    # The store calls of LocalDailyService

    def latest_day(self, until: dt.date) -> dt.date | None:
        days = (paper.listed.exact() for paper in self.papers)
        return max((day for day in days if day and day <= until), default=None)

    def stories_of(self, period: Period, limit: int) -> Sequence[Story]:
        stories = [story_of(paper) for paper in self.papers if period.holds(paper.listed)]
        return sorted(stories, key=lambda story: (-story.votes, story.key))[:limit]

    def count_of(self, period: Period) -> int:
        return sum(period.holds(paper.listed) for paper in self.papers)

    def neighbours_of(self, period: Period) -> tuple[PeriodCount | None, PeriodCount | None]:
        listed_dates = [
            paper.listed for paper in self.papers if paper.listed.day or period.kind == "year"
        ]
        around = {
            Period.containing(period.kind, listed.first_day()).first for listed in listed_dates
        }
        earlier = max((first for first in around if first < period.first), default=None)
        later = min((first for first in around if first > period.first), default=None)
        neighbours = [Period(period.kind, first) if first else None for first in (earlier, later)]
        before, after = (
            PeriodCount(each, self.count_of(each)) if each else None for each in neighbours
        )
        return before, after

    def growths_between(
        self, first: dt.date, last: dt.date, names: Collection[str]
    ) -> list[SignalGrowth]:
        return [
            growth
            for growth in self.growths
            if growth.name in names and first <= growth.first and growth.last <= last
        ]

    def stories_between(self, first: dt.date, last: dt.date, limit: int) -> list[Story]:
        days = ((paper, paper.listed.exact()) for paper in self.papers)
        stories = [story_of(paper) for paper, day in days if day and first <= day <= last]
        return sorted(stories, key=lambda story: (-story.votes, story.key))[:limit]

    def stories_by_key(self, keys: Sequence[int]) -> dict[int, Story]:
        return {key: story_of(paper) for key, paper in self.get_many(keys).items()}

    def counts_by_day(self, first: dt.date, last: dt.date) -> dict[dt.date, int]:
        days = (paper.listed.exact() for paper in self.papers)
        return dict(Counter(day for day in days if day and first <= day <= last))

    def has_papers_beside(self, source: str) -> bool:
        return any(paper.sources != (source,) for paper in self.papers)

    def get_many(self, keys: Sequence[int]) -> dict[int, Paper]:
        return {paper.key: paper for paper in self.papers if paper.key in set(keys)}

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        return (paper for paper in self.papers if paper.key > after)

    def last_change(self) -> int:
        return len(self.papers)

    mode = "one"

    def paper_marks(self, principal: Principal, papers: Collection[int]) -> PaperMarks:
        return PaperMarks()

    def own(self, principal: Principal) -> list[object]:
        return []

    def public(self) -> list[object]:
        return []

    def marks(
        self, principal: Principal, marks: Collection[str] = (), limit: int = 0
    ) -> list[object]:
        return []

    def for_you(self, principal: Principal, since: str = "day", limit: int = 50) -> ForYou:
        day = self.now.date()
        return ForYou(day, day, [], 0, 0, 0, 0)

    def issue(self, principal: Principal, request: IssueRequest) -> Issue:
        return self.daily().issue(request)

    def informative_papers(self, principal: Principal, limit: int = 20) -> list[Paper]:
        return self.papers[:limit]

    def profile(self, principal: Principal) -> Profile:
        return Profile(0, 0)

    def get_papers(self, keys: Sequence[int]) -> list[Paper]:
        return [paper for paper in self.papers if paper.key in keys]

    def thread(self, principal: Principal, paper: int) -> list[object]:
        return []

    def count_vote_changes(self) -> int:
        return 0

    def last_changed_at(self) -> None:
        return None

    # Its index calls: papers of this library are all about something else

    def judge(self, papers: Sequence[Paper]) -> Judgement:
        size = len(papers)
        return Judgement(np.zeros((size, 4), np.float32), np.zeros(size, np.float32))

    def measure_distance(self, paper: Paper, before: dt.date) -> float | None:
        return None

    def find_repetitions(self, papers: Sequence[Paper], vectors: Vectors) -> Sequence[int]:
        return range(len(papers))

    def select_stories(self, edition: Edition, keys: Sequence[int]) -> frozenset[int]:
        words = edition.query.lower().split()
        page = self.get_many(keys).values()
        return frozenset(p.key for p in page if all(word in _document(p) for word in words))

    def select(self, request: SelectionRequest) -> SelectionAnswer:
        """Papers by the author that the query names."""
        name = str(getattr(request.query, "text", ""))
        by_them = [p for p in self.papers if any(is_named(a.name, name) for a in p.authors)]
        page = by_them[request.offset : request.offset + request.limit]
        return SelectionAnswer(tuple(page), len(by_them))

    def daily(self) -> LocalDailyService:
        """The real service, over this list."""
        return LocalDailyService(
            self,  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
            self.select_stories,
            self.editions,
            source_statuses=lambda: self.sources,
            source_runs=lambda name, limit: self.past_runs.get(name, []),
            now=lambda: self.now,
        )

    @property
    def services(self) -> Services:
        """The library as the services of an application."""
        return Services(
            library=self,
            search=self,
            daily=self.daily(),
            sources=self,
            admin=self,
            digest=FakeDigest(),
            settings=self,
            accounts=self,
            community=self,
            collections=self,
            comments=self,
            personal=self,
            screening=self,
            follows=self,
            members=self,
            harvest=self,
            submissions=self,
            identities=self,
        )  # type: ignore[arg-type]

    def providers(self) -> Sequence[object]:
        return ()

    def follows(self, principal: Principal) -> Sequence[object]:
        return ()

    def news(
        self, principal: Principal, since: str = "visit", only: int | None = None, limit: int = 200
    ) -> FollowNews:
        return FollowNews(dt.datetime(2026, 6, 3, tzinfo=dt.UTC), (), (), 0, {})

    def votes_of_voters(self, papers: Collection[int]) -> list[Vote]:
        return []

    def votes_here(self, period: Period) -> dict[int, int]:
        return {}

    def submissions(self, principal: Principal) -> list[object]:
        return []

    def highlights_of(self, papers: Collection[int]) -> Highlights:
        return NO_HIGHLIGHTS

    def visit(self, principal: Principal) -> None:
        return None

    def health(self) -> Health:
        return Health(len(self.papers))

    def status(self, principal: Principal) -> Status:
        return Status(
            version="0",
            home="/nowhere",
            database="/nowhere/library.sqlite",
            papers=len(self.papers),
            indexed=len(self.papers),
            pending=0,
            rejected=0,
            bytes={},
            embedder="none",
            last_change=None,
        )

    def statuses(self, principal: Principal) -> Sequence[SourceStatus]:
        return self.sources

    def path(self) -> str:
        return "/home/ada/broadsheet.toml"

    def choose_fields(
        self,
        principal: Principal,
        categories: Sequence[str],
        sources: Sequence[str],
        contact: str,
        zone: str,
    ) -> Sequence[str]:
        if not categories:
            raise InvalidInputError("choose a field")
        self.changes.append(("fields", (*categories, *sources, contact, zone)))
        return ["arxiv", *sources]

    def define_edition(self, principal: Principal, edition: Edition) -> None:
        self.changes.append(("edition", edition))

    def add_source(self, principal: Principal, name: str) -> None:
        self.changes.append(("on", name))

    def remove_source(self, principal: Principal, name: str) -> None:
        self.changes.append(("off", name))

    def request_run(self, principal: Principal, name: str) -> None:
        self.changes.append(("run", name))

    def runs(self, principal: Principal, name: str, limit: int) -> Sequence[SourceRun]:
        return self.past_runs.get(name, [])[:limit]

    def export(self, names: Sequence[str], format_name: str) -> str:
        paper = self.get_paper(names[0])
        authors = " and ".join(author.name for author in paper.authors)
        entry = f"@misc{{it,\n  title = {{{paper.title}}},\n  author = {{{authors}}}\n}}\n"
        return {
            "bibtex": entry,
            "cite": entry,
            "ris": f"TY  - GEN\nTI  - {paper.title}\nER  - \n",
            "csl-json": json.dumps([{"id": paper.id, "title": paper.title}]),
            "json": json.dumps({"id": paper.id}),
            "markdown": f"# {paper.title}\n\n{paper.abstract}\n",
        }[format_name]


def story_of(paper: Paper) -> Story:
    """The SQL store's summary of a paper."""
    votes = paper.signals.get("upvotes", 0)
    return Story(
        paper.key,
        paper.listed,
        int(votes) if isinstance(votes, int) else 0,
        paper.added_at,
        paper.categories,
        bool(paper.code_url),
        paper.sources,
        paper.signals,
    )


def _document(paper: Paper) -> str:
    return f"{paper.title} {paper.abstract}".lower()


def _passes(paper: Paper, term: str) -> bool:
    field, _, value = term.partition(":")
    date = str(paper.published or "")
    return {
        "cat": value in paper.categories,
        "has": bool(paper.code_url),
        "after": date[: len(value)] >= value,
        "before": bool(date) and date < value,
    }.get(field, True)


def _places(paper: Paper, word: str) -> tuple[Place, ...]:
    texts: dict[Place, str] = {"title": paper.title, "abstract": paper.abstract}
    return tuple(place for place, text in texts.items() if word in text.lower())


def _fragments(text: str, words: Sequence[str]) -> tuple[Fragment, ...]:
    parts = text.split(" ")
    marked = [any(word in part.lower() for word in words) for part in parts]
    fragments = []
    for i, (part, matched) in enumerate(zip(parts, marked, strict=True)):
        fragments.append(Fragment(part, matched))
        if i < len(parts) - 1:
            fragments.append(Fragment(" "))
    return tuple(fragments)


def _facets(papers: Sequence[Paper]) -> dict[str, tuple[FacetCount, ...]]:
    categories = Counter(category for paper in papers for category in paper.categories)
    years = Counter(paper.published.year for paper in papers if paper.published)
    code = sum(bool(paper.code_url) for paper in papers)
    return {
        "category": tuple(FacetCount(c, f"cat:{c}", n) for c, n in categories.most_common(12)),
        "year": tuple(
            FacetCount(str(y), f"after:{y} before:{y}", n) for y, n in sorted(years.items())
        ),
        "code": (FacetCount("With code", "has:code", code),) if code else (),
    }
