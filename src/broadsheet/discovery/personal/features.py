"""What the personal ranking reads of a paper: its vector, and its words and pairs of words.

Vectors  of the library's embedder, made unit length around the mean of the papers that are ranked.
Terms    tokens of the shipped word table (a word outside it is cut into pieces) and pairs of
         neighbouring tokens. A term weighs (1 + ln tf) × idf with
         idf = ln((1 + papers) / (1 + papers with the term)) + 1; terms in more than 95 % of the papers
         are left out; rows have unit length.
Source   Salton & Buckley 1988, doi:10.1016/0306-4573(88)90021-0, as in scikit-learn's TfidfVectorizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Embedder, Vectors
from broadsheet.embed.static.bag_of_words import SparseRows
from broadsheet.embed.static.token_ids import Tokeniser

MOST_COMMON = 0.95
"""Terms in a larger share of the papers tell nothing."""
_PAIR = 1 << 16
"""Token ids have 16 bits: a pair of tokens is ``(first + 1) * _PAIR + second``."""
Keys = NDArray[np.int64]


@dataclass(frozen=True)
class PaperFeatures:
    """Features of n papers that are ranked together, one a row."""

    vectors: Vectors
    """Shape (n, dimensions): centred, unit length; zeros for a paper without any known word."""
    terms: SparseRows
    """Shape (n, terms): weighted, unit length."""
    term_keys: Keys
    """Which token or pair of tokens each column of ``terms`` is, ascending; see ``term_name``."""

    def __len__(self) -> int:
        return len(self.vectors)


def extract_features(
    titles: Sequence[str], abstracts: Sequence[str], embedder: Embedder, tokeniser: Tokeniser
) -> PaperFeatures:
    """Return the features of papers given as readable text."""
    return combine_features(
        embedder.encode_documents(titles, abstracts),
        [
            tokeniser.encode_text(f"{title} {abstract}")
            for title, abstract in zip(titles, abstracts, strict=True)
        ],
    )


def combine_features(vectors: Vectors, tokens: Sequence[NDArray[np.uint16]]) -> PaperFeatures:
    """Return the features of papers given as stored vectors and tokens in reading order."""
    terms, keys = weigh_terms(tokens)
    return PaperFeatures(centre(vectors), terms, keys)


def centre(vectors: Vectors) -> Vectors:
    """Return unit rows around the mean of those that are not zero; zeros stay zeros."""
    real = np.any(vectors != 0, axis=1)
    if not real.any():
        return vectors.copy()
    centred = np.where(real[:, None], vectors - vectors[real].mean(axis=0), 0).astype(np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(lengths > 1e-6, lengths, 1), dtype=np.float32)


def weigh_terms(tokens: Sequence[NDArray[np.uint16]]) -> tuple[SparseRows, Keys]:
    """Return the weighted terms of each paper, and the key of each column."""
    paper, key = _list_terms(tokens)
    keys, column, papers_with = np.unique(key, return_inverse=True, return_counts=True)
    # One number for (paper, term), so that equal ones are counted by sorting.
    cells, counts = np.unique(paper * max(len(keys), 1) + column, return_counts=True)
    rows, columns = np.divmod(cells, max(len(keys), 1))
    papers_with = np.bincount(columns, minlength=len(keys))
    idf = np.log((1 + len(tokens)) / (1 + papers_with)) + 1
    idf[papers_with > MOST_COMMON * len(tokens)] = 0
    values = ((1 + np.log(counts)) * idf[columns]).astype(np.float32)
    starts = np.searchsorted(rows, np.arange(len(tokens) + 1))
    matrix = SparseRows(starts, columns.astype(np.int32), values, len(keys))
    return matrix.with_unit_rows(), keys


def _list_terms(tokens: Sequence[NDArray[np.uint16]]) -> tuple[Keys, Keys]:
    """Return paper and key of each occurrence of a term, shape (occurrences,)."""
    lengths = np.array([len(each) for each in tokens], dtype=np.int64)
    flat = np.concatenate([np.zeros(0, np.uint16), *tokens]).astype(np.int64)
    paper = np.repeat(np.arange(len(tokens)), lengths)
    together = paper[1:] == paper[:-1]
    pairs = ((flat[:-1] + 1) * _PAIR + flat[1:])[together]
    return np.concatenate([paper, paper[:-1][together]]), np.concatenate([flat, pairs])


def term_name(key: int, tokens: Sequence[bytes]) -> str:
    """Return a term as readable text, by the tokens of the word table."""
    first, second = divmod(key, _PAIR)
    ids = [second] if first == 0 else [first - 1, second]
    return " ".join(tokens[i].decode() for i in ids).replace(" ##", "")
