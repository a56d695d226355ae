"""Make one token-vector model of two, so that both have a say in every similarity.

Each token's two vectors are put side by side, scaled so that on the library's papers the
first model has ``1 - share`` of the squared length and the second ``share``; then turned onto
the leading axes of the papers' and the tokens' vectors, to as few dimensions as the first
model has.  Both axes count: papers alone would drop what only a future query says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.bag_of_words import SparseRows
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.token_vectors import normalise_rows

_TOKENS_COUNT_AS = 1_000  # papers, when the axes are chosen


def combine(first: Vectors, second: Vectors, counts: SparseRows, share: float) -> Vectors:
    """Return weighted token vectors, shape (tokens, first's dimensions), of both models.

    ``first`` and ``second`` are weighted token vectors of the same tokens, with rows of zeros
    where a model does not know a token; ``counts`` says how much each paper uses each token.
    """
    scaled = [
        vectors * (np.sqrt(part) / max(_mean_length(counts.times(vectors)), 1e-9))
        for vectors, part in ((first, 1 - share), (second, share))
    ]
    both = np.concatenate(scaled, axis=1)
    papers = normalise_rows(counts.times(both))
    tokens = normalise_rows(both.copy())
    spread = papers.T @ papers + (_TOKENS_COUNT_AS / len(tokens)) * (tokens.T @ tokens)
    _, axes = np.linalg.eigh(spread)
    kept: NDArray[np.float32] = axes[:, ::-1][:, : first.shape[1]]
    return np.ascontiguousarray(both @ kept, dtype=np.float32)


def _mean_length(vectors: Vectors) -> float:
    """Return the mean length of the rows that are not zeros, or 0."""
    lengths = np.linalg.norm(vectors, axis=1)
    return float(lengths[lengths > 0].mean()) if lengths.any() else 0.0
