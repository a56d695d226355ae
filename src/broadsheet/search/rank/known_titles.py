"""A boost for papers whose title is the query, or begins with it.

Rule    the query's words are the first words of the title, in their order, letter case and
        signs aside: at least ``FEWEST`` words if they are all of the title,
        ``FEWEST_BEGUN`` if more follow.
Effect  papers with the whole title come first; papers whose title goes on get
        ``WEIGHT_OF_WORD`` spreads of the scores for each word. Evidence: docs/decisions/0021.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.query import Query
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.port import DocumentField, Scores
from broadsheet.search.rank.boosts import Pool

WEIGHT_OF_WORD = 0.4
FEWEST, FEWEST_BEGUN = 3, 4
MOST = 30
"""Words of a query that can be a title; a longer one is a text."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TitleMatches:
    """Which papers have a title, and which titles only begin with it; shape (n,) each."""

    whole: Mask
    begun: Mask


@dataclass(frozen=True)
class KnownTitle:
    """Implements ``Boost`` for one query."""

    tokens: NDArray[np.uint16]
    """Of the query, shape (m,)."""
    words: int

    name = "title"
    fields: tuple[DocumentField, ...] = ("tokens",)
    filters: tuple[Query, ...] = ()

    @classmethod
    def find(cls, text: str) -> "KnownTitle | None":
        """Return the boost for the text of a query; None if it cannot be a title."""
        words = len(text.split())
        if not FEWEST <= words <= MOST:
            return None
        tokens = default_tokeniser().encode_text(text)
        # Signs are no words.
        return cls(tokens, words) if len(tokens) >= FEWEST else None

    def match(self, papers: TokenIds) -> TitleMatches:
        """Compare with the titles of papers."""
        begun = np.zeros(len(papers), np.bool_)
        length = len(self.tokens)
        long_enough = np.flatnonzero(papers.titles >= length)
        if not len(long_enough):
            return TitleMatches(begun, begun)
        places = papers.starts[long_enough][:, np.newaxis] + np.arange(length)
        begun[long_enough] = (papers.ids[places] == self.tokens).all(axis=1)
        whole = begun & (papers.titles == length)
        return TitleMatches(whole, begun & ~whole & (length >= FEWEST_BEGUN))

    def score(self, pool: Pool, scores: Scores) -> Scores:
        matches = self.match(pool.documents.tokens)
        added = np.zeros(len(scores), np.float32)
        if not (matches.whole | matches.begun).any():
            return added
        spread = float(scores.std())
        added[matches.begun] = WEIGHT_OF_WORD * self.words * spread
        if matches.whole.any():
            lowest = float(scores[matches.whole].min())
            best = float((scores + added)[~matches.whole].max(initial=lowest))
            added[matches.whole] = best - lowest + spread
        return added

    def explain(self, pool: Pool, at: int) -> str:
        if self.match(pool.documents.tokens).whole[at]:
            return "Its title is what you typed, which puts it first."
        return "Its title begins with what you typed, which puts it ahead."
