"""A sparse papers-by-words matrix and its two products with a dense one, in NumPy alone.

Rows are papers, columns are words; held by rows and, for the transposed product, by columns.
Each product takes one gather and one matrix-vector product a row: no loop over entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

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

    def times(self, dense: Floats) -> Floats:
        """Return ``self @ dense``: (height, width) @ (width, k) → (height, k)."""
        product = np.empty((self.height, dense.shape[1]), dtype=np.float32)
        for row, (start, end) in enumerate(pairwise(self.starts.tolist())):
            gathered = dense.take(self.columns[start:end], axis=0)
            np.matmul(self.values[start:end], gathered, out=product[row])
        return product

    def between(self, first: int, last: int) -> SparseRows:
        """Return rows ``first`` to ``last``, exclusive, or to the end where there are fewer."""
        starts = self.starts[first : last + 1]
        entries = slice(starts[0], starts[-1])
        return SparseRows(
            starts - starts[0], self.columns[entries], self.values[entries], self.width
        )

    def transposed(self) -> SparseRows:
        """Return the same matrix by columns."""
        order = np.argsort(self.columns, kind="stable")
        row_of = np.repeat(np.arange(self.height, dtype=np.int32), np.diff(self.starts))
        starts = np.zeros(self.width + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.columns, minlength=self.width), out=starts[1:])
        return SparseRows(starts, row_of[order], self.values[order], self.height)

    def with_columns(self, chosen: Sequence[int]) -> SparseRows:
        """Return the matrix of the chosen columns, in that order."""
        new_column = np.full(self.width, -1, dtype=np.int32)
        new_column[np.asarray(chosen, dtype=np.int64)] = np.arange(len(chosen), dtype=np.int32)
        columns = new_column[self.columns]
        kept = columns >= 0
        before = np.concatenate([[0], np.cumsum(kept)])
        return SparseRows(before[self.starts], columns[kept], self.values[kept], len(chosen))

    def with_unit_rows(self) -> SparseRows:
        """Return the matrix with rows of unit length; empty rows stay empty."""
        row_of = np.repeat(np.arange(self.height), np.diff(self.starts))
        squares = np.bincount(row_of, weights=self.values**2, minlength=self.height)
        lengths = np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)
        return SparseRows(self.starts, self.columns, self.values / lengths[row_of], self.width)


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
