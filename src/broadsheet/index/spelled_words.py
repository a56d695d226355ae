"""Words as titles spell them, searchable by edit distance.

Distance  insertions, deletions, replacements and swaps of neighbours count one
          each (optimal string alignment).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class SpelledWords:
    """Words among which those near to another are quickly found. Not changed once made."""

    def __init__(self, counted: Iterable[tuple[str, int]]) -> None:
        """``counted``: words, and in how many papers each is."""
        self._counted = list(counted)
        self._lengths = np.array([len(word) for word, _ in self._counted], np.int64)
        self._letters = _letters_of([word for word, _ in self._counted])

    def near(self, word: str, wrong: int) -> list[tuple[str, int]]:
        """Those at a distance of ``wrong`` at most, with their papers."""
        likely = np.abs(self._lengths - len(word)) <= wrong
        # Each letter that is wrong changes two of those that occur, at most.
        likely &= np.bitwise_count(self._letters ^ _letters_of([word])) <= 2 * wrong
        found = [self._counted[at] for at in np.flatnonzero(likely)]
        return [pair for pair in found if edit_distance(word, pair[0], wrong + 1) <= wrong]


def _letters_of(words: list[str]) -> NDArray[np.uint64]:
    """Which letters occur in each word, a bit for each; some of other alphabets share theirs."""
    if not words:
        return np.empty(0, np.uint64)
    signs = np.frombuffer("".join(f"{word}\n" for word in words).encode("utf-32-le"), "<u4")
    ends = np.flatnonzero(signs == ord("\n")) + 1
    bits = np.uint64(1) << (signs & 63).astype(np.uint64)
    found: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, np.append(0, ends[:-1]))
    return found


def edit_distance(first: str, second: str, enough: int) -> int:
    """Optimal string alignment distance; at least ``enough`` once it is sure to be."""
    before: list[int] = []
    above = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) >= enough and min(above) >= enough:
            return enough
        before, above = above, row
    return above[-1]
