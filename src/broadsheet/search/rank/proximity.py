"""How near to each other a paper has the words of a query.

Pairs     words of the query at most ``REACH`` words apart in it, stop words left out; a
          pair counts with the mean of its words' weights over that distance.
Nearness  a pair is found where both words, in any form, stand within ``WINDOW`` words.
Score     Σ weight × n / (n + 1) over the pairs, n how often it is found, divided by Σ weight:
          0 to 1; 0 for a query of one word.
Source    Sequential dependence, Metzler & Croft, SIGIR 2005, doi:10.1145/1076034.1076115,
          with a saturation as in BM25.

Words are rows of the shipped table, whatever the embedder: an index keeps them for each
paper, and their learned weights say how telling a word is. On 400 papers and a query of
12 words it takes about 2 ms.
"""

import functools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.shipped import default_embedder
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder
from broadsheet.embed.static.word_table import CONTINUATION
from broadsheet.embed.static.words import split_words
from broadsheet.index.port import Scores
from broadsheet.text import words
from broadsheet.text.analysis import without_stop_words

REACH = 4
WINDOW = 8
MOST_WORDS = 64
"""Of a query: in a whole abstract later words say little that is new."""
_REMEMBERED_WORDS = 2_000
"""An explanation reads its query again and again, each time without some of its words."""

Rows = NDArray[np.int64]


class _Word(NamedTuple):
    """A word of a query, or a piece of one that the table lacks."""

    key: object
    """The same for all forms of a word."""
    rows: Rows
    weight: float


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A query's words and pairs: ``forms[i]`` are the rows of word ``i``."""

    forms: Sequence[Rows]
    numbers: NDArray[np.int64]
    """Shape (words, words): the number of each pair, -1 for none."""
    weights: NDArray[np.float64]
    """Of each pair."""


def closeness(text: str, papers: TokenIds) -> Scores:
    """Return the closeness of each paper for the text of a query, shape (len(papers),)."""
    return _shipped().scores(text, papers)


@functools.cache
def _shipped() -> "Closeness":
    return Closeness(default_embedder())


class Closeness:
    """Score papers by the tokens of one table. Thread-safe."""

    def __init__(self, model: TokenVectorEmbedder) -> None:
        self._table = model.table
        # Summed as they are: as floats the whole table would take 60 MB for a moment.
        squares = np.einsum("td,td->t", model.vectors, model.vectors, dtype=np.int32)
        self._weights = np.sqrt(squares) * model.factors
        self._words_of = functools.lru_cache(_REMEMBERED_WORDS)(self._find_words)
        self._forms = functools.cache(self._find_forms)

    def scores(self, text: str, papers: TokenIds) -> Scores:
        """See ``closeness``."""
        pairs = self._read(text)
        if not len(pairs.weights) or not len(papers):
            return np.zeros(len(papers), np.float32)
        word_of = np.full(len(self._table), -1, np.int32)
        for word, rows in enumerate(pairs.forms):
            word_of[rows] = word
        numbers = word_of[papers.ids]
        places = np.flatnonzero(numbers >= 0)
        numbers = numbers[places]
        paper_of = np.repeat(np.arange(len(papers)), np.diff(papers.starts))[places]
        counts = _count_pairs(places, numbers, paper_of, pairs.numbers, len(papers))
        scores: Scores = (counts / (counts + 1)) @ pairs.weights / pairs.weights.sum()
        return scores.astype(np.float32)

    def _read(self, text: str) -> _Pairs:
        number: dict[object, int] = {}
        different: list[_Word] = []
        sequence: list[int] = []
        for word in islice(self._iter_words(text), MOST_WORDS):
            if word.key not in number:
                number[word.key] = len(different)
                different.append(word)
            sequence.append(number[word.key])
        pairs: dict[tuple[int, int], float] = {}
        for at, first in enumerate(sequence):
            for apart, second in enumerate(sequence[at + 1 : at + 1 + REACH], 1):
                pair = (first, second) if first < second else (second, first)
                if first != second and pair not in pairs:
                    pairs[pair] = (different[first].weight + different[second].weight) / 2 / apart
        numbered = np.full((len(different), len(different)), -1, np.int64)
        if pairs:
            one, other = np.array(list(pairs)).T
            numbered[one, other] = numbered[other, one] = np.arange(len(pairs))
        return _Pairs([word.rows for word in different], numbered, np.array(list(pairs.values())))

    def _iter_words(self, text: str) -> Iterator[_Word]:
        for word in without_stop_words(word.decode() for word in split_words(text)):
            yield from self._words_of(word)

    def _find_words(self, word: str) -> list[_Word]:
        """Return all forms of a word of a text, else its pieces."""
        term = next(iter(words.terms(word)), word)
        rows = self._forms(_initial_of(term)).get(term)
        if rows is not None:
            return [_Word(term, rows, float(self._weights[rows].max()))]
        pieces = self._table.find_piece_rows(word.encode())
        return [_Word(row, np.array([row]), float(self._weights[row])) for row in pieces]

    def _find_forms(self, initial: str) -> dict[str, Rows]:
        """Rows of the words of the table that become a term as indexed, by term.

        Only the words with an initial are analysed: the whole table takes a quarter of a second,
        and a term begins as its words do, but for letters beyond ASCII.
        """
        by_initial = self._words_by_initial
        whole = [*by_initial.get(initial, ()), *(by_initial.get("", ()) if initial else ())]
        starts = list(accumulate((len(word) + 1 for word, _ in whole), initial=0))
        rows_of: dict[str, list[int]] = {}
        for token in words.tokens(" ".join(word for word, _ in whole)):
            row = whole[bisect_right(starts, token.start) - 1][1]
            rows_of.setdefault(token.text, []).append(row)
        return {term: np.array(rows, np.int64) for term, rows in rows_of.items()}

    @functools.cached_property
    def _words_by_initial(self) -> dict[str, list[tuple[str, int]]]:
        """Words of the table that are not continuations, with their rows."""
        by_initial: dict[str, list[tuple[str, int]]] = {}
        for row, token in enumerate(self._table.tokens):
            if not token.startswith(CONTINUATION):
                word = token.decode()
                by_initial.setdefault(_initial_of(word), []).append((word, row))
        return by_initial


def _initial_of(word: str) -> str:
    """The first letter of an ASCII word; the same for all others, whose letters may be folded."""
    return word[0] if word.isascii() else ""


def _count_pairs(
    places: Rows,
    words: NDArray[np.int32],
    paper_of: Rows,
    pairs: NDArray[np.int64],
    papers: int,
) -> NDArray[np.float64]:
    """How often each paper has each pair, shape (papers, pairs).

    The three arrays describe each occurrence of a query's word: its place, its word, its paper.
    """
    width = int(pairs.max()) + 1
    cells_by_distance: list[Rows] = []
    for apart in range(1, WINDOW):
        if apart >= len(places):
            break
        near = places[apart:] - places[:-apart] <= WINDOW
        at = np.flatnonzero(near & (paper_of[apart:] == paper_of[:-apart]))
        if not len(at):
            break
        number = pairs[words[at], words[at + apart]]
        cells_by_distance.append((paper_of[at] * width + number)[number >= 0])
    cells = np.concatenate(cells_by_distance) if cells_by_distance else np.empty(0, np.int64)
    return np.bincount(cells, minlength=papers * width).reshape(papers, width).astype(np.float64)
