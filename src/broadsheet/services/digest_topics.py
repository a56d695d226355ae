"""Papers for a digest's topic, each with its score and the reason for it."""

import datetime as dt
import math
from collections.abc import Callable, Collection, Sequence

from broadsheet.digest.compose import Candidate, Vectors
from broadsheet.domain.access import Principal
from broadsheet.domain.collections import CollectionNotFoundError, CollectionService
from broadsheet.domain.daily import IssueRequest, PlacedStory, Window
from broadsheet.domain.digest import COLLECTION_PREFIX, Topic
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.follows import FollowedPaper
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.personal import ForYou
from broadsheet.domain.query import Like
from broadsheet.domain.search import Hit
from broadsheet.domain.services import DailyService, LibraryService, SearchService
from broadsheet.search.query.parse import parse
from broadsheet.services.digest import freshness, reader_of
from broadsheet.services.follows import find_on_topic, search_recent
from broadsheet.text.latex.plain_text import to_text

VectorsOf = Callable[[Sequence[int]], Vectors]
"""Paper keys → unit vectors, shape (papers, dimensions); zeros for one without."""

RankFor = Callable[[str, dt.date, dt.date, int], ForYou]
"""Account, first and last day, most papers → the account's ranking of these days."""

RankLike = Callable[[Collection[int], dt.date, dt.date, int, str], Sequence[PlacedStory]]
"""Keys of papers, first and last day, most papers, "of the collection" → the papers of these days
by their likeness to the given ones."""

_DEPTH = 100
"""Papers of a topic that are weighed for an issue."""
_RELEVANCE, _FRESHNESS, _ATTENTION = 0.6, 0.2, 0.2
_MOST_LIKED = 100
"""Papers of a collection, the last ones, that stand for it."""


class TopicReader:
    """Reads topics over the services. Thread-safe."""

    def __init__(
        self,
        library: LibraryService,
        search: SearchService,
        daily: DailyService,
        rank_for: RankFor,
        rank_like: RankLike,
        vectors_of: VectorsOf,
        collections: CollectionService,
        followed: Callable[[str, dt.date, dt.date], Sequence[FollowedPaper]],
    ) -> None:
        self._library = library
        self._search = search
        self._daily = daily
        self._rank_for = rank_for
        self._rank_like = rank_like
        self._vectors_of = vectors_of
        self._collections = collections
        self._followed = followed

    def check(self, topic: Topic, principal: Principal) -> Topic:
        """See ``services.digest.CheckTopic``."""
        if topic.kind == "search":
            query = parse(topic.value).query
            if not str(query).strip():
                raise InvalidInputError(
                    "a search needs words: write search:QUERY, for example "
                    "search:diffusion policy -survey"
                )
            return Topic("search", " ".join(topic.value.split()))
        if topic.kind == "like":
            return self._check_like(topic, principal)
        if topic.kind == "edition":
            self._daily.get_edition(topic.value)  # raises EditionNotFoundError
        return topic

    def _check_like(self, topic: Topic, principal: Principal) -> Topic:
        """A paper by any of its names, or a collection by its id or, of one's own, its title."""
        if not topic.collection:
            try:
                paper = self._library.get_paper(topic.value)
                return Topic("like", paper.id, to_text(paper.title))
            except PaperNotFoundError:
                pass
        name = topic.collection or topic.value
        try:
            collection = self._collections.get(principal, name)
        except CollectionNotFoundError:
            own = self._collections.own(principal) if principal.id else ()
            titled = [each for each in own if each.title.casefold() == name.casefold()]
            if not titled:
                raise InvalidInputError(
                    f"{name[:80]!r} is neither a paper of this library nor a collection that you "
                    "may read; give like: an identifier, or the id or title of a collection"
                ) from None
            collection = titled[0]
        if not collection.size:
            raise InvalidInputError(f"the collection “{collection.title}” holds no paper yet")
        return Topic("like", COLLECTION_PREFIX + collection.id, collection.title)

    def read(
        self, topic: Topic, account: str, first: dt.date, last: dt.date
    ) -> Sequence[Candidate]:
        """See ``services.digest.ReadTopic``; in any order."""
        if topic.kind == "search":
            hits = find_on_topic(self._search, parse(topic.value).query, first)
            return self._of_hits(hits, first, last, "")
        if topic.kind == "like":
            return self._of_liked(topic, account, first, last)
        if topic.kind == "edition":
            return self._of_edition(topic.value, first, last)
        if topic.kind == "follows":
            return self._of_follows(account, first, last)
        if topic.kind == "for-me":
            return self._of_account(topic.value, first, last)
        return self._of_trends(first, last) or self._of_edition("front", first, last)

    def _of_liked(
        self, topic: Topic, account: str, first: dt.date, last: dt.date
    ) -> Sequence[Candidate]:
        """Papers near a paper, or near the papers of a collection, which are left out; none if
        the collection was deleted or is not shared any more."""
        if not topic.collection:
            reason = f"Near in meaning to “{topic.label or topic.value}”."
            return self._of_hits(
                search_recent(self._search, [Like(topic.value)], first), first, last, reason
            )
        try:
            entries = self._collections.papers(reader_of(account), topic.collection)
        except CollectionNotFoundError:
            return ()
        keys = [paper.key for paper, _ in entries][-_MOST_LIKED:]
        stories = self._rank_like(keys, first, last, _DEPTH, "of the collection")
        return self._of_stories(stories, last)

    def _of_follows(self, account: str, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        """The papers that are new from what an account follows."""
        followed = self._followed(account, first, last)[:_DEPTH]
        return self._candidates(
            [each.paper for each in followed],
            [
                _RELEVANCE * (1 - place / max(len(followed), 1)) + _worth(each.paper, last)
                for place, each in enumerate(followed)
            ],
            [_as_sentences(["; ".join(each.reasons[:2])])[0] for each in followed],
        )

    def _of_hits(
        self, hits: Sequence[Hit], first: dt.date, last: dt.date, reason: str
    ) -> Sequence[Candidate]:
        hits = [hit for hit in hits if _listed_within(hit.paper, first, last)]
        if not hits:
            return ()
        scores = [hit.score for hit in hits]
        span = (max(scores) - min(scores)) or 1.0
        lowest = min(scores)
        return self._candidates(
            [hit.paper for hit in hits],
            [_RELEVANCE * (hit.score - lowest) / span + _worth(hit.paper, last) for hit in hits],
            [reason or _matched_words(hit) for hit in hits],
        )

    def _of_trends(self, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        """The trends of the days, empty if no signal was reported in them."""
        window: Window = "day" if (last - first).days <= 4 else "week"
        trends = self._daily.trends(window, limit=_DEPTH)
        if not trends.signals:
            return ()
        scores = [1 - (story.rank - 1) / len(trends.stories) for story in trends.stories]
        reasons = [" ".join(_as_sentences(story.reasons[:2])) for story in trends.stories]
        return self._candidates([story.paper for story in trends.stories], scores, reasons)

    def _of_account(self, account: str, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        """The papers that an account's own ranking puts first; none before the first like."""
        return self._of_stories(self._rank_for(account, first, last, _DEPTH).stories, last)

    def _of_stories(self, stories: Sequence[PlacedStory], last: dt.date) -> Sequence[Candidate]:
        if not stories:
            return ()
        highest, lowest = stories[0].score, stories[-1].score
        span = (highest - lowest) or 1.0
        return self._candidates(
            [story.paper for story in stories],
            [
                _RELEVANCE * (story.score - lowest) / span + _worth(story.paper, last)
                for story in stories
            ],
            [
                " ".join(_as_sentences([reason.words for reason in story.reasons[:2]]))
                for story in stories
            ],
        )

    def _of_edition(self, name: str, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        """The first stories of each day's issue."""
        papers: list[Paper] = []
        scores: list[float] = []
        reasons: list[str] = []
        size = self._daily.get_edition(name).size
        for number in range((last - first).days + 1):
            day = first + dt.timedelta(number)
            issue = self._daily.issue(
                IssueRequest(Period.containing("day", day), name, order="front", size=size)
            )
            for story in issue.stories or issue.front:
                papers.append(story.paper)
                place = 1 - (story.rank - 1) / max(size, 1)
                scores.append(_RELEVANCE * place + _FRESHNESS * freshness(day, last))
                best = sorted(story.reasons, key=lambda reason: -reason.points)[:2]
                words = [reason.words for reason in best if reason.points > 0]
                reasons.append(" ".join(_as_sentences(words)) or "New.")
        return self._candidates(papers, scores, reasons)

    def _candidates(
        self, papers: Sequence[Paper], scores: Sequence[float], reasons: Sequence[str]
    ) -> Sequence[Candidate]:
        vectors = self._vectors_of([paper.key for paper in papers])
        return [
            Candidate(paper=paper, score=score, reason=reason, vector=vector)
            for paper, score, reason, vector in zip(papers, scores, reasons, vectors, strict=True)
        ]


def _as_sentences(reasons: Sequence[str]) -> list[str]:
    """Reasons that begin with a capital letter and end with a stop."""
    return [f"{reason[:1].upper()}{reason[1:].rstrip('.')}." for reason in reasons if reason]


def _listed_within(paper: Paper, first: dt.date, last: dt.date) -> bool:
    listed = paper.listed.exact()
    return listed is not None and first <= listed <= last


def _worth(paper: Paper, last: dt.date) -> float:
    votes = paper.signals.get("upvotes", 0)
    number = float(votes) if isinstance(votes, int | float) and votes == votes else 0.0
    attention = min(1.0, math.log10(1 + max(0.0, number)) / 2)
    return _FRESHNESS * freshness(paper.listed.exact(), last) + _ATTENTION * attention


def _matched_words(hit: Hit) -> str:
    fragments = [*hit.title, *hit.snippet]
    words = {part.text.lower(): None for part in fragments if part.matched}
    if not words:
        return "It matches your search."
    named = [f"“{word}”" for word in list(words)[:4]]
    return f"It speaks of {', '.join(named)}."
