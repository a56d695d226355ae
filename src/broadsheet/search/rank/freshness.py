"""A small prior for newer papers, for who asks for it.

Formula  weight × spread × 2^(−age / half-life), where ``age`` is that against the newest
         candidate, so that a library of old papers has fresh ones too and no clock counts.
Source   Exponential decay of Li & Croft, "Time-based language models", CIKM 2003,
         doi:10.1145/956863.956951, added to standardised scores in place of a probability.
"""

import numpy as np

from broadsheet.index.port import Days, Scores

WEIGHT = 1.0
"""Of the spread of the scores: what the newest candidate is given."""
HALF_LIFE = 2.0
"""Years in which it halves."""


def freshness(days: Days, scores: Scores) -> Scores:
    """What is added to each score, shape (n,); 0 where the day is unknown."""
    known = days > 0
    if not known.any():
        return np.zeros(len(days), np.float32)
    years = days // 10_000 + (days // 100 % 100) / 12 + days % 100 / 365
    ages = years[known].max() - years
    spread = float(scores.std())
    return np.where(known, WEIGHT * spread * 0.5 ** (ages / HALF_LIFE), 0.0).astype(np.float32)
