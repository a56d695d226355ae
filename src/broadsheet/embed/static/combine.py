"""Make one token-vector model of two, so that both have a say in every similarity.

Each token's two vectors are put side by side, scaled so that on the library's papers the
first model has ``1 - share`` of the squared length and the second ``share``; then turned onto
the leading axes of the papers' and the tokens' vectors, to as few dimensions as the first
model has.  Both axes count: papers alone would drop what only a future query says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.bag_of_words import SparseRows
from broadsheet.embed.static.token_vectors import normalise_rows

_TOKENS_COUNT_AS = 1_000  # papers, when the axes are chosen
_BLOCK = 4_096


def combine(first: Vectors, second: Vectors, counts: SparseRows, share: float) -> Vectors:
    """Return weighted token vectors, shape (tokens, first's dimensions), of both models.

    ``first`` and ``second`` are weighted token vectors of the same tokens, with rows of zeros
    where a model does not know a token; ``counts`` says how much each paper uses each token.
    """
    both = np.empty((len(first), first.shape[1] + second.shape[1]), dtype=np.float32)
    left = first.shape[1]
    for part, vectors, columns in (
        (1 - share, first, slice(None, left)),
        (share, second, slice(left, None)),
    ):
        factor = np.sqrt(part) / max(_mean_length(vectors, counts), 1e-9)
        np.multiply(vectors, np.float32(factor), out=both[:, columns])
    papers = _products(normalise_rows(block) for block in _papers(both, counts))
    tokens = _products(normalise_rows(block.copy()) for block in _blocks(both))
    _, axes = np.linalg.eigh(papers + (_TOKENS_COUNT_AS / len(both)) * tokens)
    kept: NDArray[np.float32] = axes[:, ::-1][:, : first.shape[1]]
    return np.ascontiguousarray(both @ kept, dtype=np.float32)


def _blocks(vectors: Vectors) -> Iterator[Vectors]:
    """Yield the rows, some thousand at a time: of all at once copies would take gigabytes."""
    for first in range(0, len(vectors), _BLOCK):
        yield vectors[first : first + _BLOCK]


def _papers(vectors: Vectors, counts: SparseRows) -> Iterator[Vectors]:
    """Yield the papers' vectors in blocks, as sums of their tokens'."""
    for first in range(0, counts.height, _BLOCK):
        yield counts.between(first, first + _BLOCK).times(vectors)


def _products(blocks: Iterable[Vectors]) -> Vectors:
    """Return ``v.T @ v`` of all the rows."""
    found: Vectors = np.sum([block.T @ block for block in blocks], axis=0, dtype=np.float32)
    return found


def _mean_length(vectors: Vectors, counts: SparseRows) -> float:
    """Return the mean length of the papers that are not zeros, or 0."""
    papers = [np.linalg.norm(block, axis=1) for block in _papers(vectors, counts)]
    lengths = np.concatenate(papers) if papers else np.zeros(0)
    return float(lengths[lengths > 0].mean()) if lengths.any() else 0.0
