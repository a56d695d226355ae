"""BM25: how well the words of a query fit the words of a paper.

Score    Σ weight × idf × count (k1 + 1) / (count + k1 (1 − b + b × length / average length))
         over the terms of the query; ``ranked_texts`` says which words of a paper count.
idf      ln(1 + (N − n + .5) / (n + .5)) for a term that n of N papers have.
Lengths  rounded down to one of 256 values, as Lucene and Tantivy do, so that every
         implementation gives the same score.
Counts   at most 255 of one term.
Source   Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009,
         doi:10.1561/1500000019.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.documents import IndexDocument, ranked_texts
from broadsheet.index.port import Masks, Scores, Statistics
from broadsheet.text import words

K1, B = 1.2, 0.75
MOST_COUNTED = 255
LONGEST = 65_535
"""Words of a paper; a longer one counts as this long."""
MOST_TERMS = 40
"""Only this many terms of a longer query count: those with the most weight × idf."""

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


def idf(papers: int, frequency: int) -> float:
    """Return how telling a term is that ``frequency`` of all ``papers`` have."""
    return math.log(1 + (max(papers, frequency) - frequency + 0.5) / (frequency + 0.5))


def weigh_terms(terms: Mapping[str, float], corpus: Statistics) -> dict[str, float]:
    """Return weight × idf of the terms that count, the rarest first.

    ``corpus`` must have the frequency of each. Terms that no paper has are left out.
    """
    entries = [
        (frequency, term, weight * idf(corpus.papers, frequency))
        for term, weight in terms.items()
        if (frequency := corpus.frequencies.get(term, 0))
    ]
    if len(entries) > MOST_TERMS:
        entries = sorted(entries, key=lambda entry: -entry[2])[:MOST_TERMS]
    return {term: weight for _, term, weight in sorted(entries)}


def saturate(counts: Numbers, lengths: Numbers, average: float) -> Floats:
    """Return the last factor of the formula for counts in papers of these lengths.

    ``average`` is the average length. The arrays have one shape.
    """
    rounded = _LENGTHS[np.searchsorted(_LENGTHS, lengths, "right") - 1]
    norms = K1 * (1 - B + B * rounded / max(average, 1.0))
    saturation: Floats = (K1 + 1) * counts / (counts + norms)
    return saturation


def count_words(document: IndexDocument) -> Counter[str]:
    """Return how often a paper has each term. Their sum is the paper's length."""
    return Counter(term for text in ranked_texts(document) for term in words.terms(text))


def score_parts(
    weights: Mapping[str, float], corpus: Statistics, parts: Sequence[IndexDocument], masks: Masks
) -> Scores:
    """Return the scores, shape (m,), that a paper would have if it had only some of its parts.

    ``weights`` come from ``weigh_terms``. With all parts of a paper of the index this is its
    score there.
    """
    counted = [count_words(part) for part in parts]
    counts = np.array([[part[term] for term in weights] for part in counted], np.int64)
    counts = counts.reshape(len(parts), len(weights))
    lengths = np.array([part.total() for part in counted], np.int64)
    present = masks.astype(np.int64)
    of_papers = np.minimum(present @ lengths, LONGEST)[:, np.newaxis]
    factors = saturate(np.minimum(present @ counts, MOST_COUNTED), of_papers, corpus.average_length)
    return (factors @ np.array(list(weights.values()), np.float64)).astype(np.float32)


def _rounded_lengths() -> Numbers:
    """Return the 256 lengths that a byte can say, ascending: exact to 40, then eight a doubling."""
    exact = list(range(24))
    rest = (i if i < 8 else (i & 7 | 8) << ((i >> 3) - 1) for i in range(256 - 24))
    return np.array([*exact, *(24 + length for length in rest)], np.int64)


_LENGTHS = _rounded_lengths()
