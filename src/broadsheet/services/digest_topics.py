"""Papers for a digest's topic, each with its score and the reason for it."""

import datetime as dt
import math
from collections.abc import Callable, Sequence

from broadsheet.digest.compose import Candidate, Vectors
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.digest import Topic
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.query import After, Query
from broadsheet.domain.query import Sequence as QuerySequence
from broadsheet.domain.search import Hit, SearchRequest
from broadsheet.domain.services import DailyService, SearchService
from broadsheet.search.query.parse import parse
from broadsheet.services.digest import freshness

VectorsOf = Callable[[Sequence[int]], Vectors]
"""Paper keys → unit vectors, shape (papers, dimensions); zeros for one without."""

_DEPTH = 100
"""Papers of a topic that are weighed for an issue."""
_NEAR_ENOUGH = 0.35
"""Share of the best score of the last month below which a paper is not on the topic."""
_RELEVANCE, _FRESHNESS, _ATTENTION = 0.6, 0.2, 0.2
_LATE_DAYS = 30
"""A paper may be listed so long after its publication and still be new here."""
_NOT_YET = {
    "follows": "following people and topics needs accounts",
    "for-me": "a digest for you needs saved papers to learn from",
    "edition": "this library has no editions",
}


class TopicReader:
    """Reads topics over the services. Thread-safe."""

    def __init__(self, search: SearchService, daily: DailyService, vectors_of: VectorsOf) -> None:
        self._search = search
        self._daily = daily
        self._vectors_of = vectors_of

    def check(self, topic: Topic) -> Topic:
        """Return a topic that can be subscribed to; raises InvalidInputError for any other."""
        if topic.kind in _NOT_YET:
            raise InvalidInputError(
                f"{topic.kind!r} cannot be subscribed to yet: {_NOT_YET[topic.kind]}; "
                "subscribe to trending or search:QUERY instead"
            )
        if topic.kind == "search":
            query = parse(topic.value).query
            if not str(query).strip():
                raise InvalidInputError(
                    "a search needs words: write search:QUERY, for example "
                    "search:diffusion policy -survey"
                )
            return Topic("search", " ".join(topic.value.split()))
        if topic.kind == "like":
            self._search.similar(topic.value, 1)  # raises PaperNotFoundError
        return topic

    def read(self, topic: Topic, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        """Candidates listed from ``first`` to ``last``, in any order."""
        if topic.kind == "search":
            return self._of_search(parse(topic.value).query, first, last)
        if topic.kind == "like":
            hits = self._search.similar(topic.value, _DEPTH)
            return self._of_hits(hits, first, last, "Near in meaning to the paper you named.")
        return self._of_days(first, last)

    def _of_search(self, query: Query, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        since = After(PartialDate.from_date(first - dt.timedelta(_LATE_DAYS)))
        # At the top of a query words rank papers and need not all be there.
        words = query.children if isinstance(query, QuerySequence) else (query,)
        recent = QuerySequence((*words, since))
        hits = self._search.search(SearchRequest(str(recent), limit=_DEPTH)).hits
        best = max((hit.score for hit in hits), default=0.0)
        near = [hit for hit in hits if hit.matched and hit.score >= _NEAR_ENOUGH * best]
        return self._of_hits(near, first, last, "")

    def _of_hits(
        self, hits: Sequence[Hit], first: dt.date, last: dt.date, reason: str
    ) -> Sequence[Candidate]:
        hits = [hit for hit in hits if _listed_within(hit.paper, first, last)]
        if not hits:
            return ()
        scores = [hit.score for hit in hits]
        span = (max(scores) - min(scores)) or 1.0
        vectors = self._vectors_of([hit.paper.key for hit in hits])
        return [
            Candidate(
                paper=hit.paper,
                score=_RELEVANCE * (hit.score - min(scores)) / span + _worth(hit.paper, last),
                reason=reason or _matched_words(hit),
                vector=vector,
            )
            for hit, vector in zip(hits, vectors, strict=True)
        ]

    def _of_days(self, first: dt.date, last: dt.date) -> Sequence[Candidate]:
        days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
        issues = [
            self._daily.issue(IssueRequest(Period("day", day), order="front", size=_DEPTH))
            for day in days
        ]
        papers = [story.paper for issue in issues for story in issue.stories]
        vectors = self._vectors_of([paper.key for paper in papers])
        return [
            Candidate(
                paper=paper,
                score=_worth(paper, last),
                reason=_attention(paper),
                vector=vector,
            )
            for paper, vector in zip(papers, vectors, strict=True)
        ]


def _listed_within(paper: Paper, first: dt.date, last: dt.date) -> bool:
    listed = paper.listed.exact()
    return listed is not None and first <= listed <= last


def _worth(paper: Paper, last: dt.date) -> float:
    votes = paper.signals.get("upvotes", 0)
    number = float(votes) if isinstance(votes, int | float) and votes == votes else 0.0
    attention = min(1.0, math.log10(1 + max(0.0, number)) / 2)
    return _FRESHNESS * freshness(paper.listed.exact(), last) + _ATTENTION * attention


def _attention(paper: Paper) -> str:
    votes = paper.signals.get("upvotes")
    if isinstance(votes, int) and votes > 0:
        return f"{votes} upvotes where it was listed."
    if paper.code_url:
        return "New, with code."
    return "New."


def _matched_words(hit: Hit) -> str:
    fragments = [*hit.title, *hit.snippet]
    words = {part.text.lower(): None for part in fragments if part.matched}
    if not words:
        return "It matches your search."
    named = [f"“{word}”" for word in list(words)[:4]]
    return f"It speaks of {', '.join(named)}."
