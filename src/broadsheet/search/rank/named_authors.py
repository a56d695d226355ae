"""A boost for papers of authors that the query names without saying ``author:``.

``query.people`` recognises the names; docs/decisions/0019 has the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broadsheet.domain.query import Field, Query, any_of
from broadsheet.index.port import DocumentField, Scores
from broadsheet.search.rank.boosts import Pool

WEIGHT = 0.75
"""Spreads of the scores that their papers get."""


@dataclass(frozen=True)
class NamedAuthors:
    """Implements ``Boost``."""

    names: Sequence[str]

    name = "named authors"
    fields: Sequence[DocumentField] = ()

    @property
    def filters(self) -> Sequence[Query]:
        by_them = any_of(Field("author", name) for name in self.names)
        return [by_them] if by_them else []

    def score(self, pool: Pool, scores: Scores) -> Scores:
        spread = float(scores.std()) if len(scores) else 0.0
        by_them = pool.passes[self.filters[0]]
        return np.where(by_them, WEIGHT * spread, 0.0).astype(np.float32)

    def explain(self, pool: Pool, at: int) -> str:
        return "You named one of its authors, which puts it ahead."
