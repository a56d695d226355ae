"""Count the tokens of texts: a sparse texts-by-tokens matrix, in NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SparseRows:
    """Compressed rows: row ``i`` has columns ``columns[starts[i]:starts[i + 1]]``."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Floats
    width: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.starts) - 1


def _no_pieces(word: bytes) -> tuple[int, ...]:
    """Return no pieces: unknown words are left out."""
    return ()


def count_tokens(
    texts: Sequence[list[bytes]],
    row_of: Mapping[bytes, int],
    find_pieces: Callable[[bytes], Sequence[int]] = _no_pieces,
) -> SparseRows:
    """Return how often each text (a list of words) has each token of ``row_of``.

    Words outside ``row_of`` count by their pieces; columns ascend in every row.
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    words = list(chain.from_iterable(texts))
    columns = np.fromiter(map(row_of.get, words, repeat(-1)), dtype=np.int64, count=len(words))
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
    unknown = np.flatnonzero(columns < 0)
    if len(unknown):
        pieces = [find_pieces(words[place]) for place in unknown.tolist()]
        times = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        extra = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(times.sum()))
        known = columns >= 0
        rows = np.concatenate([rows[known], np.repeat(rows[unknown], times)])
        columns = np.concatenate([columns[known], extra])
    return _sum_entries(rows, columns, len(texts), len(row_of))


def _sum_entries(
    rows: NDArray[np.int64], columns: NDArray[np.int64], height: int, width: int
) -> SparseRows:
    """Return the matrix that has at each place how often (row, column) comes."""
    keys = rows * max(width, 1) + columns
    keys.sort()
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    times = np.diff(first, append=len(keys)).astype(np.float32)
    kept_rows, kept_columns = np.divmod(keys[first], max(width, 1))
    starts = np.searchsorted(kept_rows, np.arange(height + 1))
    return SparseRows(starts, kept_columns.astype(np.int32), times, width)


def stack_rows(parts: Sequence[SparseRows], width: int) -> SparseRows:
    """Return the rows of all parts one after the other, as a matrix of ``width`` columns."""
    if not parts:
        return SparseRows(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), 0)
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return SparseRows(
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        width,
    )
