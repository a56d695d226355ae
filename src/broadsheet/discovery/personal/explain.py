"""Explain a paper's personal rank in parts that a reader can check and change.

The score is a sum, so it splits without remainder, in two ways. By terms: each adds its weight times
its value. By labelled papers: each adds its share times the likeness to it, Σ x x' over terms and the
cosine of vectors. All parts are divided by the spread of their scores. ``Edits`` are a reader's direct statements about terms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.personal.features import Keys, PaperFeatures, Vocabulary, words_of
from broadsheet.discovery.personal.model import Floats, Interest, Mask
from broadsheet.embed.static.bag_of_words import SparseRows

PIN = 1.0
"""Added to a paper's score for a pinned term, in standard deviations of the score by terms."""
UNWANTED = 3.0
"""Subtracted for an unwanted term."""


@dataclass(frozen=True)
class Scale:
    """The standard deviations by which scores by terms and by vectors are divided."""

    terms: float = 1.0
    vectors: float = 1.0

    @classmethod
    def of(cls, interest: Interest, features: PaperFeatures, ranked: Mask) -> Scale:
        """Those with which ``Interest.score`` standardises; 1 if all scores are equal."""
        terms = features.terms.times(interest.term_weights)[ranked]
        vectors = (features.vectors @ interest.vector_weights)[ranked]
        return cls(*(float(each.std()) or 1.0 if each.size else 1.0 for each in (terms, vectors)))


@dataclass(frozen=True)
class Reasons:
    """Parts of one paper's score, the largest first, below 0 if they speak against the paper."""

    terms: tuple[tuple[str, float], ...]
    """Terms with their contributions to the score by terms."""
    papers: tuple[tuple[int, float], ...]
    """Rows of labelled papers with the contributions of likeness to them: in terms, and as far as
    vectors count in meaning. They add up to the whole score but for its mean."""


def explain_score(
    interest: Interest,
    features: PaperFeatures,
    row: int,
    vocabulary: Vocabulary,
    limit: int = 5,
    scale: Scale = Scale(),
) -> Reasons:
    """Return the largest parts of the score of a paper, for and against, by size.

    ``features`` hold the labelled papers too, at the rows of the labels.
    """
    entries = slice(features.terms.starts[row], features.terms.starts[row + 1])
    columns = features.terms.columns[entries]
    by_terms = features.terms.values[entries] * interest.term_weights[columns] / scale.terms
    rows = interest.labels.rows
    dense = np.zeros(features.terms.width, np.float32)
    # Terms without a weight, such as muted ones, make no papers alike.
    dense[columns] = np.where(
        interest.term_weights[columns] != 0, features.terms.values[entries], 0
    )
    like_terms = features.terms.take(rows).times(dense) * interest.term_shares / scale.terms
    like_vectors = features.vectors[rows] @ features.vectors[row] * interest.vector_shares
    by_papers = like_terms + interest.vector_share * like_vectors / scale.vectors
    return Reasons(
        tuple(
            (vocabulary.term_name(int(features.term_keys[columns[i]])), float(by_terms[i]))
            for i in _largest(by_terms, limit)
        ),
        tuple((int(rows[i]), float(by_papers[i])) for i in _largest(by_papers, limit)),
    )


def list_terms(
    interest: Interest, features: PaperFeatures, vocabulary: Vocabulary, limit: int = 30
) -> list[tuple[str, float]]:
    """Return the terms that move scores the most, with their weights.

    Ordered by |weight| √(Σ x²), x being the term's values in the papers: rare terms have large
    weights that seldom count.
    """
    effects = interest.term_weights * features.term_sizes
    return [
        (vocabulary.term_name(int(features.term_keys[i])), float(interest.term_weights[i]))
        for i in _largest(effects, limit)
    ]


def _largest(parts: Floats, limit: int) -> list[int]:
    """Return the places of the parts farthest from 0, without zeros; ties by place."""
    sizes = np.abs(parts)
    places = np.arange(len(parts))
    if limit < len(parts):
        places = np.sort(np.argpartition(-sizes, limit)[: limit + 1])
    order = places[np.argsort(-sizes[places], kind="stable")][:limit]
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
    muted = np.isin(features.term_keys, _keys(edits.muted))
    first, second = words_of(features.term_keys)
    words = _keys(edits.muted)
    muted |= np.isin(first, words) | np.isin(second, words)
    return replace(interest, term_weights=np.where(muted, np.float32(0), interest.term_weights))


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
