"""Adapt token vectors to a library by the company that words keep there, without queries.

Move    A word's vector moves towards the mean vector of the papers that use it, less the mean
        of all papers: "slip" moves to aerodynamics in one library and to geology in another.
        Words that the model does not know get a vector, from their papers and their pieces.
        Lengths stay, as the length is the word's learned weight.
Join    Latent semantic indexing of the library (``lsi``) has a share in every similarity;
        a small one in a small library.  Dimensions stay (``combine``).
Judge   ``judge`` adapts to part of the library and asks whether titles of the rest still find
        their abstracts; a library that is like what the model was trained on is better served
        by the model as it is.
Cost    2 s for 2,000 papers, 5 s for 20,000, 12 s for 50,000 on one core; 0.4 to 0.8 GB of
        memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.bag_of_words import SparseRows, count_tokens, stack_rows
from broadsheet.embed.static.combine import combine
from broadsheet.embed.static.lsi import learn_lsi
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder, quantise
from broadsheet.embed.static.word_table import CONTINUATION
from broadsheet.embed.static.words import split_words

_BATCH = 1_000
_FEWEST_PAPERS = 2  # that a known word must be in, for them to say what it means here
_FEWEST_PAPERS_NEW = 4  # the same for a word that gets its first vector
_MOST_NEW_WORDS = 20_000
_LIBRARY_DIMENSIONS = 128
_SMALL_LIBRARY = 500  # papers at which latent semantic indexing has half of its share
FEWEST_TO_JUDGE = 200
"""Papers below which nothing can be said about adapting to them."""
MOST_PAPERS = 50_000
"""Papers that say all that is needed of a library, however large."""
_MOST_JUDGED = 2_000
_FEW_JUDGED = 0.1  # of the papers: without these the trial is as good as a model of all
_FEWEST_TITLE_WORDS = 3
_WORSE_ALLOWED = 1.025
_DOUBT = 1.0  # papers' worth of trust in the vector that the word had


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether adapting helps a library.

    ``shipped`` and ``adapted`` say how well titles of held-out papers find their abstracts with
    either model: the mean log2(1 + rank), 1 where each is first, lower is better.
    """

    shipped: float
    adapted: float
    model: TokenVectorEmbedder | None
    """The adapted model; None where the library is served better by the given one."""


def iter_spread(
    papers: Iterable[tuple[str, str]], total: int, most: int = MOST_PAPERS
) -> Iterator[tuple[str, str]]:
    """Yield at most ``most`` of ``total`` papers, evenly spread over their order."""
    step = max(1.0, total / most)
    chosen = 0
    for place, paper in enumerate(papers):
        if chosen < most and place >= chosen * step:
            chosen += 1
            yield paper


def adapt(
    embedder: TokenVectorEmbedder,
    documents: Iterable[tuple[str, str]],
    *,
    share: float = 0.35,
    library_share: float = 0.2,
) -> TokenVectorEmbedder:
    """Return the embedder adapted to (title, abstract) pairs, which are all held in memory.

    ``share`` is how far a word in many papers moves: 0 not at all, 1 all the way;
    ``library_share`` what latent semantic indexing has of a similarity in a large library.
    Without words in the papers the embedder comes back as it is.  The same papers give the same
    embedder; its name differs from the given one's, so vectors of the two are never compared.
    """
    if not (0 <= share <= 1 and 0 <= library_share < 1):
        raise ValueError(f"shares must be between 0 and 1, not {share} and {library_share}")
    papers = list(documents)
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


def judge(embedder: TokenVectorEmbedder, papers: Sequence[tuple[str, str]]) -> Verdict:
    """Adapt the embedder to (title, abstract) pairs and say whether that helps them.

    It helps where, adapted to some of the papers, it finds the abstracts of others by their
    titles about as well as before: known items profit less than topics do, so a mean
    log rank up to ``_WORSE_ALLOWED`` worse is accepted.  Raises ``ValueError`` for fewer than
    ``FEWEST_TO_JUDGE`` papers.
    """
    if len(papers) < FEWEST_TO_JUDGE:
        raise ValueError(f"{len(papers)} papers: {FEWEST_TO_JUDGE} are needed to judge")
    order = np.random.default_rng(0).permutation(len(papers)).tolist()
    judged = min(_MOST_JUDGED, len(papers) // 2)
    held = [papers[place] for place in order[:judged]]
    trial = adapt(embedder, (papers[place] for place in order[judged:]))
    shipped, adapted = _mean_log_rank(embedder, held), _mean_log_rank(trial, held)
    if trial is embedder or adapted > _WORSE_ALLOWED * shipped:
        return Verdict(shipped, adapted, None)
    if judged <= _FEW_JUDGED * len(papers):
        return Verdict(shipped, adapted, trial)
    return Verdict(shipped, adapted, adapt(embedder, papers))


def _mean_log_rank(embedder: TokenVectorEmbedder, papers: list[tuple[str, str]]) -> float:
    """Return the mean log2(1 + rank), ranks from 1, of each abstract for its title, among all abstracts.

    Of a paper without a title the first third stands for it.
    """
    pairs = [_split_paper(title, abstract) for title, abstract in papers]
    queries = embedder.encode_queries([query for query, _ in pairs])
    documents = embedder.encode_documents([""] * len(pairs), [rest for _, rest in pairs])
    scores = queries @ documents.T
    ranks = (scores >= scores.diagonal()[:, None]).sum(axis=1)  # of equals, the last
    return float(np.log2(1 + ranks).mean())


def _split_paper(title: str, abstract: str) -> tuple[str, str]:
    """Return what to look for the paper by, and what is to be found."""
    if len(title.split()) >= _FEWEST_TITLE_WORDS:
        return title, abstract
    words = abstract.split()
    cut = max(1, len(words) // 3)
    return " ".join(words[:cut]), " ".join(words[cut:])


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
    uses = uses.astype(np.float32)  # a float64 would make float64 matrices of all that follows
    company = np.zeros_like(start)
    company[used] = by_token.times(vectors)
    company[used] -= uses[used, None] * vectors.mean(axis=0)
    lengths = np.linalg.norm(start, axis=1)
    usual = float(np.median(lengths[lengths > 0])) if lengths.any() else 1.0
    unknown = lengths == 0
    lengths[unknown] = usual
    trust = (share * in_papers / (in_papers + _DOUBT)).astype(np.float32)
    trust[unknown] = 1.0
    trust[in_papers < _FEWEST_PAPERS] = 0.0
    company = _with_lengths(company, lengths)
    company *= trust[:, None]
    company += (1 - trust)[:, None] * start
    return company


def _with_lengths(vectors: Vectors, lengths: NDArray[np.floating]) -> Vectors:
    """Return the rows with the given lengths; rows of zeros stay."""
    norms = np.linalg.norm(vectors, axis=1)
    return (vectors * (lengths / np.where(norms > 0, norms, 1.0))[:, None]).astype(np.float32)
