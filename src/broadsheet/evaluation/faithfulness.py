"""Measure whether explanations are true: removing their top word or sentence must cost most.

Score   the fall of the score after removing the top word of a query, or the top sentence of
        a paper, against removing a random one.
Rank    the same removals from the query itself: how far the paper falls among all papers,
        in doublings of its rank (log2).
Source  DeYoung et al., ERASER, ACL 2020, doi:10.18653/v1/2020.acl-main.408
        (comprehensiveness), against random words of the same query.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from broadsheet.domain.search import Mode, SearchAnswer, SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.significance import PairedDifference, paired_difference
from broadsheet.search.explain.explainer import Attributed
from broadsheet.search.explain.shares import Floats, Score, removal_drops

EXPLAINED = 3
"""Papers explained of each query: the first, as readers see them."""
DEEPEST = 200
"""A paper that is not found any more counts as standing one below."""


class Explaining(Protocol):
    """The search service that this measure uses."""

    def search(self, request: SearchRequest) -> SearchAnswer: ...

    def rank(self, request: SearchRequest) -> Sequence[tuple[int, float]]: ...

    def attribute(self, request: SearchRequest, name: str) -> Attributed: ...


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Mean fall of the score over queries, and the paired difference of the two."""

    removed: int
    without_top: float
    without_random: float
    difference: PairedDifference
    """Top minus random; explanations are faithful if it is above 0 and ``beyond_noise``."""

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "removed": self.removed,
            "without_top": round(self.without_top, 4),
            "without_random": round(self.without_random, 4),
            **self.difference.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Truth:
    """How true explanations are over a collection: falls of the score, and of the rank."""

    collection: str
    mode: Mode
    explained: int
    words: Faithfulness | None
    """None if there is nothing to compare: no query has two words, or no paper two sentences."""
    sentences: Faithfulness | None
    rank: Faithfulness | None

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "collection": self.collection,
            "mode": self.mode,
            "explained": self.explained,
            "words": self.words and self.words.as_dict(),
            "sentences": self.sentences and self.sentences.as_dict(),
            "rank": self.rank and self.rank.as_dict(),
        }


def measure_faithfulness(
    explained: Iterable[tuple[Score, Floats]], removed: int = 1, *, seed: int = 0
) -> Faithfulness:
    """Compare removals over the (score, weights) of each explained query or paper.

    Skips those with too few players to leave any in. Raises InvalidInputError if none remains.
    """
    top, random = [], []
    for score, weights in explained:
        if weights.size <= removed:
            continue
        without_top, without_random = removal_drops(score, weights, removed, seed=seed)
        top.append(without_top)
        random.append(without_random)
    return _compared(removed, top, random, seed)


def _compared(
    removed: int, top: Sequence[float], random: Sequence[float], seed: int
) -> Faithfulness:
    difference = paired_difference([np.array(top) - np.array(random)], seed=seed)
    return Faithfulness(removed, float(np.mean(top)), float(np.mean(random)), difference)


def measure_truth(
    engine: Explaining,
    collection: Collection,
    mode: Mode,
    on_progress: Callable[[int, float | None], None],
    *,
    seed: int = 0,
) -> Truth:
    """Explain the first papers of every query, and remove the parts that the explanations rank
    first.
    """
    words: list[tuple[Score, Floats]] = []
    sentences: list[tuple[Score, Floats]] = []
    falls: list[tuple[float, float]] = []
    for done, text in enumerate(collection.queries.values(), 1):
        for hit in engine.search(SearchRequest(text, limit=EXPLAINED, mode=mode)).hits:
            attributed = engine.attribute(SearchRequest(text, mode=mode), hit.paper.id)
            words.append((attributed.query_score, attributed.by_query.shares))
            sentences.append((attributed.paper_score, attributed.by_paper.shares))
            if hit.rank == 1 and len(attributed.query.labels) > 1:
                falls.append(_rank_falls(engine, attributed, mode, hit.paper.key))
        on_progress(done, done / len(collection.queries))
    return Truth(
        collection=collection.name,
        mode=mode,
        explained=len(words),
        words=_measured(words, seed),
        sentences=_measured(sentences, seed),
        rank=_compared(1, [top for top, _ in falls], [mean for _, mean in falls], seed)
        if falls
        else None,
    )


def _measured(explained: list[tuple[Score, Floats]], seed: int) -> Faithfulness | None:
    divisible = [(score, weights) for score, weights in explained if weights.size > 1]
    return measure_faithfulness(divisible, seed=seed) if divisible else None


def _rank_falls(
    engine: Explaining, attributed: Attributed, mode: Mode, key: int
) -> tuple[float, float]:
    """Doublings of the first paper's rank without the top word, and the mean without any."""
    falls = []
    for left_out in range(len(attributed.query.labels)):
        remaining = [
            word
            for word, owner in zip(attributed.query.typed, attributed.query.owners, strict=True)
            if owner != left_out
        ]
        ranking = engine.rank(SearchRequest(" ".join(remaining), limit=DEEPEST, mode=mode))
        ranks = {other: rank for rank, (other, _) in enumerate(ranking, 1)}
        falls.append(math.log2(ranks.get(key, DEEPEST + 1)))
    return falls[int(np.argmax(attributed.by_query.shares))], sum(falls) / len(falls)
