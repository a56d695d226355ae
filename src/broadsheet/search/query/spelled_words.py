"""Words as titles spell them, searchable by edit distance.

Distance  insertions, deletions, replacements and swaps of neighbours count one
          each (optimal string alignment).
"""

import threading
from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.port import CompletionRequest, IndexSnapshot

_MOST_REMEMBERED = 64
"""First letters whose words are remembered for one snapshot; all together some MB."""


class SpelledWords:
    """Words among which those near to another are found quickly. Immutable."""

    def __init__(self, counted: Iterable[tuple[str, int]]) -> None:
        """``counted``: words, each with the number of papers that have it."""
        self._counted = list(counted)
        self._lengths = np.array([len(word) for word, _ in self._counted], np.int64)
        self._letters = _letters_of([word for word, _ in self._counted])

    def near(self, word: str, most: int) -> list[tuple[str, int]]:
        """Return the words at a distance of at most ``most``, with their papers."""
        likely = np.abs(self._lengths - len(word)) <= most
        # Each wrong letter changes at most two of the letters that occur.
        likely &= np.bitwise_count(self._letters ^ _letters_of([word])) <= 2 * most
        candidates = [self._counted[at] for at in np.flatnonzero(likely)]
        return [pair for pair in candidates if edit_distance(word, pair[0], most + 1) <= most]


class SpellingDictionary:
    """The words of titles by first letter, remembered while a snapshot is in use. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: WeakKeyDictionary[IndexSnapshot, dict[tuple[str, int], SpelledWords]] = (
            WeakKeyDictionary()
        )

    def words(
        self, snapshot: IndexSnapshot, letters: Iterable[str], fewest: int
    ) -> Mapping[str, SpelledWords]:
        """Return by first letter the words that at least ``fewest`` papers have in the title."""
        letters = list(dict.fromkeys(letters))
        with self._lock:
            known = dict(self._words.setdefault(snapshot, {}))
        missing = [letter for letter in letters if (letter, fewest) not in known]
        if missing:
            answers = snapshot.complete(
                [CompletionRequest("word", letter, None, fewest) for letter in missing]
            )
            new = {
                (letter, fewest): SpelledWords(words)
                for letter, words in zip(missing, answers, strict=True)
            }
            known |= new
            with self._lock:
                remembered = self._words.setdefault(snapshot, {})
                if len(remembered) + len(new) > _MOST_REMEMBERED:
                    remembered.clear()
                remembered |= new
        return {letter: known[letter, fewest] for letter in letters}


def _letters_of(words: list[str]) -> NDArray[np.uint64]:
    """Return which letters occur in each word, a bit for each; some letters share a bit."""
    if not words:
        return np.empty(0, np.uint64)
    signs = np.frombuffer("".join(f"{word}\n" for word in words).encode("utf-32-le"), "<u4")
    ends = np.flatnonzero(signs == ord("\n")) + 1
    bits = np.uint64(1) << (signs & 63).astype(np.uint64)
    letters: NDArray[np.uint64] = np.bitwise_or.reduceat(bits, np.append(0, ends[:-1]))
    return letters


def edit_distance(first: str, second: str, enough: int) -> int:
    """Return the optimal string alignment distance, or ``enough`` if it is at least that."""
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
