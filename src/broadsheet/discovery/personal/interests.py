"""Several interests of one reader, kept apart: clusters of liked papers, a model each.

A model of all likes at once is drowned by the strongest subject. So likes are clustered by the mean
cosine of their centred vectors (average linkage), merging while that is at least ``SAME_INTEREST``;
each cluster of ``LEAST_LIKES`` is learned against all dislikes. A paper's score is that of all likes
together plus that of the interest it fits best, both standardised: the best interest alone serves weak
interests better, but a single broad interest worse (figures in docs/personal-ranking.md).
Source  Murtagh, The Computer Journal 26, 1983, doi:10.1093/comjnl/26.4.354 (chains of nearest
        neighbours: n² steps for n likes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.personal.features import PaperFeatures
from broadsheet.discovery.personal.model import (
    Floats,
    Interest,
    Labels,
    Learner,
    Mask,
    standardise,
)
from broadsheet.embed.embedder import Vectors

SAME_INTEREST = 0.1
"""Mean cosine of the centred vectors of two clusters from which they are one interest."""
LEAST_LIKES = 2
"""A cluster of fewer is no interest of its own; its likes count in the model of all."""


@dataclass(frozen=True)
class Interests:
    """The models of one reader."""

    whole: Interest
    """Learned from all labels."""
    each: tuple[Interest, ...]
    """One for each cluster of likes, that with the most likes first."""

    def score(self, features: PaperFeatures, unread: Mask | None = None) -> Floats:
        """Return the score of each paper, shape (papers,); comparable within one call only."""
        whole = self.whole.score(features, unread)
        if len(self.each) < 2:
            return whole
        best = self.score_each(features, unread).max(axis=0)
        return standardise(whole, unread) + standardise(best, unread)

    def score_each(self, features: PaperFeatures, unread: Mask | None = None) -> Floats:
        """Return the scores by each interest, shape (interests, papers)."""
        return np.stack([interest.score(features, unread) for interest in self.each])


def learn_interests(learner: Learner, vectors: Vectors, labels: Labels) -> Interests:
    """Learn from all labels, and from each cluster of likes against all dislikes.

    ``vectors`` are centred unit vectors of the labelled papers, in the order of ``labels``.
    Needs a like and a dislike.
    """
    likes = np.flatnonzero(labels.liked)
    learned = []
    for cluster in cluster_likes(vectors[likes]):
        if len(cluster) < LEAST_LIKES:
            continue
        rows = ~labels.liked
        rows[likes[cluster]] = True
        learned.append(
            learner.learn(Labels(labels.rows[rows], labels.liked[rows], labels.weights[rows]))
        )
    return Interests(learner.learn(labels), tuple(learned))


def cluster_likes(vectors: Vectors) -> Sequence[NDArray[np.int64]]:
    """Return the rows of each cluster, the largest cluster first, then by first row.

    A like without a vector (zeros) is a cluster of its own.
    """
    count = len(vectors)
    nearness = np.asarray(vectors @ vectors.T, dtype=np.float64)
    np.fill_diagonal(nearness, -np.inf)
    sizes = np.ones(count)
    members: list[list[int]] = [[row] for row in range(count)]
    finished: list[list[int]] = []
    chain: list[int] = []
    while (alive := np.flatnonzero(sizes)).size:
        if not chain:
            chain.append(int(alive[0]))
        last = chain[-1]
        nearest = int(np.argmax(nearness[last]))
        if len(chain) > 1 and nearness[last, chain[-2]] >= nearness[last, nearest]:
            nearest = chain[-2]
        if nearness[last, nearest] < SAME_INTEREST:
            # Averages only fall, so nothing can join this cluster later.
            finished.append(members[last])
            _take_out(nearness, sizes, last)
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            chain = chain[:-2]
            merged = (sizes[last] * nearness[last] + sizes[nearest] * nearness[nearest]) / (
                sizes[last] + sizes[nearest]
            )
            members[nearest] = members[nearest] + members[last]
            sizes[nearest] += sizes[last]
            _take_out(nearness, sizes, last)
            merged[[last, nearest]] = -np.inf
            nearness[nearest], nearness[:, nearest] = merged, merged
        else:
            chain.append(nearest)
    rows = [np.array(sorted(cluster), np.int64) for cluster in finished]
    return sorted(rows, key=lambda cluster: (-len(cluster), int(cluster[0])))


def _take_out(nearness: NDArray[np.float64], sizes: NDArray[np.float64], row: int) -> None:
    nearness[row] = nearness[:, row] = -np.inf
    sizes[row] = 0
