"""The vector index: binary codes scanned, the nearest rescored by int8 vectors.

The scan reads the first words of every code, which are kept in memory a word
after the other; of the nearest so found the whole codes are compared.

Filters are applied to the rows before the nearest are chosen, so that a narrow
filter finds as many papers as a wide one. Few rows are scored without codes.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.embedded import columns
from broadsheet.backends.embedded.builds import Builds, Stamp, damaged, stamp_of
from broadsheet.backends.embedded.columns import Columns, Mask
from broadsheet.backends.embedded.vector_files import (
    REMOVED,
    ROW,
    SPAN,
    WORD_GROUP,
    Codes,
    Manifest,
    Projection,
    read_attributes,
    read_manifest,
    words_per_code,
)
from broadsheet.domain.query import Query
from broadsheet.embed.token_ids import TokenIds
from broadsheet.search.ports import Candidates, Keys, Scores, Vectors

FEWEST_RESCORED = 4_000
RESCORED_PER_RESULT = 20
"""Rows rescored for each wanted: see vector_files.BITS_PER_DIMENSION."""
SECOND_LOOK = 4
"""Rows whose whole code is compared, for each that is rescored. On 430,064 papers and
80 queries the share of the true first 200 among the 4,000 rescored is .950, as against
.958 where every whole code is compared, which takes twice as long."""
_HEAD = 4
"""64-bit words of a code that are compared first: with more, counts would not fit a byte."""
_HEADS_AT_ONCE = 1 << 15
_CHUNK = 1 << 12
"""Rows scanned at once: their buffers stay in the processor's cache."""
_GATHER_SHARE = 0.3
"""Below this share of passing rows only their codes are read."""
_BYTE, _TOP = np.uint64(8), np.uint64(48)
_LOW_BYTES, _GATHER = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Open:
    """One commit of one build, mapped into memory."""

    build: Path
    stamp: Stamp
    manifest: Manifest
    projection: Projection
    columns: Columns
    codes: Codes
    heads: Codes
    """The first words of all codes, shape (_HEAD, rows)."""
    vectors: NDArray[np.int8]
    spans: NDArray[np.void]
    tokens: NDArray[np.uint16]
    row_of_key: NDArray[np.int32]
    """By key: the paper's row, -1 for none. Keys are the store's row numbers, so dense."""
    live: NDArray[np.bool_] | None
    """Rows that count; None where all do."""
    count: int


class FlatVectorIndex:
    """Implements ``search.ports.VectorIndex`` over the current build."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds
        self._lock = threading.Lock()
        self._open: _Open | None = None

    def supports(self, where: Query) -> bool:
        return columns.supports(where)

    def candidates(
        self,
        vector: Vectors,
        k: int,
        where: Query | None = None,
        keys: Keys | None = None,
        without: Keys | None = None,
    ) -> Candidates:
        state = self._state()
        if state is None or k <= 0 or not vector.any():
            return Candidates.none()
        mask = _passing(state, where, without)
        wanted = max(FEWEST_RESCORED, k * RESCORED_PER_RESULT)
        if keys is not None:
            rows = _rows_of(state, keys)
            rows = rows[rows >= 0]
            rows = rows if mask is None else rows[mask[rows]]
            wide = len(rows) > 2 * wanted
            rows = _nearest_of(state, vector, rows, wanted) if wide else rows
        else:
            rows = _nearest_by_code(state, vector, mask, wanted)
        scores = _rescore(state, vector, rows)
        found = state.columns.rows["key"][rows]
        if len(rows) > k:
            best = np.argpartition(-scores, k - 1)[:k]
            # All that tie with the last, so that the choice does not depend on their order.
            best = np.flatnonzero(scores >= scores[best].min())
            found, scores = found[best], scores[best]
        order = np.lexsort((found, -scores))[:k]
        return Candidates(found[order], scores[order])

    def scores(self, vector: Vectors, keys: Keys) -> Scores:
        state = self._state()
        found = np.full(len(keys), np.nan, np.float32)
        if state is None:
            return found
        rows = _rows_of(state, keys)
        known = np.flatnonzero(rows >= 0)
        found[known] = _rescore(state, vector, rows[known])
        return found

    def find(self, key: int) -> Vectors | None:
        state = self._state()
        if state is None:
            return None
        row = int(_rows_of(state, np.array([key], np.int64))[0])
        if row < 0:
            return None
        found: Vectors = state.vectors[row] * state.columns.rows["scale"][row]
        return found

    def tokens_of(self, keys: Keys) -> TokenIds:
        state = self._state()
        if state is None:
            return TokenIds.joined([([], [])] * len(keys))
        rows = _rows_of(state, keys)
        spans = np.asarray(state.spans[np.maximum(rows, 0)])
        spans[rows < 0] = 0
        counts = spans["count"].astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(starts[-1]) + np.repeat(
            spans["start"].astype(np.int64) - starts[:-1], counts
        )
        return TokenIds(state.tokens[places], starts, spans["title"].astype(np.int64))

    def embedder(self) -> str | None:
        state = self._state()
        return state.manifest.embedder if state else None

    def tokeniser(self) -> str | None:
        state = self._state()
        return state.manifest.tokeniser if state else None

    def place(self) -> Path:
        return self._builds.root

    def count_papers(self) -> int:
        state = self._state()
        return state.count if state else 0

    def applied(self) -> int:
        state = self._state()
        return state.manifest.applied if state else 0

    def _state(self) -> _Open | None:
        """The latest commit; None where there is none."""
        build = self._builds.current()
        if build is None:
            return None
        stamp = stamp_of(build / "vectors" / "manifest.json")
        if stamp is None:
            return None
        found = self._open
        if found is not None and found.build == build and found.stamp == stamp:
            return found
        with self._lock:
            found = self._open
            if found is None or found.build != build or found.stamp != stamp:
                same = found if found is not None and found.build == build else None
                self._open = _read(build, stamp, same)
            return self._open


def _read(build: Path, stamp: Stamp, before: _Open | None) -> _Open | None:
    """Map the committed part of the files; of the columns only what is new is read."""
    folder = build / "vectors"
    manifest = read_manifest(folder)
    if manifest is None or not manifest.rows:
        return None
    known = before.columns if before else Columns()
    start = len(known.rows)
    rows = _map(folder / "rows.bin", ROW, (manifest.rows,))[start:]
    read = before.manifest.attribute_bytes if before else 0
    now = known.extended(rows, read_attributes(folder, read, manifest.attribute_bytes))
    keys = now.rows["key"]
    row_of_key = np.full(int(keys.max()) + 1, -1, np.int32)
    row_of_key[keys] = np.arange(len(keys), dtype=np.int32)
    live = (row_of_key[keys] == np.arange(len(keys))) & ((now.rows["flags"] & REMOVED) == 0)
    row_of_key[keys[(now.rows["flags"] & REMOVED) != 0]] = _without_removed(now, row_of_key)
    width = words_per_code(manifest.dimensions)
    codes = _map(folder / "codes.bin", np.dtype("<u8"), (manifest.rows, width))
    return _Open(
        build,
        stamp,
        manifest,
        before.projection if before else Projection.load(folder),
        now,
        codes,
        np.ascontiguousarray(codes[:, :_HEAD].T),
        _map(folder / "vectors.bin", np.dtype("i1"), (manifest.rows, manifest.dimensions)),
        _map(folder / "spans.bin", SPAN, (manifest.rows,)),
        _map(folder / "tokens.bin", np.dtype("<u2"), (manifest.tokens,)),
        row_of_key,
        None if live.all() else live,
        int(live.sum()),
    )


def _without_removed(now: Columns, row_of_key: NDArray[np.int32]) -> NDArray[np.int32]:
    """Rows for the keys that some row removes: -1, or the row that came back later."""
    removed = (now.rows["flags"] & REMOVED) != 0
    latest = row_of_key[now.rows["key"][removed]]
    return np.where(removed[latest], -1, latest).astype(np.int32)


def _map(path: Path, dtype: np.dtype[np.void] | np.dtype, shape: tuple[int, ...]):  # type: ignore
    if not shape[0]:
        return np.empty(shape, dtype)
    try:
        return np.memmap(path, dtype, "r", shape=shape)
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error


def _rows_of(state: _Open, keys: Keys) -> Rows:
    """The row of each key, -1 where there is none."""
    inside = (keys >= 0) & (keys < len(state.row_of_key))
    rows = np.full(len(keys), -1, np.int64)
    rows[inside] = state.row_of_key[keys[inside]]
    return rows


def _passing(state: _Open, where: Query | None, without: Keys | None) -> Mask | None:
    """By row: whether it is live and passes the filters; None where all do."""
    mask = state.live
    if where is not None:
        passed = state.columns.mask(where)
        mask = passed if mask is None else mask & passed
    if without is not None and len(without):
        mask = np.ones(len(state.codes), np.bool_) if mask is None else mask.copy()
        excluded = _rows_of(state, without)
        mask[excluded[excluded >= 0]] = False
    return mask


def _nearest_by_code(state: _Open, vector: Vectors, mask: Mask | None, wanted: int) -> Rows:
    """At least ``wanted`` of the rows that pass (fewer if there are fewer), the nearest."""
    passing = len(state.codes) if mask is None else int(np.count_nonzero(mask))
    if passing <= 2 * wanted:
        return np.arange(passing) if mask is None else np.flatnonzero(mask)
    if mask is not None and passing < _GATHER_SHARE * len(state.codes):
        return _nearest_of(state, vector, np.flatnonzero(mask), wanted)
    code = state.projection.encode(vector[None, :])[0]
    distances = _head_distances(state.heads, code)
    if mask is not None:
        distances[~mask] = np.iinfo(distances.dtype).max
    rows = _closest(distances, SECOND_LOOK * wanted)
    return rows[_closest(_distances(state.codes[rows], code), wanted)]


def _nearest_of(state: _Open, vector: Vectors, rows: Rows, wanted: int) -> Rows:
    """The same among ``rows``, of which only the codes are read."""
    code = state.projection.encode(vector[None, :])[0]
    return rows[_closest(_distances(state.codes[rows], code), wanted)]


def _head_distances(heads: Codes, code: Codes) -> NDArray[np.uint8]:
    """Hamming distance of each code's first words to those of ``code``.

    256, where every bit differs, comes out as 0; the whole code then tells.
    """
    found = np.zeros(heads.shape[1], np.uint8)
    for start in range(0, len(found), _HEADS_AT_ONCE):
        part = slice(start, start + _HEADS_AT_ONCE)
        sums = found[part]
        for word in range(len(heads)):
            sums += np.bitwise_count(heads[word, part] ^ code[word])
    return found


def _distances(codes: Codes, code: Codes) -> NDArray[np.uint16]:
    """Hamming distance of each row of ``codes`` to ``code``."""
    found = np.empty(len(codes), np.uint16)
    width = codes.shape[1]
    # Flat arrays throughout: a loop over rows of eight words costs more than the words.
    repeated = np.tile(code, _CHUNK)
    differing = np.empty(_CHUNK * width, np.uint64)
    counts = np.empty(_CHUNK * width, np.uint8)
    for start in range(0, len(codes), _CHUNK):
        part = codes[start : start + _CHUNK].reshape(-1)
        size = len(part)
        np.bitwise_xor(part, repeated[:size], out=differing[:size])
        np.bitwise_count(differing[:size], out=counts[:size])
        # Eight counts of up to 64 lie in one 64-bit number: added in pairs, then
        # the four sums by a multiplication that gathers them in the highest.
        eight = counts[:size].view(np.uint64)
        odd = (eight >> _BYTE) & _LOW_BYTES
        eight &= _LOW_BYTES
        eight += odd
        eight *= _GATHER
        eight >>= _TOP
        groups = eight.reshape(-1, width // WORD_GROUP)
        sums = found[start : start + len(groups)]
        sums[:] = groups[:, 0]
        for group in range(1, groups.shape[1]):
            sums += groups[:, group].astype(np.uint16)
    return found


def _closest(distances: NDArray[np.uint8] | NDArray[np.uint16], wanted: int) -> Rows:
    """Places of the ``wanted`` smallest distances and of all that tie with the last.

    The greatest number stands for rows that do not count. Counting how many are
    below a bound is so much faster than sorting that the bound is searched for.
    """
    most = int(np.iinfo(distances.dtype).max) - 1
    low, high = 0, min(most, int(distances.max(initial=0)))
    while low < high:
        middle = (low + high) // 2
        if np.count_nonzero(distances <= middle) >= wanted:
            high = middle
        else:
            low = middle + 1
    return np.flatnonzero(distances <= low)


def _rescore(state: _Open, vector: Vectors, rows: Rows) -> Scores:
    """Dot products with the stored vectors, shape (len(rows),)."""
    scores: Scores = state.vectors[rows].astype(np.float32) @ vector.astype(np.float32)
    scores *= state.columns.rows["scale"][rows]
    return scores
