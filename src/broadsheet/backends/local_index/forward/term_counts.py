"""The words of a paper as numbers with their counts, and BM25 from them.

The word index finds papers by words; scoring a few hundred known papers by it
means looking up every key and every term in every segment. So each paper's terms
are kept beside its vector as well, and scores are made from these.

Number  CRC-32 of the term in UTF-8: no vocabulary to keep. Two terms of one number
        meet by chance in one paper of a hundred million.
Score   Σ weight × idf × tf (k1 + 1) / (tf + k1 (1 − b + b × length / average)),
        idf = ln(1 + (N − n + .5) / (n + .5)); lengths are rounded as Tantivy does, so that
        scores are those of the word index.
Source  Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
        2009, doi:10.1561/1500000019.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.postings.cutter import WordCutter
from broadsheet.backends.local_index.postings.schema import ranked_texts
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import Masks, Scores

K1, B = 1.2, 0.75
Places = NDArray[np.int64]
_MOST_COUNTED = 255
MOST_TERMS = 65_535
"""Different terms of a paper, and its length, that a row can say."""


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


class TermCounter:
    """Counts the words that the word index ranks by. Thread-safe."""

    def __init__(self, cutter: WordCutter) -> None:
        self._cutter = cutter

    def count(self, documents: Sequence[IndexDocument]) -> TermCounts:
        numbers: list[int] = []
        counts: list[int] = []
        sizes, lengths = [], []
        for document in documents:
            terms = [t for text in ranked_texts(document) for t in self._cutter.terms(text)]
            counted = Counter(terms).most_common(MOST_TERMS)
            numbers += [number_of(term) for term, _ in counted]
            counts += [min(count, _MOST_COUNTED) for _, count in counted]
            sizes.append(len(counted))
            lengths.append(min(len(terms), MOST_TERMS))
        return TermCounts(
            np.array(numbers, np.uint32),
            np.array(counts, np.uint8),
            np.array(sizes, np.int64),
            np.array(lengths, np.int64),
        )


def count_parts(
    terms: Sequence[str], parts: Sequence[IndexDocument], masks: Masks, cutter: WordCutter
) -> TermCounts:
    """These ``terms`` in the papers that some of ``parts`` would make, one a row of ``masks``."""
    place = {term: at for at, term in enumerate(terms)}
    counts = np.zeros((len(parts), len(terms)), np.int64)
    lengths = np.zeros(len(parts), np.int64)
    for row, part in enumerate(parts):
        for term in (t for text in ranked_texts(part) for t in cutter.terms(text)):
            lengths[row] += 1
            if term in place:
                counts[row, place[term]] += 1
    papers = len(masks)
    chosen = masks.astype(np.int64)
    return TermCounts(
        np.tile(np.array([number_of(term) for term in terms], np.uint32), papers),
        np.minimum(chosen @ counts, _MOST_COUNTED).astype(np.uint8).ravel(),
        np.full(papers, len(terms), np.int64),
        np.minimum(chosen @ lengths, MOST_TERMS),
    )


def idf(papers: int, frequency: int) -> float:
    """How telling a term is that ``frequency`` of all ``papers`` hold."""
    return math.log(1 + (max(papers, frequency) - frequency + 0.5) / (frequency + 0.5))


def bm25(weights: Sequence[tuple[int, float]], found: TermCounts, average: float) -> Scores:
    """Scores of n papers, shape (n,), 0 where none of the terms is held.

    ``weights`` are (number of a term, its weight × idf).
    """
    papers, _, scores = _scored(weights, found, average)
    return np.bincount(papers, scores, len(found.sizes)).astype(np.float32)


def bm25_by_term(weights: Sequence[tuple[int, float]], found: TermCounts, average: float) -> Scores:
    """What each term adds to the scores of all papers found, shape (terms,)."""
    _, which, scores = _scored(weights, found, average)
    return np.bincount(which, scores, len(weights)).astype(np.float32)


def _scored(
    weights: Sequence[tuple[int, float]], found: TermCounts, average: float
) -> tuple[Places, Places, NDArray[np.float64]]:
    """Wherever a paper holds a term: the paper, the term, and what it adds to the score."""
    lengths = _LENGTHS[np.searchsorted(_LENGTHS, found.lengths, "right") - 1]
    norms = K1 * (1 - B + B * lengths / max(average, 1.0))
    numbers, factors = np.array(weights, np.float64).reshape(-1, 2).T
    order = np.argsort(numbers, kind="stable")
    places, papers, which = _held(found, numbers[order].astype(np.uint32))
    which = order[which]
    counts = found.counts[places]
    return papers, which, factors[which] * (K1 + 1) * counts / (counts + norms[papers])


def holds_all(numbers: Sequence[int], found: TermCounts) -> NDArray[np.bool_]:
    """Which of n papers hold every one of these terms, shape (n,)."""
    asked = sorted(set(numbers))
    _, papers, _ = _held(found, np.array(asked, np.uint32))
    every: NDArray[np.bool_] = np.bincount(papers, minlength=len(found.sizes)) == len(asked)
    return every


def _held(found: TermCounts, numbers: NDArray[np.uint32]) -> tuple[Places, Places, Places]:
    """Where any of the terms of these numbers, ascending, is held: place, paper, which it is."""
    # Looking at one byte of each tells most of those that are not asked for.
    likely = np.zeros(256, np.bool_)
    likely[numbers & 255] = True
    places = np.flatnonzero(likely[found.terms.astype("<u4", copy=False).view(np.uint8)[::4]])
    which = np.searchsorted(numbers, found.terms[places])
    hit = np.append(numbers, 0)[which] == found.terms[places]
    hit &= which < len(numbers)
    places = places[hit]
    return places, np.searchsorted(np.cumsum(found.sizes), places, "right"), which[hit]


def _rounded_lengths() -> NDArray[np.int64]:
    """The 256 lengths that a byte can say, ascending: exact to 40, then eight a doubling."""
    exact = list(range(24))
    rest = (i if i < 8 else (i & 7 | 8) << ((i >> 3) - 1) for i in range(256 - 24))
    return np.array([*exact, *(24 + length for length in rest)], np.int64)


_LENGTHS = _rounded_lengths()
