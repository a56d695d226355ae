"""The model of one interest: learned from labelled papers, ranks any others.

Two support vector machines, one over terms and one over vectors, each trained on all labels. The
score of a paper is the sum of both scores, each standardised over the papers that are ranked, the
one of vectors times ``VECTOR_WEIGHT``, less or nothing while there are few likes. The costs of likes and of dislikes are balanced: all likes
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
from broadsheet.embed.static.bag_of_words import SparseRows

COST = 0.11
BALANCE = 9.8
VECTOR_WEIGHT = 0.7
"""Of the score by vectors; terms have 1."""
FEW_LIKES, MANY_LIKES = 5, 30
"""Up to the one vectors count nothing, from the other in full; in proportion between them."""
BACKGROUND = 50
"""Papers that stand for dislikes until there is one."""
_INTERCEPT = np.float32(1)

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Labels:
    """A reader's likes and dislikes; arrays of one length, a paper at most once."""

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


def add_background(labels: Labels, papers: int) -> Labels:
    """Return the labels with weak dislikes if there is none, so that one like is enough to learn.

    They are up to ``BACKGROUND`` unlabelled ones of so many papers, evenly spaced, and together
    weigh as much as one dislike: most papers are none that a reader would like.
    """
    if not labels.liked.all():
        return labels
    others = np.setdiff1d(np.arange(papers), labels.rows)
    count = min(BACKGROUND, len(others))
    rows = others[np.linspace(0, len(others) - 1, count).astype(np.int64)]
    return Labels(
        np.concatenate([labels.rows, rows]),
        np.concatenate([labels.liked, np.zeros(count, np.bool_)]),
        np.concatenate([labels.weights, np.full(count, 1 / max(count, 1), np.float32)]),
    )


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
    """The learned model. Pure numbers; scores papers that have the features' columns."""

    labels: Labels
    term_shares: Floats
    """Factor of each labelled paper in ``term_weights``: positive for likes."""
    vector_shares: Floats
    """Factor of each labelled paper in ``vector_weights``: positive for likes."""
    vector_weights: Floats
    """Shape (dimensions,)."""
    term_weights: Floats
    """Shape (terms,)."""

    def score(self, features: PaperFeatures, unread: Mask | None = None) -> Floats:
        """Return the score of each paper, shape (papers,); comparable within one call only.

        ``unread`` says which papers are being ranked, by default all. Scores of labelled papers
        spread more than those of others, and must not set the scale.
        """
        by_terms, by_vectors = self.score_parts(features, unread)
        return np.asarray(by_terms + np.float32(self.vector_share) * by_vectors, np.float32)

    def score_parts(
        self, features: PaperFeatures, unread: Mask | None = None
    ) -> tuple[Floats, Floats]:
        """Return the standardised scores by terms and by vectors."""
        return (
            standardise(features.terms.times(self.term_weights), unread),
            standardise(features.vectors @ self.vector_weights, unread),
        )

    @property
    def vector_share(self) -> float:
        """Return the weight of the score by vectors beside that by terms: more with each like."""
        likes = int(np.count_nonzero(self.labels.liked))
        share = (likes - FEW_LIKES) / (MANY_LIKES - FEW_LIKES)
        return VECTOR_WEIGHT * min(1.0, max(0.0, share))


def standardise(scores: Floats, ranked: Mask | None = None) -> Floats:
    """Return scores around the mean of the ranked papers, in their standard deviations.

    Zeros if theirs are all equal.
    """
    scale = scores if ranked is None or not ranked.any() else scores[ranked]
    spread = float(scale.std())
    centred = scores - scale.mean()
    return np.asarray(centred / spread if spread > 1e-9 else centred * 0, np.float32)


class Learner:
    """Learn from any choice of a pool's papers, and cache their products.

    The products are a pure function of the papers, so the result depends on the given labels and
    not on earlier calls. One thread at a time.
    """

    def __init__(self, features: PaperFeatures) -> None:
        self._features = features
        self._place: dict[int, int] = {}
        self._terms = SparseRows.stacked([], features.terms.width)
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
        term_shares = train_svm(_chosen(self._term_products, places), signs, costs)
        vector_shares = train_svm(_chosen(self._vector_products, places), signs, costs)
        all_shares = np.zeros(len(self._place), np.float32)
        all_shares[places] = term_shares
        return Interest(
            labels,
            term_shares,
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
        new = self._features.terms.take(np.array(rows, np.int64))
        self._terms = SparseRows.stacked([self._terms, new], self._features.terms.width)
        if len(rows) < _MANY_ROWS:
            by_terms = multiply_rows(self._terms, new)
        else:
            by_terms = multiply_all_rows(self._terms)[old:]
        vectors = self._features.vectors
        by_vectors = vectors[rows] @ vectors[list(self._place)].T
        self._term_products = _grow(self._term_products, by_terms, old)
        self._vector_products = _grow(self._vector_products, by_vectors, old)


_MANY_ROWS = 32
"""From so many new rows on, all products at once are faster than row by row."""
_COMMON = 40
"""Terms in more rows than this are multiplied as a dense matrix."""


def multiply_rows(terms: SparseRows, new: SparseRows) -> Floats:
    """Return the products of the new rows with all rows, shape (new, all)."""
    products = np.empty((new.height, terms.height), np.float32)
    dense = np.zeros(terms.width, np.float32)
    for row in range(new.height):
        entries = slice(new.starts[row], new.starts[row + 1])
        dense[new.columns[entries]] = new.values[entries]
        products[row] = terms.times(dense)
        dense[new.columns[entries]] = 0
    return products


def multiply_all_rows(terms: SparseRows) -> Floats:
    """Return the products of all rows with each other, shape (rows, rows).

    Common terms as a dense matrix; of the others, all columns with the same number of entries
    together.
    """
    count = terms.height
    order = np.argsort(terms.columns, kind="stable")
    row_of = np.repeat(np.arange(count), np.diff(terms.starts))[order]
    values = terms.values[order]
    _, starts, sizes = np.unique(terms.columns[order], return_index=True, return_counts=True)
    dense = np.zeros((count, np.count_nonzero(sizes > _COMMON)), np.float32)
    for place, column in enumerate(np.flatnonzero(sizes > _COMMON)):
        entries = slice(starts[column], starts[column] + sizes[column])
        dense[row_of[entries], place] = values[entries]
    products = (dense @ dense.T).ravel().astype(np.float64)
    for size in range(1, _COMMON + 1):
        entries = starts[sizes == size][:, None] + np.arange(size)
        rows, each = row_of[entries], values[entries]
        cells = rows[:, :, None] * count + rows[:, None, :]
        parts = each[:, :, None] * each[:, None, :]
        products += np.bincount(cells.ravel(), parts.ravel(), count * count)
    return products.reshape(count, count).astype(np.float32)


def _chosen(products: Floats, places: Rows) -> Floats:
    """Return the products of some papers; without a copy if these are the first."""
    if np.array_equal(places, np.arange(len(places))):
        return products[: len(places), : len(places)]
    return products[np.ix_(places, places)]


def _grow(products: Floats, new: Floats, old: int) -> Floats:
    """Return the square matrix with the new rows, also as columns, and the intercept in them."""
    new = new + _INTERCEPT
    grown = np.empty((old + len(new), old + len(new)), np.float32)
    grown[:old, :old] = products
    grown[old:] = new
    grown[:old, old:] = new[:, :old].T
    return grown
