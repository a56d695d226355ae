"""Queries as they were meant: mistyped words mended, LaTeX read as text.

A word of letters that no paper holds, and that is no known word, is taken for the word
one slip away (a letter inserted, left out, replaced, or exchanged with its neighbour)
that most papers hold. That one then ranks in its place; what is required of papers
(phrases, fields) is left as typed.
"""

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from broadsheet.search.query.plan import Plan
from broadsheet.text.analysis import STOP_WORDS, Token
from broadsheet.text.latex.plain_text import to_text

SHORTEST = 4
MOST_WORDS = 3
"""Mended in one query: each costs some milliseconds in a large library."""

Tokens = Callable[[str], Sequence[Token]]
Frequencies = Callable[[Sequence[str]], Sequence[int]]


def read_markup(text: str) -> str:
    r"""``text`` with LaTeX made readable; as it is where it has neither \\ nor two $."""
    return to_text(text) if "\\" in text or text.count("$") > 1 else text


def mend(
    plan: Plan, tokens: Tokens, frequencies: Frequencies, is_word: Callable[[str], bool]
) -> Plan:
    """The plan with mistyped words mended; ``Plan.mended`` says what each was taken for.

    ``is_word`` tells (in lower case) what is well spelled, whether a paper holds it or not.
    """
    terms = dict(plan.terms)
    taken: dict[str, str] = {}
    for word in dict.fromkeys(plan.text.split()):
        bare = word.strip(string.punctuation)
        found = [token.text for token in tokens(bare)]
        if len(found) != 1 or found[0] not in terms or not _can_be_mistyped(bare):
            continue
        if len(taken) >= MOST_WORDS or any(frequencies(found)) or is_word(bare.lower()):
            continue
        better, term = _best(bare.lower(), tokens, frequencies)
        if better:
            taken[bare] = better
            terms[term] = terms.get(term, 0.0) + terms.pop(found[0])
    if not taken:
        return plan
    words = (_taken_for(word, taken) for word in plan.text.split())
    return replace(plan, terms=terms, text=" ".join(words), mended=taken)


def explain_mending(plan: Plan) -> list[str]:
    """Said of words that were not searched as typed."""
    return [
        f"No paper holds “{word}”; “{better}” was ranked by."
        for word, better in plan.mended.items()
    ]


def _can_be_mistyped(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and word.lower() not in STOP_WORDS


def _taken_for(word: str, taken: dict[str, str]) -> str:
    bare = word.strip(string.punctuation)
    return word.replace(bare, taken[bare]) if bare in taken else word


def _best(word: str, tokens: Tokens, frequencies: Frequencies) -> tuple[str, str]:
    """The word one slip away that most papers hold, and its term; of equals the first."""
    close = [
        (other, found[0].text)
        for other in dict.fromkeys(_iter_slips(word))
        if len(found := tokens(other)) == 1
    ]
    counts = frequencies([term for _, term in close])
    most = max(counts, default=0)
    return close[list(counts).index(most)] if most else ("", "")


def _iter_slips(word: str) -> Iterator[str]:
    """All words one slip away, exchanged neighbours first: the commonest slip."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
    for letter in string.ascii_lowercase:
        for at in range(len(word) + 1):
            yield word[:at] + letter + word[at:]
        for at in range(len(word)):
            yield word[:at] + letter + word[at + 1 :]
