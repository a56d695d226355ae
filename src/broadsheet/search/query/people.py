"""People in a query: words side by side that are the full name of an author.

Rule    given names and family name, as some papers print them; at least half of the papers that
        hold these words are by someone of that name, so that "hidden markov" or "random field"
        never is one. Family names alone are left to the words: they are rare and rank as such.
Effect  what ranks by meaning leaves the name out, and the author's papers are put ahead by
        ``LEAD`` spreads of the scores; nothing is required. Evidence: docs/decisions/0019.
"""

import string
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from broadsheet.domain.query import Field, Or, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.index.port import Keys, Scores, WordIndex
from broadsheet.search.query.plan import Plan
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.names import fold_name

LEAD = 0.75
MOST_WORDS = 12
"""A longer query is a text."""
_LONGEST_NAME = 3
_SOMETIMES = 0.1
"""Every word of a name is in names in so many of the papers that hold it, one in most. Quick
to tell, so that few words are looked up as a name."""
_LOOKED_AT = 20
_SURE = 0.5


def read_names(query: Query, plan: Plan, words: WordIndex) -> tuple[Plan, list[str]]:
    """The plan with the authors that the query names, and these as typed."""
    parts = query.children if isinstance(query, SideBySide) else (query,)
    if len(parts) > MOST_WORDS:
        return plan, []
    typed = [part.text if isinstance(part, Word) else "" for part in parts]
    found: list[str] = []
    at = 0
    while at < len(typed) - 1:
        length = _name_at(typed[at : at + _LONGEST_NAME], words)
        if length:
            found.append(" ".join(typed[at : at + length]))
        at += length or 1
    if not found:
        return plan, []
    return replace(plan, authors=tuple(found), text=_without(plan.text, found)), found


def explain_names(names: Sequence[str]) -> list[str]:
    """Said of what was read as an author."""
    return [
        f"“{name}” was read as an author, whose papers are put ahead; "
        f'author:"{name}" shows no others.'
        for name in names
    ]


def lead(plan: Plan, words: WordIndex, keys: Keys, scores: Scores) -> Scores:
    """What is added to the scores of papers by the authors named, shape (n,)."""
    fields = tuple(Field("author", name) for name in plan.authors)
    by_them = words.keys(Or(fields) if len(fields) > 1 else fields[0], keys)
    spread = LEAD * float(scores.std()) if len(scores) else 0.0
    return np.where(np.isin(keys, by_them), spread, 0.0).astype(np.float32)


def _without(text: str, names: Sequence[str]) -> str:
    """A text without the words of these names where they stand side by side."""
    words = text.split()
    for name in map(str.split, names):
        at = 0
        while at < len(words):
            if words[at : at + len(name)] == name:
                del words[at : at + len(name)]
            else:
                at += 1
    return " ".join(words)


def _name_at(typed: Sequence[str], words: WordIndex) -> int:
    """How many of these words are a name, the most; 0 if none begins here."""
    typed = typed[: next((n for n, word in enumerate(typed) if not _may_be_name(word)), len(typed))]
    if len(typed) < 2:
        return 0
    shares = [_author_share(word, words) for word in typed]
    for length in range(len(typed), 1, -1):
        if min(shares[:length]) < _SOMETIMES or max(shares[:length]) < _SURE:
            continue
        by_them = _papers_by(typed[:length], words)
        held = [token.text for word in typed[:length] for token in words.tokens(word)]
        if by_them and by_them >= _SURE * words.count(None, held):
            return length
    return 0


def _author_share(word: str, words: WordIndex) -> float:
    """Of the papers that hold a word, those that have it in an author's name."""
    held = min(words.frequencies([token.text for token in words.tokens(word)]), default=0)
    return words.author_frequencies([word])[0] / held if held else 0.0


def _papers_by(name: Sequence[str], words: WordIndex) -> int:
    """Papers by those of this name, with or without further initials."""
    begin = fold_name(f"{name[-1]} {' '.join(name[:-1])}")
    found = words.names("author", begin, _LOOKED_AT)
    return sum(
        papers for shown, papers in found if _is_called(fold_name(shown).split(), begin.split())
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
