"""The papers nearest to a vector: binary codes are scanned, the nearest rescored by int8 vectors.

Filters apply to the rows before the nearest are chosen, so that a narrow filter finds as many
papers as a wide one. A few rows are scored without codes.
"""

import numpy as np

from broadsheet.backends.local_index.forward.columns import Mask
from broadsheet.backends.local_index.forward.rows import OpenRows
from broadsheet.backends.local_index.vectors.code_scan import Rows, nearest_of, nearest_of_all
from broadsheet.domain.query import Query
from broadsheet.index.port import NO_KEYS, Keys, Scores, Vectors

FEWEST_RESCORED = 2_000
RESCORED_PER_RESULT = 10
"""Rows rescored for each result. On 430,064 papers and 120 queries the share of the true
first 20, 50 and 200 found like this is .990, .977 and .914; with twice as many .995, .990, .959."""
_GATHER_SHARE = 0.3
"""Below this share of passing rows only their codes are read."""


def find_nearest(
    rows: OpenRows,
    vector: Vectors,
    k: int,
    where: Query | None = None,
    among: Keys | None = None,
    without: Keys | None = None,
) -> Keys:
    """Return the ``k`` nearest papers, the nearest first, ties by key.

    They pass ``where``, which ``columns.supports``, are among ``among`` if that is given, and
    not among ``without``.
    """
    if k <= 0 or not vector.any():
        return NO_KEYS
    mask = _passing(rows, where, without)
    depth = max(FEWEST_RESCORED, k * RESCORED_PER_RESULT)
    if among is not None:
        places = rows.rows_of(among)
        places = places[places >= 0]
        places = places if mask is None else places[mask[places]]
        if len(places) > 2 * depth:
            code = rows.projection.encode(vector[None, :])[0]
            places = nearest_of(rows.codes, code, places, depth)
    else:
        places = _nearest_by_code(rows, vector, mask, depth)
    scores = score_rows(rows, vector, places)
    keys: Keys = rows.columns.rows["key"][places]
    if len(places) > k:
        best = np.argpartition(-scores, k - 1)[:k]
        # All that tie with the last, so that the choice does not depend on their order.
        best = np.flatnonzero(scores >= scores[best].min())
        keys, scores = keys[best], scores[best]
    return keys[np.lexsort((keys, -scores))[:k]]


def cosines(rows: OpenRows, vector: Vectors, keys: Keys) -> Scores:
    """Return the nearness of each paper to a vector, shape (n,); NaN if it has no vector."""
    cosines = np.full(len(keys), np.nan, np.float32)
    places = rows.rows_of(keys)
    present = np.flatnonzero(places >= 0)
    cosines[present] = score_rows(rows, vector, places[present])
    return cosines


def score_rows(rows: OpenRows, vector: Vectors, places: Rows) -> Scores:
    """Return the dot products of ``vector`` with stored vectors, shape (len(chosen),)."""
    scores: Scores = rows.vectors[places].astype(np.float32) @ vector.astype(np.float32)
    scores *= rows.columns.rows["scale"][places]
    return scores


def _passing(rows: OpenRows, where: Query | None, without: Keys | None) -> Mask | None:
    """Return by row whether it is live and passes the filters; None if all live rows do."""
    excluded = rows.rows_of(NO_KEYS if without is None else without)
    if where is None and not len(excluded):
        return None
    mask = rows.live.copy() if where is None else rows.live & rows.columns.mask(where)
    mask[excluded[excluded >= 0]] = False
    return mask


def _nearest_by_code(rows: OpenRows, vector: Vectors, mask: Mask | None, depth: int) -> Rows:
    """Return at least ``depth`` of the rows that pass (fewer if there are fewer), the nearest."""
    # A few dead rows are excluded much more quickly by number than by a mask of all rows.
    passing = len(rows.codes) - len(rows.dead) if mask is None else int(np.count_nonzero(mask))
    if passing <= 2 * depth:
        return np.flatnonzero(rows.live if mask is None else mask)
    code = rows.projection.encode(vector[None, :])[0]
    if mask is not None and passing < _GATHER_SHARE * len(rows.codes):
        return nearest_of(rows.codes, code, np.flatnonzero(mask), depth)
    excluded = rows.dead if mask is None else ~mask
    return nearest_of_all(rows.heads, rows.codes, code, excluded, depth)
