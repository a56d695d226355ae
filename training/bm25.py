"""BM25 over Porter-stemmed words: the yardstick and the other half of a fused ranking.

Source: Robertson & Zaragoza 2009, doi:10.1561/1500000019; inverse document frequency and
length normalisation as Lucene has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import scipy.sparse as sp
import Stemmer
from numpy.typing import NDArray

from broadsheet.embed.static.bag_of_words import SparseRows, count_tokens, stack_rows
from broadsheet.embed.static.words import split_words

_BATCH = 5_000
_STOP_WORDS = frozenset(
    b"a an and are as at be but by for if in into is it no not of on or such that the their "
    b"then there these they this to was will with".split()
)


class Bm25:
    """An index over texts; ``score`` gives a row of scores a query."""

    def __init__(self, texts: Sequence[str], k1: float = 1.2, b: float = 0.75) -> None:
        self._stem = Stemmer.Stemmer("porter")
        self._stems: dict[bytes, bytes] = {}
        self._columns: dict[bytes, int] = {}
        parts = [
            self._count(texts[first : first + _BATCH]) for first in range(0, len(texts), _BATCH)
        ]
        counts = stack_rows(parts, len(self._columns))
        lengths = np.diff(np.concatenate([[0.0], np.cumsum(counts.values)])[counts.starts])
        in_texts = np.bincount(counts.columns, minlength=counts.width)
        idf = np.log1p((len(texts) - in_texts + 0.5) / (in_texts + 0.5))
        row_of = np.repeat(np.arange(counts.height), np.diff(counts.starts))
        norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()), 1e-9))
        impact = idf[counts.columns] * counts.values / (counts.values + norm[row_of])
        self._impacts = sp.csr_matrix(
            (impact.astype(np.float32), counts.columns, counts.starts),
            shape=(counts.height, counts.width),
        ).T.tocsr()

    def _count(self, texts: Sequence[str]) -> SparseRows:
        """Return how often each text has each stem; new stems get a column."""
        words = [self._analyse(text) for text in texts]
        for word in chain.from_iterable(words):
            self._columns.setdefault(word, len(self._columns))
        return count_tokens(words, self._columns)

    def _analyse(self, text: str) -> list[bytes]:
        """Return the stems of the words that are no stop words."""
        stems = []
        for word in split_words(text):
            stem = self._stems.get(word)
            if stem is None:
                stem = self._stem.stemWord(word.decode("utf-8", "replace")).encode()
                stem = self._stems[word] = b"" if word in _STOP_WORDS else stem
            if stem:
                stems.append(stem)
        return stems

    def score(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return scores, shape (queries, texts)."""
        bags = count_tokens([self._analyse(query) for query in queries], self._columns)
        rows = sp.csr_matrix(
            (bags.values, bags.columns, bags.starts), shape=(bags.height, bags.width)
        )
        return np.asarray((rows @ self._impacts).todense(), dtype=np.float32)
