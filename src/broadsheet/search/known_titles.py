"""Queries that are the title of a paper, or its beginning: that paper is put ahead.

Rule    the query's words stand at the beginning of the title, in their order, letter case and
        signs aside: ``FEWEST`` words where they are all of it, ``FEWEST_BEGUN`` where more follow.
Effect  of the papers ranked those so titled come first, and those whose title goes on get
        ``LEAD_A_WORD`` spreads of the scores more for each word. Evidence: docs/decisions/0021.
"""

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.explanation import Titled
from broadsheet.embed.default import default_tokeniser
from broadsheet.embed.token_ids import TokenIds
from broadsheet.search.ports import Scores

LEAD_A_WORD = 0.4
FEWEST, FEWEST_BEGUN = 3, 4
MOST = 30
"""Words of a query that can be a title; what is longer is a text."""

Mask = NDArray[np.bool_]


def may_be_title(text: str) -> bool:
    """Whether the words of a query are so many that some paper may be called so."""
    return FEWEST <= len(text.split()) <= MOST


def find_titled(text: str, papers: TokenIds) -> tuple[Mask, Mask]:
    """Which papers have the text as their title, and which as its beginning; shape (n,) each."""
    begun = np.zeros(len(papers), np.bool_)
    typed = default_tokeniser().encode_text(text) if may_be_title(text) else ()
    length = len(typed)
    if length < FEWEST:  # signs are no words
        return begun, begun
    long_enough = np.flatnonzero(papers.titles >= length)
    places = papers.starts[long_enough][:, np.newaxis] + np.arange(length)
    begun[long_enough] = (papers.ids[places] == typed).all(axis=1)
    whole = begun & (papers.titles == length)
    return whole, begun & ~whole & (length >= FEWEST_BEGUN)


def title_lead(text: str, papers: TokenIds, scores: Scores) -> Scores:
    """What is added to the scores of ``papers``, shape (n,)."""
    whole, begun = find_titled(text, papers)
    if not len(scores):
        return scores
    spread = float(scores.std())
    added: Scores = (LEAD_A_WORD * len(text.split()) * spread * begun).astype(np.float32)
    if whole.any():
        lowest = float(scores[whole].min())
        best = float((scores + added)[~whole].max(initial=lowest))
        added[whole] = best - lowest + spread
    return added


def tell_titled(text: str, paper: TokenIds) -> Titled:
    """How the query has the title of one paper."""
    whole, begun = find_titled(text, paper)
    return "whole" if whole.any() else "begun" if begun.any() else ""
