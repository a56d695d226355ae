"""Adapt token vectors to a library by the company that words keep there, without queries.

Move    A word's vector moves towards the mean vector of the papers that use it, less the mean
        of all papers: "slip" moves to aerodynamics in one library and to geology in another.
        Words that the model does not know get a vector, from their papers and their pieces.
        Lengths stay, as the length is the word's learned weight.
Join    Latent semantic indexing of the library (``lsi``) has a share in every similarity;
        a small one in a small library.  Dimensions stay (``combine``).
Cost    seconds for thousands of papers, about a minute for 50,000 on one core.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.bag_of_words import SparseRows, count_tokens, stack_rows
from broadsheet.embed.combine import combine
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.lsi import learn_lsi
from broadsheet.embed.token_vectors import TokenVectorEmbedder, quantise
from broadsheet.embed.word_table import CONTINUATION
from broadsheet.embed.words import split_words

_BATCH = 1_000
_FEWEST_PAPERS = 2  # that a known word must be in, for them to say what it means here
_FEWEST_PAPERS_NEW = 4  # the same for a word that gets its first vector
_MOST_NEW_WORDS = 20_000
_LIBRARY_DIMENSIONS = 128
_SMALL_LIBRARY = 500  # papers at which latent semantic indexing has half of its share
_DOUBT = 1.0  # papers' worth of trust in the vector that the word had


def adapt(
    embedder: TokenVectorEmbedder,
    documents: Iterable[tuple[str, str]],
    *,
    share: float = 0.35,
    library_share: float = 0.2,
    most_papers: int = 50_000,
) -> TokenVectorEmbedder:
    """Return the embedder adapted to (title, abstract) pairs, the first ``most_papers``.

    ``share`` is how far a word in many papers moves: 0 not at all, 1 all the way;
    ``library_share`` what latent semantic indexing has of a similarity in a large library.
    Without words in the papers the embedder comes back as it is.  The same papers give the same embedder; its name
    differs from the given one's, so vectors of the two are never compared.
    """
    if not (0 <= share <= 1 and 0 <= library_share < 1):
        raise ValueError(f"shares must be between 0 and 1, not {share} and {library_share}")
    papers = list(islice(documents, most_papers))
    if not any(split_words(title) or split_words(abstract) for title, abstract in papers):
        return embedder
    tokens = _with_new_words(embedder, papers)
    start = _start_vectors(embedder, tokens)
    counts = _count(papers, tokens, embedder)
    vectors = embedder.encode_documents([t for t, _ in papers], [a for _, a in papers])
    moved = _move(start, counts, vectors, share)
    if library_share > 0:
        library = learn_lsi(papers, _LIBRARY_DIMENSIONS, counting=embedder.counting)
        library_share *= len(papers) / (len(papers) + _SMALL_LIBRARY)
        moved = combine(moved, _align(library, tokens), counts, library_share)
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
    places = {token: place for place, token in enumerate(tokens)}
    known = np.array([places[token] for token in table.tokens], dtype=np.int64)
    start[known] = embedder.vectors * embedder.factors[:, None]
    for token in places.keys() - table.row_of.keys():
        rows = list(table.find_piece_rows(token))
        if rows:
            start[places[token]] = embedder.factors[rows] @ embedder.vectors[rows]
    return start


def _align(model: TokenVectorEmbedder, tokens: tuple[bytes, ...]) -> Vectors:
    """Return the model's weighted vectors in the order of ``tokens``; zeros for unknown ones."""
    aligned = np.zeros((len(tokens), model.dimensions), dtype=np.float32)
    for place, token in enumerate(tokens):
        row = model.table.row_of.get(token)
        if row is not None:
            aligned[place] = model.vectors[row] * model.factors[row]
    return aligned


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
    in_papers = np.bincount(counts.columns, minlength=counts.width)
    used = np.flatnonzero(in_papers >= _FEWEST_PAPERS)
    by_token = counts.with_columns(used.tolist()).transposed()
    uses = np.bincount(counts.columns, weights=counts.values, minlength=counts.width)
    company = np.zeros_like(start)
    company[used] = by_token.times(vectors) - uses[used, None] * vectors.mean(axis=0)
    lengths = np.linalg.norm(start, axis=1)
    usual = float(np.median(lengths[lengths > 0])) if lengths.any() else 1.0
    unknown = lengths == 0
    lengths[unknown] = usual
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
