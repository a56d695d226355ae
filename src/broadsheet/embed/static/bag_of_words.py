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

    def times(self, weights: Floats) -> Floats:
        """Return ``self @ weights``: (height, width) @ (width,) → (height,)."""
        product = np.zeros(self.height, dtype=np.float32)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            entries = self.values * weights.take(self.columns)
            product[filled] = np.add.reduceat(entries, self.starts[filled])
        return product

    def weighted_sum(self, weights: Floats) -> Floats:
        """Return ``self.T @ weights``: the rows added up, (height,) → (width,)."""
        entries = self.values * np.repeat(weights, np.diff(self.starts))
        return np.bincount(self.columns, entries, self.width).astype(np.float32)

    def take(self, rows: NDArray[np.int64]) -> SparseRows:
        """Return the matrix of these rows, in that order; a row may come twice."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return SparseRows(starts, self.columns[entries], self.values[entries], self.width)

    def with_unit_rows(self) -> SparseRows:
        """Return the matrix with rows of unit length; empty rows stay empty."""
        row_of = np.repeat(np.arange(self.height), np.diff(self.starts))
        squares = np.bincount(row_of, weights=self.values**2, minlength=self.height)
        lengths = np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)
        return SparseRows(self.starts, self.columns, self.values / lengths[row_of], self.width)

    @classmethod
    def stacked(cls, parts: Sequence[SparseRows], width: int) -> SparseRows:
        """Return the rows of all parts one after the other, as a matrix of ``width`` columns."""
        lengths = [np.diff(part.starts) for part in parts]
        return cls(
            np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))]),
            np.concatenate([np.zeros(0, np.int32), *(part.columns for part in parts)]),
            np.concatenate([np.zeros(0, np.float32), *(part.values for part in parts)]),
            width,
        )


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
        in_table = columns >= 0
        rows = np.concatenate([rows[in_table], np.repeat(rows[unknown], times)])
        columns = np.concatenate([columns[in_table], extra])
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
