"""The terms of each paper as numbers with their counts, and BM25 from them.

The postings find papers by words. Scoring a few hundred known papers with them would mean
looking up every key and every term in every segment. So the terms of each paper are kept beside
its vector as well, and its score is computed from these (``index.bm25`` has the formula).

Number  CRC-32 of the term in UTF-8, so that no vocabulary has to be kept. Two terms with the
        same number meet by chance in one paper of a hundred million.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.bm25 import LONGEST, MOST_COUNTED, count_words, saturate
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import Scores

Places = NDArray[np.int64]
MOST_TERMS = 65_535
"""Different terms of a paper that a row has room for."""


def number_of(term: str) -> int:
    return zlib.crc32(term.encode())


@dataclass(frozen=True, slots=True)
class TermCounts:
    """The terms of n papers, one paper after the other."""

    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    """Different terms of each, shape (n,)."""
    lengths: NDArray[np.int64]
    """Words of each, shape (n,)."""


def count_terms(documents: Sequence[IndexDocument]) -> TermCounts:
    """Count the words of papers that BM25 scores."""
    numbers: list[int] = []
    counts: list[int] = []
    sizes, lengths = [], []
    for document in documents:
        words = count_words(document)
        counted = words.most_common(MOST_TERMS)
        numbers += [number_of(term) for term, _ in counted]
        counts += [min(count, MOST_COUNTED) for _, count in counted]
        sizes.append(len(counted))
        lengths.append(min(words.total(), LONGEST))
    return TermCounts(
        np.array(numbers, np.uint32),
        np.array(counts, np.uint8),
        np.array(sizes, np.int64),
        np.array(lengths, np.int64),
    )


def bm25(weights: Mapping[str, float], papers: TermCounts, average: float) -> Scores:
    """Return the scores of n papers, shape (n,), 0 if a paper has none of the terms.

    ``weights``: weight × idf of each term; ``average``: words of a paper.
    """
    rows, _, scores = _score_terms(weights, papers, average)
    return np.bincount(rows, scores, len(papers.sizes)).astype(np.float32)


def bm25_by_term(weights: Mapping[str, float], papers: TermCounts, average: float) -> Scores:
    """Return the part of each term in the score of each paper, shape (terms, n)."""
    rows, which, scores = _score_terms(weights, papers, average)
    n = len(papers.sizes)
    cells = np.bincount(which * n + rows, scores, len(weights) * n)
    return cells.reshape(len(weights), n).astype(np.float32)


def has_all(numbers: Sequence[int], papers: TermCounts) -> NDArray[np.bool_]:
    """Return which of n papers have every one of these terms, shape (n,)."""
    different = sorted(set(numbers))
    _, rows, _ = _match(papers, np.array(different, np.uint32))
    every: NDArray[np.bool_] = np.bincount(rows, minlength=len(papers.sizes)) == len(different)
    return every


def _score_terms(
    weights: Mapping[str, float], papers: TermCounts, average: float
) -> tuple[Places, Places, NDArray[np.float64]]:
    """Return for each term in each paper: row of the paper, place of the term, added score."""
    numbers = np.array([number_of(term) for term in weights], np.uint32)
    order = np.argsort(numbers, kind="stable")
    places, rows, which = _match(papers, numbers[order])
    which = order[which]
    factors = saturate(papers.counts[places].astype(np.int64), papers.lengths[rows], average)
    return rows, which, np.array(list(weights.values()), np.float64)[which] * factors


def _match(papers: TermCounts, numbers: NDArray[np.uint32]) -> tuple[Places, Places, Places]:
    """Return where papers have any of these terms, numbers ascending: place, paper, term."""
    # Comparing one byte of each first excludes most terms that do not match.
    likely = np.zeros(256, np.bool_)
    likely[numbers & 255] = True
    places = np.flatnonzero(likely[papers.terms.astype("<u4", copy=False).view(np.uint8)[::4]])
    which = np.searchsorted(numbers, papers.terms[places])
    hit = np.append(numbers, 0)[which] == papers.terms[places]
    hit &= which < len(numbers)
    places = places[hit]
    return places, np.searchsorted(np.cumsum(papers.sizes), places, "right"), which[hit]
