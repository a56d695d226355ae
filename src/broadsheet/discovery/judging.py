"""Facts about stories from the index: vectors, repetitions, and the learned model's scores."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.editions import filter_of
from broadsheet.discovery.newsworthiness import Contribution, shipped_model
from broadsheet.domain.daily import Edition
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.domain.query import Before
from broadsheet.index.port import VectorIndex, Vectors, WordIndex
from broadsheet.search.rank.duplicates import find_repetitions

_REMEMBERED = 2_000
"""Distances that are remembered."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of n papers, in their order."""

    vectors: Vectors
    """Shape (n, d); zeros for a paper that is not indexed yet."""
    newsworthiness: NDArray[np.float32]
    """Shape (n,), standard deviations; 0 if nothing learned applies."""


class Judge(Protocol):
    """Judges stories by their text. Thread-safe."""

    def judge(self, papers: Sequence[Paper]) -> Judgement: ...

    def explain(self, paper: Paper) -> Sequence[Contribution]:
        """Return the strongest contributions for and against a paper's newsworthiness.

        Empty if no learned model applies to it.
        """
        ...

    def measure_distance(self, paper: Paper, before: dt.date) -> float | None:
        """1 − cosine to the nearest paper published before a day; None if there is none, or if
        the paper is not indexed yet."""
        ...

    def find_repetitions(self, papers: Sequence[Paper], vectors: Vectors) -> Sequence[int]:
        """For each paper, best first, the place of the first one that it repeats: its own if
        it is new."""
        ...


class IndexJudge:
    """Implements Judge over the vectors and tokens of an index."""

    def __init__(self, vectors: VectorIndex) -> None:
        self._index = vectors
        self._distances: OrderedDict[tuple[int, dt.date], float | None] = OrderedDict()

    def judge(self, papers: Sequence[Paper]) -> Judgement:
        """See Judge."""
        vectors = self._index.vectors_of(_keys(papers))
        model = shipped_model()
        if self._index.embedder() != model.embedder or not papers:
            return Judgement(vectors, np.zeros(len(papers), np.float32))
        indexed = np.any(vectors != 0.0, axis=1)
        return Judgement(vectors, np.where(indexed, model.score(papers, vectors), 0.0))

    def explain(self, paper: Paper) -> Sequence[Contribution]:
        """See Judge."""
        model = shipped_model()
        vector = self._index.find(paper.key)
        if vector is None or self._index.embedder() != model.embedder:
            return ()
        return model.explain(paper, vector)

    def measure_distance(self, paper: Paper, before: dt.date) -> float | None:
        """See Judge. Remembered: what was published before a day hardly changes."""
        name = (paper.key, before)
        if name not in self._distances:
            vector = self._index.find(paper.key)
            if vector is None:
                return None
            earlier = Before(PartialDate.from_date(before))
            nearest = self._index.candidates(vector, 2, where=earlier)
            scores = [
                float(score)
                for key, score in zip(nearest.keys, nearest.scores, strict=True)
                if key != paper.key
            ]
            self._distances[name] = 1.0 - scores[0] if scores else None
            while len(self._distances) > _REMEMBERED:
                self._distances.popitem(last=False)
        return self._distances[name]

    def find_repetitions(self, papers: Sequence[Paper], vectors: Vectors) -> Sequence[int]:
        """See Judge."""
        keys = _keys(papers)
        first = find_repetitions(vectors, lambda places: self._index.tokens_of(keys[places]))
        return [int(place) for place in first]


class EditionSelector:
    """Selects papers by the word index. Thread-safe."""

    def __init__(self, words: WordIndex) -> None:
        self._words = words

    def select(self, edition: Edition, keys: Sequence[int]) -> frozenset[int]:
        """Return which of these papers match ``filter_of(edition)``: all if it has none."""
        where = filter_of(edition)
        if where is None:
            return frozenset(keys)
        among = np.sort(np.array(keys, np.int64))
        return frozenset(self._words.keys(where, among).tolist())


def _keys(papers: Sequence[Paper]) -> NDArray[np.int64]:
    return np.array([paper.key for paper in papers], np.int64)
