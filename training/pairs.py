"""Papers as token numbers, and batches of (short text, paper) pairs drawn from them.

Every paper is one run of token numbers; beside each token stands its part: 0 the title,
1 … the sentences of the abstract, ``SIDE`` and up its TL;DRs and its keyword list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.bag_of_words import SparseRows, _sum_entries
from broadsheet.embed.static.word_table import WordTable
from broadsheet.embed.static.words import split_words
from training.records import Paper
from training.teacher import split_sentences

SIDE = 200
_MOST_SENTENCES = 60
_FEWEST_TOKENS = 4  # in a query; shorter sentences are mostly cutting errors

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TokenStore:
    """Token numbers of all papers, and the part of its paper that each token is in."""

    starts: Ints
    tokens: NDArray[np.int32]
    parts: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def save(self, path: Path) -> None:
        """Write to one file."""
        np.savez(path, starts=self.starts, tokens=self.tokens, parts=self.parts)

    @classmethod
    def load(cls, path: Path) -> TokenStore:
        """Return what ``save`` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["starts"], arrays["tokens"], arrays["parts"])


def tokenise(text: str, table: WordTable) -> list[int]:
    """Return the token numbers of a text; unknown words by their pieces."""
    numbers: list[int] = []
    for word in split_words(text):
        row = table.row_of.get(word)
        if row is None:
            numbers.extend(table.find_piece_rows(word))
        else:
            numbers.append(row)
    return numbers


def build_store(papers: list[Paper], table: WordTable) -> TokenStore:
    """Return the papers as token numbers."""
    lengths: list[int] = []
    tokens: list[NDArray[np.int32]] = []
    parts: list[NDArray[np.uint8]] = []
    for paper in papers:
        texts = [(0, paper.title)]
        texts += enumerate(split_sentences(paper.abstract)[:_MOST_SENTENCES], 1)
        texts += enumerate(paper.tldrs[:4], SIDE)
        if paper.keywords:
            texts.append((SIDE + 10, " ".join(paper.keywords)))
        numbered = [(tokenise(text, table), part) for part, text in texts]
        row = [token for numbers, _ in numbered for token in numbers]
        tokens.append(np.array(row, dtype=np.int32))
        parts.append(
            np.repeat(
                np.array([part for _, part in numbered], dtype=np.uint8),
                [len(numbers) for numbers, _ in numbered],
            )
        )
        lengths.append(len(row))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return TokenStore(starts, np.concatenate(tokens), np.concatenate(parts))


def _gather(store: TokenStore, papers: Ints) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Return row in the batch, token number and part of every token of the papers."""
    lengths = store.starts[papers + 1] - store.starts[papers]
    rows = np.repeat(np.arange(len(papers)), lengths)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = np.repeat(store.starts[papers], lengths) + offsets
    return rows, store.tokens[places].astype(np.int64), store.parts[places]


def draw_pairs(
    store: TokenStore,
    papers: Ints,
    width: int,
    rng: np.random.Generator,
    kept_sentences: float = 1.0,
) -> tuple[SparseRows, SparseRows]:
    """Return queries and documents as token counts, a row a paper.

    The query is a TL;DR or the keywords where the paper has them (in half of the draws),
    else the title or a sentence; the document is the rest of the paper.  A title stays in the
    document half of the time that it is not the query; queries lose a token in ten, documents
    keep a sentence with probability ``kept_sentences``.
    """
    rows, tokens, parts = _gather(store, papers)
    chosen = _choose_parts(rows, parts, len(papers), rng)[rows]
    in_query = parts == chosen
    no_title = rng.random(len(papers)) < 0.5
    in_document = ~in_query & (parts < SIDE) & ~((parts == 0) & no_title[rows])
    if kept_sentences < 1:
        kept = rng.random((len(papers), 256)) < kept_sentences
        in_document &= kept[rows, parts]
    in_query &= rng.random(len(tokens)) > 0.1
    return (
        _sum_entries(rows[in_query], tokens[in_query], len(papers), width),
        _sum_entries(rows[in_document], tokens[in_document], len(papers), width),
    )


def _choose_parts(
    rows: Ints, parts: NDArray[np.uint8], height: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return for each paper the part that is the query."""
    key = rows * 256 + parts
    present, counts = np.unique(key, return_counts=True)
    part_of, row_of = (present % 256).astype(np.uint8), present // 256
    wish = rng.random(len(present))
    wish[counts < _FEWEST_TOKENS] -= 4.0
    wish[(part_of >= SIDE) & (rng.random(height) < 0.5)[row_of]] += 2.0
    wish[(part_of == 0) & (rng.random(height) < 0.45)[row_of]] += 1.0
    order = np.lexsort((wish, row_of))
    last = np.flatnonzero(np.diff(row_of[order], append=height + 1))
    chosen = np.zeros(height, dtype=np.uint8)
    chosen[row_of[order][last]] = part_of[order][last]
    return chosen
