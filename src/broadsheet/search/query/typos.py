"""Queries as they were meant: mistyped words corrected, LaTeX read as text.

A word of letters that no paper has, and that is no known word, is replaced by the word one slip
away (a letter inserted, left out, replaced, or exchanged with its neighbour) that most papers
have. That one then ranks in its place. Required parts (phrases, fields) stay as typed.
"""

import string
from collections.abc import Iterator
from dataclasses import replace

from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.plan import QueryPlan
from broadsheet.text import words
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.latex.plain_text import to_text

SHORTEST = 4
MOST_WORDS = 3
"""Words corrected in one query: each costs some milliseconds in a large library."""


def read_markup(text: str) -> str:
    r"""Return ``text`` with LaTeX made readable; unchanged without \\ or a pair of $."""
    return to_text(text) if "\\" in text or text.count("$") > 1 else text


def mend(plan: QueryPlan, frequencies: Frequencies) -> QueryPlan:
    """Return the plan with mistyped words corrected; ``QueryPlan.mended`` has the corrections."""
    mistyped = _find_mistyped(plan, frequencies)
    if not mistyped:
        return plan
    slips = {word: _read_slips(word.lower()) for word in mistyped}
    frequencies.fetch(term for near in slips.values() for _, term in near)
    terms = dict(plan.terms)
    corrections: dict[str, str] = {}
    for word, near in slips.items():
        # Of equally frequent words the first: exchanged letters are the commonest slip.
        better, term = max(near, key=lambda pair: frequencies.of(pair[1]), default=("", ""))
        if better and frequencies.of(term):
            corrections[word] = better
            terms[term] = terms.get(term, 0.0) + terms.pop(mistyped[word])
    if not corrections:
        return plan
    typed = (_correct(word, corrections) for word in plan.text.split())
    return replace(plan, terms=terms, text=" ".join(typed), mended=corrections)


def explain_mending(plan: QueryPlan) -> list[str]:
    """Return notes on words that were not searched as typed."""
    return [
        f"No paper holds “{word}”; “{better}” was ranked by."
        for word, better in plan.mended.items()
    ]


def _find_mistyped(plan: QueryPlan, frequencies: Frequencies) -> dict[str, str]:
    """Return the first words that must be typing errors, each with its term."""
    mistyped: dict[str, str] = {}
    tokeniser = default_tokeniser()
    for word in dict.fromkeys(plan.text.split()):
        bare = word.strip(string.punctuation)
        terms = words.terms(bare)
        if len(terms) != 1 or terms[0] not in plan.terms or not _can_be_mistyped(bare):
            continue
        if len(mistyped) >= MOST_WORDS or frequencies.of(terms[0]) or tokeniser.knows(bare.lower()):
            continue
        if terms[0] not in mistyped.values():
            mistyped[bare] = terms[0]
    return mistyped


def _can_be_mistyped(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and word.lower() not in STOP_WORDS


def _correct(word: str, corrections: dict[str, str]) -> str:
    bare = word.strip(string.punctuation)
    return word.replace(bare, corrections[bare]) if bare in corrections else word


def _read_slips(word: str) -> list[tuple[str, str]]:
    """Return the words one slip away, each with its term."""
    return [
        (other, terms[0])
        for other in dict.fromkeys(_iter_slips(word))
        if len(terms := words.terms(other)) == 1
    ]


def _iter_slips(word: str) -> Iterator[str]:
    """Yield all words one slip away, exchanged neighbours first."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
    for letter in string.ascii_lowercase:
        for at in range(len(word) + 1):
            yield word[:at] + letter + word[at:]
        for at in range(len(word)):
            yield word[:at] + letter + word[at + 1 :]
