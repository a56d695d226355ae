"""People in a query: words side by side that are the full name of an author.

Rule    given names and family name, as some papers print them; at least half of the papers that
        have these words are by someone of that name, so that "hidden markov" or "random field"
        never is one. Family names alone are left to the words: they are rare and rank as such.
Effect  ranking by meaning leaves the name out, and the author's papers are put ahead
        (``rank.boosts.NamedAuthors``); nothing is required. Evidence: docs/decisions/0019.
"""

import string
from collections.abc import Sequence
from dataclasses import replace

from broadsheet.domain.query import Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.index.port import CompletionRequest, Counted, IndexSnapshot, Selection
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.plan import QueryPlan
from broadsheet.text import words
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.names import fold_name

MOST_WORDS = 12
"""A longer query is a text."""
_LONGEST_NAME = 3
_SOMETIMES = 0.1
"""Least share of the papers with a word that have it in a name: every word of a name must reach
this, and one of them ``_SURE``. Quick to tell, so that few names are looked up."""
_AUTHORS_CHECKED = 20
_SURE = 0.5


def read_names(
    query: Query, plan: QueryPlan, snapshot: IndexSnapshot, frequencies: Frequencies
) -> tuple[QueryPlan, list[str]]:
    """Return the plan with the authors that the query names, and these as typed."""
    parts = query.children if isinstance(query, SideBySide) else (query,)
    if len(parts) > MOST_WORDS:
        return plan, []
    typed = [part.text if isinstance(part, Word) else "" for part in parts]
    possible = [
        typed[at : at + length]
        for at in range(len(typed))
        for length in _possible_lengths(typed[at : at + _LONGEST_NAME], frequencies)
    ]
    full_names = _check_names(possible, snapshot)
    names: list[str] = []
    at = 0
    while at < len(typed) - 1:
        lengths = range(_LONGEST_NAME, 1, -1)
        length = next((n for n in lengths if tuple(typed[at : at + n]) in full_names), 0)
        if length:
            names.append(" ".join(typed[at : at + length]))
        at += length or 1
    if not names:
        return plan, []
    return replace(plan, authors=tuple(names), text=_without(plan.text, names)), names


def explain_names(names: Sequence[str]) -> list[str]:
    """Return notes on words that were read as an author."""
    return [
        f"“{name}” was read as an author, whose papers are put ahead; "
        f'author:"{name}" shows no others.'
        for name in names
    ]


def _without(text: str, names: Sequence[str]) -> str:
    """Return a text without these names, if their words are next to each other."""
    left = text.split()
    for name in map(str.split, names):
        at = 0
        while at < len(left):
            if left[at : at + len(name)] == name:
                del left[at : at + len(name)]
            else:
                at += 1
    return " ".join(left)


def _possible_lengths(typed: Sequence[str], frequencies: Frequencies) -> list[int]:
    """Return how many of the first words may be one name."""
    typed = typed[: next((n for n, word in enumerate(typed) if not _may_be_name(word)), len(typed))]
    if len(typed) < 2:
        return []
    shares = [frequencies.author_share(word) for word in typed]
    return [
        length
        for length in range(2, len(typed) + 1)
        if min(shares[:length]) >= _SOMETIMES and max(shares[:length]) >= _SURE
    ]


def _check_names(
    possible: Sequence[Sequence[str]], snapshot: IndexSnapshot
) -> set[tuple[str, ...]]:
    """Return those that are names of the authors of most papers that have these words."""
    if not possible:
        return set()
    begins = [fold_name(f"{name[-1]} {' '.join(name[:-1])}") for name in possible]
    authors = snapshot.complete(
        [CompletionRequest("author", begin, _AUTHORS_CHECKED) for begin in begins]
    )
    with_words = snapshot.count(
        [Selection(terms=tuple(words.terms(" ".join(name)))) for name in possible]
    )
    return {
        tuple(name)
        for name, begin, known, papers in zip(possible, begins, authors, with_words, strict=True)
        if (by_them := _papers_by(begin, known)) and by_them >= _SURE * papers
    }


def _papers_by(begin: str, authors: Counted) -> int:
    """Return the papers by authors of this name, with or without further initials."""
    return sum(
        papers for shown, papers in authors if _is_called(fold_name(shown).split(), begin.split())
    )


def _is_called(printed: Sequence[str], begin: Sequence[str]) -> bool:
    """Whether a printed name, family name last, is ``begin`` (family name first) or longer."""
    turned = [*printed[-1:], *printed[:-1]]
    return turned[: len(begin)] == begin


def _may_be_name(word: str) -> bool:
    bare = word.replace("-", "").replace(".", "").replace("'", "")
    return (
        bool(bare) and bare.isalpha() and word.lower().strip(string.punctuation) not in STOP_WORDS
    )
