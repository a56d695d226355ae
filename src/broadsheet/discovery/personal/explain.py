"""Explain a paper's personal rank in parts that a reader can check and change.

The score is a sum, so it splits without remainder: each term of the paper adds its weight times
its value, and each labelled paper adds its share times the cosine of both vectors, both divided by
the spread of their scores. ``Edits`` are a reader's direct statements about terms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.personal.features import Keys, PaperFeatures, Vocabulary, words_of
from broadsheet.discovery.personal.model import Floats, Interest
from broadsheet.embed.static.bag_of_words import SparseRows

PIN = 1.0
"""Added to a paper's score for a pinned term, in standard deviations of the score by terms."""
UNWANTED = 3.0
"""Subtracted for an unwanted term."""


@dataclass(frozen=True)
class Reasons:
    """Parts of one paper's score, the largest first."""

    terms: tuple[tuple[str, float], ...]
    """Terms with their contributions; below 0 if they speak against the paper."""
    papers: tuple[tuple[int, float], ...]
    """Rows of labelled papers with the contribution of the similarity to each."""


def explain_score(
    interest: Interest,
    features: PaperFeatures,
    row: int,
    vocabulary: Vocabulary,
    limit: int = 5,
) -> Reasons:
    """Return the largest parts of the score of a paper, for and against, by size.

    ``features`` hold the labelled papers too, at the rows of the labels.
    """
    entries = slice(features.terms.starts[row], features.terms.starts[row + 1])
    columns = features.terms.columns[entries]
    by_terms = features.terms.values[entries] * interest.term_weights[columns]
    by_papers = interest.vector_shares * (
        features.vectors[interest.labels.rows] @ features.vectors[row]
    )
    return Reasons(
        tuple(
            (vocabulary.term_name(int(features.term_keys[columns[i]])), float(by_terms[i]))
            for i in _largest(by_terms, limit)
        ),
        tuple(
            (int(interest.labels.rows[i]), float(by_papers[i])) for i in _largest(by_papers, limit)
        ),
    )


def list_terms(
    interest: Interest, features: PaperFeatures, vocabulary: Vocabulary, limit: int = 30
) -> list[tuple[str, float]]:
    """Return the terms with the largest learned weights of either sign."""
    return [
        (vocabulary.term_name(int(features.term_keys[i])), float(interest.term_weights[i]))
        for i in _largest(interest.term_weights, limit)
    ]


def _largest(parts: Floats, limit: int) -> list[int]:
    """Return the places of the parts farthest from 0, without zeros; ties by place."""
    order = np.argsort(-np.abs(parts), kind="stable")[:limit]
    return [int(place) for place in order if parts[place] != 0]


@dataclass(frozen=True)
class Edits:
    """Terms that a reader has decided on, as keys of ``Vocabulary``."""

    muted: frozenset[int] = frozenset()
    """Count nothing, in pairs neither."""
    pinned: frozenset[int] = frozenset()
    """Add ``PIN`` wherever they stand, whatever was learned."""
    unwanted: frozenset[int] = frozenset()
    """Take ``UNWANTED`` away wherever they stand."""


def mute_terms(interest: Interest, features: PaperFeatures, edits: Edits) -> Interest:
    """Return the interest without the weights of muted terms."""
    if not edits.muted:
        return interest
    muted = find_muted(features, edits)
    return replace(interest, term_weights=np.where(muted, np.float32(0), interest.term_weights))


def find_muted(features: PaperFeatures, edits: Edits) -> NDArray[np.bool_]:
    """Return which columns count nothing: muted terms, and pairs with a muted word."""
    words = _keys(edits.muted)
    first, second = words_of(features.term_keys)
    return np.isin(features.term_keys, words) | np.isin(first, words) | np.isin(second, words)


def score_edits(features: PaperFeatures, edits: Edits) -> Floats:
    """Return the contributions of pinned and unwanted terms to each paper's score, shape (papers,).

    One pinned or unwanted term counts as much as several.
    """
    pinned = _has_any(features, edits.pinned)
    unwanted = _has_any(features, edits.unwanted)
    return np.asarray(PIN * pinned - UNWANTED * unwanted, np.float32)


def _has_any(features: PaperFeatures, keys: frozenset[int]) -> NDArray[np.bool_]:
    marks = np.isin(features.term_keys, _keys(keys)).astype(np.float32)
    terms = features.terms
    ones = SparseRows(terms.starts, terms.columns, np.ones_like(terms.values), terms.width)
    return ones.times(marks) > 0


def _keys(keys: frozenset[int]) -> Keys:
    return np.array(sorted(keys), np.int64)
