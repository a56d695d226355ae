"""A small boost for newer papers, for readers who choose it.

Formula  weight × spread × 2^(−age / half-life). The age counts from the newest candidate, so that
         a library of old papers has fresh ones too and no clock matters.
Source   Exponential decay of Li & Croft, "Time-based language models", CIKM 2003,
         doi:10.1145/956863.956951, added to standardised scores in place of a probability.
"""

import numpy as np

from broadsheet.domain.query import Query
from broadsheet.index.port import Days, DocumentField, Scores
from broadsheet.search.rank.boosts import Pool

WEIGHT = 1.0
"""Spreads of the scores that the newest candidate gets."""
HALF_LIFE = 2.0
"""Years."""


class Freshness:
    """Implements ``Boost``."""

    name = "freshness"
    fields: tuple[DocumentField, ...] = ("day",)
    filters: tuple[Query, ...] = ()

    def score(self, pool: Pool, scores: Scores) -> Scores:
        return freshness(pool.documents.days, scores)

    def explain(self, pool: Pool, at: int) -> str:
        return "Newer papers are put ahead a little, as you chose."


def freshness(days: Days, scores: Scores) -> Scores:
    """Return the addition to each score, shape (n,); 0 if the day is unknown."""
    dated = days > 0
    if not dated.any():
        return np.zeros(len(days), np.float32)
    years = days // 10_000 + (days // 100 % 100) / 12 + days % 100 / 365
    ages = years[dated].max() - years
    spread = float(scores.std())
    return np.where(dated, WEIGHT * spread * 0.5 ** (ages / HALF_LIFE), 0.0).astype(np.float32)
