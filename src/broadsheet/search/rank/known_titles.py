"""Queries that are the title of a paper, or its beginning: that paper is put ahead.

Rule    the query's words stand at the beginning of the title, in their order, letter case and
        signs aside: ``FEWEST`` words where they are all of it, ``FEWEST_BEGUN`` where more follow.
Effect  of the papers ranked those so titled come first, and those whose title goes on get
        ``LEAD_A_WORD`` spreads of the scores more for each word. Evidence: docs/decisions/0021.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.explanation import Titled
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.port import Scores

LEAD_A_WORD = 0.4
FEWEST, FEWEST_BEGUN = 3, 4
MOST = 30
"""Words of a query that can be a title; what is longer is a text."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TypedTitle:
    """A query as the title of a paper, or its beginning."""

    tokens: NDArray[np.uint16]
    """Shape (n,); empty where no paper can be called so."""
    words: int

    @classmethod
    def of(cls, text: str) -> "TypedTitle":
        words = len(text.split())
        tokens = np.empty(0, np.uint16)
        if FEWEST <= words <= MOST:
            tokens = default_tokeniser().encode_text(text)
        # Signs are no words.
        return cls(tokens if len(tokens) >= FEWEST else tokens[:0], words)

    def __bool__(self) -> bool:
        return len(self.tokens) > 0

    def find(self, titles: TokenIds) -> tuple[Mask, Mask]:
        """Which papers it is the title of, and of which the beginning; shape (n,) each."""
        begun = np.zeros(len(titles), np.bool_)
        length = len(self.tokens)
        long_enough = np.flatnonzero(titles.titles >= length) if length else ()
        if not len(long_enough):
            return begun, begun
        places = titles.starts[long_enough][:, np.newaxis] + np.arange(length)
        begun[long_enough] = (titles.ids[places] == self.tokens).all(axis=1)
        whole = begun & (titles.titles == length)
        return whole, begun & ~whole & (length >= FEWEST_BEGUN)

    def lead(self, titles: TokenIds, scores: Scores) -> Scores:
        """What is added to the scores of papers with these titles, shape (n,)."""
        whole, begun = self.find(titles)
        added = np.zeros(len(scores), np.float32)
        if not (whole | begun).any():
            return added
        spread = float(scores.std())
        added[begun] = LEAD_A_WORD * self.words * spread
        if whole.any():
            lowest = float(scores[whole].min())
            best = float((scores + added)[~whole].max(initial=lowest))
            added[whole] = best - lowest + spread
        return added

    def tell(self, title: TokenIds) -> Titled:
        """How it has the title of one paper."""
        whole, begun = self.find(title)
        return "whole" if whole.any() else "begun" if begun.any() else ""
