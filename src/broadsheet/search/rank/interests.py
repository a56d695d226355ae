"""A boost for papers that fit the reader's interests, for readers who choose it."""

from dataclasses import dataclass

import numpy as np

from broadsheet.domain.query import Query
from broadsheet.domain.search import ReaderInterests
from broadsheet.index.port import DocumentField, Scores
from broadsheet.search.rank.boosts import Pool

WEIGHT = 1.0
"""Spreads of the scores that a paper gets whose fit is one standard deviation above the mean."""
LIMIT = 2.0
"""Standard deviations beyond which a fit counts no more, so that it never outweighs the query."""
MOST = 200
"""The best papers, which alone are scored by interests: learning from more takes time."""


@dataclass(frozen=True)
class Interests:
    """Implements ``Boost``: weight × spread × the standardised fit, among the best ``MOST`` papers;
    the others keep their places behind them."""

    reader: ReaderInterests

    name = "your interests"
    fields: tuple[DocumentField, ...] = ()
    filters: tuple[Query, ...] = ()

    def score(self, pool: Pool, scores: Scores) -> Scores:
        added = np.zeros(len(scores), np.float32)
        best = np.argsort(-scores, kind="stable")[:MOST]
        if len(best) < 2:
            return added
        fits = np.array(self.reader.score(pool.keys[best].tolist()), np.float32)
        deviation = float(fits.std())
        if not deviation:
            return added
        fits = np.clip((fits - fits.mean()) / deviation, -LIMIT, LIMIT)
        # From 0 on, so that no paper falls behind those that are not scored.
        added[best] = WEIGHT * float(scores[best].std()) * (fits + LIMIT)
        return added

    def explain(self, pool: Pool, at: int) -> str:
        return self.reader.explain(int(pool.keys[at]))
