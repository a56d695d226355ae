"""The model of one interest: learned from labelled papers, ranks any others.

Two support vector machines, one over terms and one over vectors, each trained on all labels. The
score of a paper is the sum of both scores, each standardised over the papers that are ranked, the
one of vectors times ``VECTOR_WEIGHT``. The costs of likes and of dislikes are balanced: all likes
together cost ``BALANCE`` times as much as all dislikes together, whatever their numbers.
Source of C and balance: ASReview's default model ELAS u4 (Apache-2.0). Why a sum of scores and not
one machine over both: docs/personal-ranking.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.personal.features import PaperFeatures
from broadsheet.discovery.personal.svm import train_svm
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.bag_of_words import SparseRows

COST = 0.11
BALANCE = 9.8
VECTOR_WEIGHT = 0.5
_INTERCEPT = np.float32(1)

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Labels:
    """What a reader said of papers; arrays of one length, a paper at most once."""

    rows: Rows
    """Of the features."""
    liked: NDArray[np.bool_]
    weights: Floats
    """How much each counts, > 0: see the table of signals in docs/personal-ranking.md."""

    @classmethod
    def of(cls, rows: Sequence[int], liked: Sequence[bool]) -> Labels:
        """Labels that all count the same."""
        return cls(
            np.array(rows, np.int64), np.array(liked, np.bool_), np.ones(len(rows), np.float32)
        )

    def __len__(self) -> int:
        return len(self.rows)


def balance_costs(labels: Labels) -> Floats:
    """Return the cost of each label, shape (labels,); needs a like and a dislike."""
    weights = labels.weights.astype(np.float64)
    shares = np.where(
        labels.liked,
        weights / weights[labels.liked].sum() * BALANCE / (1 + BALANCE),
        weights / weights[~labels.liked].sum() / (1 + BALANCE),
    )
    return np.asarray(COST * weights.sum() * shares, np.float32)


@dataclass(frozen=True)
class Interest:
    """What was learned. Pure numbers; scores papers that have the features' columns."""

    labels: Labels
    vector_shares: Floats
    """Factor of each labelled paper in ``vector_weights``: positive for likes."""
    vector_weights: Floats
    """Shape (dimensions,)."""
    term_weights: Floats
    """Shape (terms,)."""

    def score(self, features: PaperFeatures) -> Floats:
        """Return the score of each paper, shape (papers,); comparable within one call only."""
        by_terms = standardise(features.terms.times(self.term_weights))
        by_vectors = standardise(features.vectors @ self.vector_weights)
        return np.asarray(by_terms + np.float32(VECTOR_WEIGHT) * by_vectors, np.float32)


def standardise(scores: Floats) -> Floats:
    """Return scores around their mean, in standard deviations; zeros if all are equal."""
    spread = float(scores.std())
    centred = scores - scores.mean()
    return np.asarray(centred / spread if spread > 1e-9 else centred * 0, np.float32)


class Learner:
    """Learns from any choice of a pool's papers, and keeps their products for the next time.

    The products are a pure function of the papers, so what is learned depends on the labels given
    and on nothing that was learned before. One thread at a time.
    """

    def __init__(self, features: PaperFeatures) -> None:
        self._features = features
        self._place: dict[int, int] = {}
        self._terms = SparseRows.stacked([], 0)
        self._vectors: Vectors = np.zeros((0, features.vectors.shape[1]), np.float32)
        self._term_products = np.zeros((0, 0), np.float32)
        self._vector_products = np.zeros((0, 0), np.float32)

    def learn(self, labels: Labels) -> Interest:
        """Train on all labels, of which at least one is a like and one a dislike."""
        if not labels.liked.any() or labels.liked.all():
            raise ValueError("learning needs at least one like and one dislike")
        self._add([row for row in labels.rows.tolist() if row not in self._place])
        places = np.array([self._place[row] for row in labels.rows.tolist()])
        signs = np.where(labels.liked, 1, -1).astype(np.float32)
        costs = balance_costs(labels)
        square = np.ix_(places, places)
        term_shares = train_svm(self._term_products[square] + _INTERCEPT, signs, costs)
        vector_shares = train_svm(self._vector_products[square] + _INTERCEPT, signs, costs)
        all_shares = np.zeros(len(self._place), np.float32)
        all_shares[places] = term_shares
        return Interest(
            labels,
            vector_shares,
            self._features.vectors[labels.rows].T @ vector_shares,
            self._terms.weighted_sum(all_shares),
        )

    def _add(self, rows: Sequence[int]) -> None:
        """Take in the products of more papers with each other and with those that are there."""
        if not rows:
            return
        old = len(self._place)
        for row in rows:
            self._place[row] = len(self._place)
        new_terms = self._features.terms.take(np.array(rows, np.int64))
        self._terms = SparseRows.stacked([self._terms, new_terms], self._features.terms.width)
        self._vectors = np.concatenate([self._vectors, self._features.vectors[rows]])
        self._term_products = _grow(self._term_products, _products(self._terms, new_terms), old)
        self._vector_products = _grow(
            self._vector_products, self._vectors[old:] @ self._vectors.T, old
        )


def _products(terms: SparseRows, new: SparseRows) -> Floats:
    """Return the products of the new rows with all rows, shape (new, all)."""
    products = np.empty((new.height, terms.height), np.float32)
    dense = np.zeros(terms.width, np.float32)
    for row in range(new.height):
        entries = slice(new.starts[row], new.starts[row + 1])
        dense[new.columns[entries]] = new.values[entries]
        products[row] = terms.times(dense)
        dense[new.columns[entries]] = 0
    return products


def _grow(products: Floats, new: Floats, old: int) -> Floats:
    """Return the square matrix with the new rows, and the same as columns."""
    return np.block([[products, new[:, :old].T], [new]])
