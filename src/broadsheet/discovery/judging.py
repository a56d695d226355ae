"""Facts about stories from the index: vectors, repetitions, and the learned model's scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.editions import filter_of
from broadsheet.discovery.newsworthiness import Contribution, shipped_model
from broadsheet.domain.daily import Edition
from broadsheet.domain.paper import Paper
from broadsheet.index.port import VectorIndex, Vectors, WordIndex
from broadsheet.search.rank.duplicates import find_repetitions


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

    def find_repetitions(self, papers: Sequence[Paper], vectors: Vectors) -> Sequence[int]:
        """For each paper, best first, the place of the first one that it repeats: its own if
        it is new."""
        ...


class IndexJudge:
    """Implements Judge over the vectors and tokens of an index."""

    def __init__(self, vectors: VectorIndex) -> None:
        self._index = vectors

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
