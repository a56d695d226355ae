"""Features of a paper for the personal ranking: its vector, and its words and pairs of words.

Vectors  of the library's embedder, made unit length around the mean of the papers that are ranked.
Terms    words of two letters and more, in lower case, and pairs of neighbours. A term weighs
         (1 + ln tf) × idf with idf = ln((1 + papers) / (1 + papers with the term)) + 1; terms in more
         than 95 % of the papers are left out; rows have unit length.
Source   Salton & Buckley 1988, doi:10.1016/0306-4573(88)90021-0, as in scikit-learn's TfidfVectorizer.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Embedder, Vectors
from broadsheet.embed.static.bag_of_words import SparseRows
from broadsheet.embed.static.words import split_words

MOST_COMMON = 0.95
"""Terms in a larger share of the papers tell nothing."""
_PAIR = 1 << 31
"""Numbers of words are smaller; a pair of words is ``(first + 1) * _PAIR + second``."""
Keys = NDArray[np.int64]


class Vocabulary:
    """Numbers for words, in the order in which they come. One thread at a time."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._words: list[bytes] = []

    def __len__(self) -> int:
        """How many different words have come."""
        return len(self._numbers)

    def encode(self, text: str) -> Keys:
        """Return the number of each word of ``text`` in order; new words get new numbers."""
        numbers = self._numbers
        return np.array(
            [numbers.setdefault(word, len(numbers)) for word in split_terms(text)], np.int64
        )

    def term_name(self, key: int) -> str:
        """Return the word or the pair of words of a column's key."""
        if len(self._words) < len(self._numbers):
            self._words = list(self._numbers)
        first, second = divmod(key, _PAIR)
        numbers = [second] if first == 0 else [first - 1, second]
        return " ".join(self._words[number].decode() for number in numbers)

    def find_key(self, term: str) -> int | None:
        """Return the key of a word or a pair of words; None if one of them is not known."""
        numbers = [self._numbers.get(word) for word in split_terms(term)]
        match numbers:
            case [int(only)]:
                return only
            case [int(first), int(second)]:
                return (first + 1) * _PAIR + second
        return None


@dataclass(frozen=True)
class PaperFeatures:
    """Features of n papers that are ranked together, one a row."""

    vectors: Vectors
    """Shape (n, dimensions): centred, unit length; zeros for a paper without any known word."""
    terms: SparseRows
    """Shape (n, terms): weighted, unit length."""
    term_keys: Keys
    """Which word or pair of words each column of ``terms`` is, ascending; see ``Vocabulary``."""

    @functools.cached_property
    def term_sizes(self) -> NDArray[np.float32]:
        """√(Σ x²) over the papers for each term, shape (terms,)."""
        squares = np.bincount(self.terms.columns, self.terms.values**2, self.terms.width)
        return np.sqrt(squares).astype(np.float32)

    def __len__(self) -> int:
        return len(self.vectors)


def split_terms(text: str) -> list[bytes]:
    """Return the words of two letters and more."""
    return [word for word in split_words(text) if len(word) > 1]


def words_of(keys: Keys) -> tuple[Keys, Keys]:
    """Return the numbers of both words of each term; the first is −1 for a single word."""
    return keys // _PAIR - 1, keys % _PAIR


def extract_features(
    titles: Sequence[str], abstracts: Sequence[str], embedder: Embedder, vocabulary: Vocabulary
) -> PaperFeatures:
    """Return the features of papers given as readable text."""
    return combine_features(
        embedder.encode_documents(titles, abstracts),
        [
            vocabulary.encode(f"{title} {abstract}")
            for title, abstract in zip(titles, abstracts, strict=True)
        ],
    )


def combine_features(vectors: Vectors, words: Sequence[Keys]) -> PaperFeatures:
    """Return the features of papers given as vectors and as numbers of words in reading order."""
    terms, keys = weigh_terms(words)
    return PaperFeatures(centre(vectors), terms, keys)


def centre(vectors: Vectors) -> Vectors:
    """Return unit rows around the mean of those that are not zero; zeros stay zeros."""
    real = np.any(vectors != 0, axis=1)
    if not real.any():
        return vectors.copy()
    centred = np.where(real[:, None], vectors - vectors[real].mean(axis=0), 0).astype(np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(lengths > 1e-6, lengths, 1), dtype=np.float32)


def weigh_terms(words: Sequence[Keys]) -> tuple[SparseRows, Keys]:
    """Return the weighted terms of each paper, and the key of each column."""
    paper, key = _list_terms(words)
    keys, column = np.unique(key, return_inverse=True)
    # One number for (paper, term), so that equal ones are counted by sorting.
    cells, counts = np.unique(paper * max(len(keys), 1) + column, return_counts=True)
    rows, columns = np.divmod(cells, max(len(keys), 1))
    papers_with = np.bincount(columns, minlength=len(keys))
    idf = np.log((1 + len(words)) / (1 + papers_with)) + 1
    idf[papers_with > MOST_COMMON * len(words)] = 0
    values = ((1 + np.log(counts)) * idf[columns]).astype(np.float32)
    starts = np.searchsorted(rows, np.arange(len(words) + 1))
    matrix = SparseRows(starts, columns.astype(np.int32), values, len(keys))
    return matrix.with_unit_rows(), keys


def _list_terms(words: Sequence[Keys]) -> tuple[Keys, Keys]:
    """Return paper and key of each occurrence of a term, shape (occurrences,)."""
    lengths = np.array([len(each) for each in words], dtype=np.int64)
    flat = np.concatenate([np.zeros(0, np.int64), *words])
    paper = np.repeat(np.arange(len(words)), lengths)
    together = paper[1:] == paper[:-1]
    pairs = ((flat[:-1] + 1) * _PAIR + flat[1:])[together]
    return np.concatenate([paper, paper[:-1][together]]), np.concatenate([flat, pairs])
