"""Adapt token vectors to a library by the company that words keep there, without queries.

Idea    A word's vector moves towards the mean vector of the papers that use it, less the mean
        of all papers: "slip" moves to aerodynamics in one library and to geology in another.
        Words that the model does not know get a vector, from their papers and their pieces.
Cost    one encoding of the papers and one sparse product: seconds for 50,000 papers.
Length  of every vector stays, as it is the word's learned weight; dimensions stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.bag_of_words import SparseRows, count_tokens, stack_rows
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.token_vectors import TokenVectorEmbedder, quantise
from broadsheet.embed.word_table import CONTINUATION
from broadsheet.embed.words import split_words

_BATCH = 1_000
_FEWEST_PAPERS = 2  # that a known word must be in, for them to say what it means here
_FEWEST_PAPERS_NEW = 4  # the same for a word that gets its first vector
_MOST_NEW_WORDS = 20_000
_DOUBT = 1.0  # papers' worth of trust in the vector that the word had


def adapt(
    embedder: TokenVectorEmbedder,
    documents: Iterable[tuple[str, str]],
    *,
    share: float = 0.3,
    most_papers: int = 50_000,
) -> TokenVectorEmbedder:
    """Return the embedder adapted to (title, abstract) pairs, the first ``most_papers``.

    ``share`` is how far a word in many papers moves: 0 not at all, 1 all the way.  Without
    papers the embedder comes back as it is.  The same papers give the same embedder; its name
    differs from the given one's, so vectors of the two are never compared.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, not {share}")
    papers = list(islice(documents, most_papers))
    if not papers or share == 0:
        return embedder
    tokens = _with_new_words(embedder, papers)
    start = _start_vectors(embedder, tokens)
    counts = _count(papers, tokens, embedder)
    vectors = embedder.encode_documents([t for t, _ in papers], [a for _, a in papers])
    moved = _move(start, counts, vectors, share)
    rows, factors = quantise(moved)
    label = embedder.label if embedder.label.endswith("+library") else f"{embedder.label}+library"
    return TokenVectorEmbedder(label, tokens, rows, factors, embedder.counting)


def _with_new_words(
    embedder: TokenVectorEmbedder, papers: list[tuple[str, str]]
) -> tuple[bytes, ...]:
    """Return the embedder's tokens and the library's own frequent words; pieces stay last."""
    row_of = embedder.table.row_of
    in_papers: dict[bytes, int] = {}
    for title, abstract in papers:
        for word in {*split_words(title), *split_words(abstract)}:
            if word not in row_of and len(word) > 1:
                in_papers[word] = in_papers.get(word, 0) + 1
    new = sorted(
        (word for word, count in in_papers.items() if count >= _FEWEST_PAPERS_NEW),
        key=lambda word: (-in_papers[word], word),
    )[:_MOST_NEW_WORDS]
    tokens = embedder.table.tokens
    words = [token for token in tokens if not token.startswith(CONTINUATION)]
    return (*words, *new, *tokens[len(words) :])


def _start_vectors(embedder: TokenVectorEmbedder, tokens: tuple[bytes, ...]) -> Vectors:
    """Return each token's weighted vector; a new word starts as the sum of its pieces."""
    table = embedder.table
    start = np.zeros((len(tokens), embedder.dimensions), dtype=np.float32)
    for place, token in enumerate(tokens):
        row = table.row_of.get(token)
        rows = [row] if row is not None else list(table.find_piece_rows(token))
        if rows:
            start[place] = embedder.factors[rows] @ embedder.vectors[rows].astype(np.float32)
    return start


def _count(
    papers: list[tuple[str, str]], tokens: tuple[bytes, ...], embedder: TokenVectorEmbedder
) -> SparseRows:
    """Return how much each paper uses each token."""
    row_of = {token: row for row, token in enumerate(tokens)}
    parts = [
        count_tokens(
            [
                split_words(f"{title} {abstract}")
                for title, abstract in papers[first : first + _BATCH]
            ],
            row_of,
        )
        for first in range(0, len(papers), _BATCH)
    ]
    counts = stack_rows(parts, len(tokens))
    values = counts.values**embedder.counting.saturation
    return SparseRows(counts.starts, counts.columns, values, counts.width)


def _move(start: Vectors, counts: SparseRows, vectors: Vectors, share: float) -> Vectors:
    """Return the token vectors moved towards the papers that use them, lengths kept."""
    by_token = counts.transposed()
    in_papers = np.diff(by_token.starts)
    company = by_token.times(vectors)
    uses = np.add.reduceat(np.append(by_token.values, 0.0), by_token.starts[:-1])
    uses[in_papers == 0] = 0
    company -= uses[:, None] * vectors.mean(axis=0)
    lengths = np.linalg.norm(start, axis=1)
    usual = float(np.median(lengths[lengths > 0])) if lengths.any() else 1.0
    unknown = lengths == 0
    lengths[unknown & (in_papers > 0)] = usual
    trust = share * in_papers / (in_papers + _DOUBT)
    trust[unknown] = 1.0
    trust[in_papers < _FEWEST_PAPERS] = 0.0
    company = _with_lengths(company, lengths)
    moved = (1 - trust)[:, None] * start + trust[:, None] * company
    return moved.astype(np.float32)


def _with_lengths(vectors: Vectors, lengths: NDArray[np.floating]) -> Vectors:
    """Return the rows with the given lengths; rows of zeros stay."""
    norms = np.linalg.norm(vectors, axis=1)
    return (vectors * (lengths / np.where(norms > 0, norms, 1.0))[:, None]).astype(np.float32)
