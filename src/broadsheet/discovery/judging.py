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
from broadsheet.index.port import CandidateRequest, FeatureRequest, IndexStore, Vectors
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

    def __init__(self, index: IndexStore) -> None:
        self._index = index
        self._distances: OrderedDict[tuple[int, dt.date], float | None] = OrderedDict()

    def judge(self, papers: Sequence[Paper]) -> Judgement:
        """See Judge."""
        snapshot = self._index.snapshot()
        vectors = snapshot.documents(_keys(papers), {"vector"}).vectors
        model = shipped_model()
        if snapshot.embedder != model.embedder or not papers:
            return Judgement(vectors, np.zeros(len(papers), np.float32))
        indexed = np.any(vectors != 0.0, axis=1)
        return Judgement(vectors, np.where(indexed, model.score(papers, vectors), 0.0))

    def explain(self, paper: Paper) -> Sequence[Contribution]:
        """See Judge."""
        snapshot, model = self._index.snapshot(), shipped_model()
        vector = snapshot.documents(_keys([paper]), {"vector"}).vectors[0]
        if not vector.any() or snapshot.embedder != model.embedder:
            return ()
        return model.explain(paper, vector)

    def measure_distance(self, paper: Paper, before: dt.date) -> float | None:
        """See Judge. Cached: the papers before a day hardly change."""
        name = (paper.key, before)
        if name not in self._distances:
            snapshot = self._index.snapshot()
            vector = snapshot.documents(_keys([paper]), {"vector"}).vectors[0]
            if not vector.any():
                return None
            earlier = Before(PartialDate.from_date(before))
            nearest = snapshot.candidates(CandidateRequest({}, vector, earlier, 0, 2))
            scores = nearest.features["cosine"][nearest.keys != paper.key]
            scores = np.sort(scores[~np.isnan(scores)])[::-1]
            self._distances[name] = 1.0 - float(scores[0]) if len(scores) else None
            while len(self._distances) > _REMEMBERED:
                self._distances.popitem(last=False)
        return self._distances[name]

    def find_repetitions(self, papers: Sequence[Paper], vectors: Vectors) -> Sequence[int]:
        """See Judge."""
        snapshot, keys = self._index.snapshot(), _keys(papers)
        first = find_repetitions(
            vectors, lambda places: snapshot.documents(keys[places], {"tokens"}).tokens
        )
        return [int(place) for place in first]


class EditionSelector:
    """Selects papers by an index. Thread-safe."""

    def __init__(self, index: IndexStore) -> None:
        self._index = index

    def select(self, edition: Edition, keys: Sequence[int]) -> frozenset[int]:
        """Return which of these papers match ``filter_of(edition)``: all if it has none."""
        where = filter_of(edition)
        if where is None or not keys:
            return frozenset(keys)
        among = np.array(keys, np.int64)
        request = FeatureRequest(filters=(where,))
        (passes,) = self._index.snapshot().features(among, request).passes
        return frozenset(among[passes].tolist())


def _keys(papers: Sequence[Paper]) -> NDArray[np.int64]:
    return np.array([paper.key for paper in papers], np.int64)
