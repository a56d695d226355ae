"""Queries that are the title of a paper, or its beginning: that paper is put ahead.

Rule    the query's words stand at the beginning of the title, in their order, letter case and
        signs aside: ``FEWEST`` words where they are all of it, ``FEWEST_BEGUN`` where more follow.
Effect  of the ``LOOKED_AT`` best papers those so titled get ``LEAD`` spreads of the scores more,
        or ``LEAD_BEGUN``. Evidence: docs/decisions/0021.
"""

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.default import default_tokeniser
from broadsheet.embed.token_ids import TokenIds
from broadsheet.search.ports import Scores

LEAD, LEAD_BEGUN = 1.5, 1.0
FEWEST, FEWEST_BEGUN = 3, 4
MOST = 30
"""Words of a query that can be a title; what is longer is a text."""
LOOKED_AT = 100

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
    for at in np.flatnonzero(papers.titles >= length).tolist():
        start = papers.starts[at]
        begun[at] = np.array_equal(papers.ids[start : start + length], typed)
    whole = begun & (papers.titles == length)
    return whole, begun & ~whole & (length >= FEWEST_BEGUN)


def title_lead(text: str, papers: TokenIds, scores: Scores) -> Scores:
    """What is added to ``scores``, shape (n,), of which those of ``papers`` are the first."""
    added = np.zeros(len(scores), np.float32)
    if not len(papers):
        return added
    whole, begun = find_titled(text, papers)
    added[: len(papers)] = (LEAD * whole + LEAD_BEGUN * begun) * float(scores.std())
    return added


def explain_title(text: str, paper: TokenIds) -> list[str]:
    """Said of one paper that the query puts ahead so."""
    whole, begun = find_titled(text, paper)
    what = "is" if whole.any() else "begins with" if begun.any() else ""
    return [f"Its title {what} what you typed, which puts it ahead."] if what else []
