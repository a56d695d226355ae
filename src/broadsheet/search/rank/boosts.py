"""Boosts add to the scores of some papers of a ranking, each for one reason.

``apply_boosts`` adds them in the order of the list, in one place, after papers are ranked by
words and meaning. To add a boost: write a class with the members of ``Boost``, and put it into
the list that ``Searcher`` composes (``_compose_boosts``). Nothing else has to know of it: the
ranking fetches the data that it needs, and explanations ask it for its reason.

A boost is measured in spreads (standard deviations) of the scores, so that it means the same for
each query and mode.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.query import Query
from broadsheet.index.port import DocumentField, Documents, Features, Keys, Scores


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of one query, with everything that ranks them. Arrays have n entries."""

    keys: Keys
    features: Features
    documents: Documents
    """With the fields that the ranking and its boosts need."""
    passes: Mapping[Query, NDArray[np.bool_]]
    """Which papers pass the filters that the boosts need."""


class Boost(Protocol):
    """One reason to put papers ahead."""

    @property
    def name(self) -> str:
        """A short name for programs, such as "freshness"."""
        ...

    @property
    def fields(self) -> Collection[DocumentField]:
        """Forward data of the pool that ``score`` reads."""
        ...

    @property
    def filters(self) -> Sequence[Query]:
        """Filters for which ``score`` must know which papers pass."""
        ...

    def score(self, pool: Pool, scores: Scores) -> Scores:
        """Return the addition to ``scores`` of the pool's papers, shape (n,); 0 for no boost."""
        ...

    def explain(self, pool: Pool, at: int) -> str:
        """Return for readers why the boosted paper at a place of the pool is put ahead."""
        ...


@dataclass(frozen=True, slots=True)
class BoostedScores:
    """Scores with all boosts, and the addition of each boost; shape (n,) each."""

    scores: Scores
    added: Mapping[str, Scores]


def apply_boosts(boosts: Sequence[Boost], pool: Pool, scores: Scores) -> BoostedScores:
    """Add all boosts to the scores of the pool's papers; each sees the sum so far."""
    added: dict[str, Scores] = {}
    for boost in boosts:
        more = boost.score(pool, scores)
        if more.any():
            added[boost.name] = more
            scores = scores + more
    return BoostedScores(scores, added)
