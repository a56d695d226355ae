"""Why this score? Attribute it to its players by leaving each of them out.

A player is a word of the query or a sentence of the paper; a mask says which players are
present, and a function gives the score of each mask.

Drop    f(all) − f(all but i): the score's loss without player i alone.
Share   the drop over the sum of all absolute drops, −1 to 1. Two players that say exactly the
        same get none: the score loses nothing without one of them.
Why     total Sobol indices, which see such players, were no more faithful on three collections and
        took up to 256 scores (docs/decisions/0008).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.bool_]
"""Shape (m, n): a row a subset, a column a player; True if present."""
Floats = NDArray[np.float64]
Score = Callable[[Masks], Floats]
"""Masks (m, n) → scores (m,), finite, the same for the same mask."""

_SUBSETS = 512


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much each player adds to a score; arrays have shape (n,)."""

    score: float
    """With every player."""
    drops: Floats
    shares: Floats
    """All 0 if no player changes the score."""


def attribute(score: Score, players: int) -> Attribution:
    """Attribute a score to its players, in one call of ``score`` with n + 1 masks.

    Raises ValueError for a score that is not finite.
    """
    masks = np.ones((players + 1, players), dtype=np.bool_)
    masks[np.arange(players), np.arange(players)] = False
    scores = _checked(score, masks)
    whole = float(scores[-1])
    drops = whole - scores[:-1]
    # Rounding in the scores is no influence.
    drops[np.abs(drops) <= 1e-12 * np.abs(scores).max(initial=0.0)] = 0.0
    total = float(np.abs(drops).sum())
    return Attribution(whole, drops, drops / total if total else np.zeros(players))


def removal_drops(
    score: Score,
    shares: Floats,
    removed: int,
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """Return how far the score falls without the ``removed`` top players, and without random ones.

    ``shares`` rank the players. The second figure is the mean over every subset of that size
    (over 512 random ones if there are more). A faithful attribution makes the first figure the
    larger one; compare the two over many queries. Raises ValueError unless some players stay.
    """
    players = shares.size
    if not 0 < removed < players:
        raise ValueError(f"removing {removed} of {players} players; some must go and some stay")
    rows = [tuple(np.argsort(-shares, kind="stable")[:removed]), *_subsets(players, removed, seed)]
    masks = np.ones((len(rows) + 1, players), dtype=np.bool_)
    for row, out in enumerate(rows):
        masks[row, list(out)] = False
    scores = _checked(score, masks)
    return float(scores[-1] - scores[0]), float(scores[-1] - scores[1:-1].mean())


def _subsets(players: int, size: int, seed: int) -> Iterator[tuple[int, ...]]:
    if math.comb(players, size) <= _SUBSETS:
        yield from combinations(range(players), size)
        return
    random = np.random.default_rng(seed)
    for _ in range(_SUBSETS):
        yield tuple(random.choice(players, size, replace=False))


def _checked(score: Score, masks: Masks) -> Floats:
    scores = np.asarray(score(masks), dtype=np.float64)
    if scores.shape != (len(masks),) or not np.isfinite(scores).all():
        raise ValueError(
            f"a score must give {len(masks)} finite numbers for {len(masks)} masks, "
            f"got shape {scores.shape}"
        )
    return scores
