"""Acronyms in a query, offered in their other form.

What stands for what is learned from the library: an abstract that says "long form (LF)" puts
both into the index. Readers are offered a search for either form; nothing is added to a
ranking unasked, since that lost more than it won (docs/decisions/0018).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from broadsheet.domain.query import Or, Phrase, Query, Word
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.domain.search import OtherForm
from broadsheet.text.analysis import Token

Tokens = Callable[[str], Sequence[Token]]
LongForms = Callable[[str], Sequence[tuple[str, int]]]
Frequencies = Callable[[Sequence[str]], Sequence[int]]

MOST_WORDS = 8
"""A longer query says enough."""
_LONGEST_ACRONYM = 10
_LONGEST_FORM = 5
_FEWEST_PAPERS = 2
"""That introduce an acronym, before it is believed."""
_SHARE = 0.1
"""Of the papers with a word in small letters, those that introduce it as an acronym. In 60,000
papers: .57 for "gan", .43 for "svm", .03 for "cat", .01 for "map"."""
_OFTEN = 0.25
"""Of the papers that introduce an acronym, those for one long form, before it is offered."""
_USUAL = 0.1
"""Of the papers with a long form, those that spell it one way, before it is so shown."""


def other_forms(
    query: Query, tokens: Tokens, long_forms: LongForms, frequencies: Frequencies
) -> tuple[OtherForm, ...]:
    """What words of the query are also written as, in the order of the query.

    ``long_forms`` gives what an acronym in small letters stands for, with the papers that say so.
    """
    parts = query.children if isinstance(query, SideBySide) else (query,)
    if len(parts) > MOST_WORDS:
        return ()
    known = _Known(tokens, long_forms, frequencies)
    found: list[OtherForm] = []
    at = 0
    while at < len(parts):
        typed, length, others = _forms_at(parts[at:], known)
        for other, papers in others:
            either = Or((typed, other))
            whole = (*parts[:at], either, *parts[at + length :])
            asked = str(SideBySide(whole) if len(whole) > 1 else either)
            found.append(OtherForm(typed.text, other.text, papers, asked))
        at += length
    return tuple(found)


class _Known:
    """What the library has learned, asked for once a word."""

    def __init__(self, tokens: Tokens, long_forms: LongForms, frequencies: Frequencies) -> None:
        self._tokens = tokens
        self._long_forms = long_forms
        self._frequencies = frequencies

    def stems(self, text: str) -> tuple[str, ...]:
        return tuple(token.text for token in self._tokens(text))

    def long_forms(self, acronym: str) -> list[tuple[str, int]]:
        """What many papers say it stands for, with these papers, the most first."""
        spellings: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for text, papers in self._long_forms(acronym.lower()):
            spellings[self.stems(text)][text] = papers
        totals = [(sum(each.values()), each) for each in spellings.values()]
        fewest = max(_FEWEST_PAPERS, _OFTEN * sum(total for total, _ in totals))
        often = [(_usual(each), total) for total, each in totals if total >= fewest]
        return sorted(often, key=lambda pair: (-pair[1], pair[0]))

    def frequency(self, word: str) -> int:
        return min(self._frequencies(self.stems(word)), default=0)


def _usual(spellings: dict[str, int]) -> str:
    """The spelling with the fewest capitals that is not rare; of these the most frequent."""
    fewest = _USUAL * sum(spellings.values())
    usual = [text for text, papers in spellings.items() if papers >= fewest]
    return min(usual or spellings, key=lambda text: (sum(map(str.isupper, text)), -spellings[text]))


def _forms_at(
    parts: Sequence[Query], known: _Known
) -> tuple[Word | Phrase, int, list[tuple[Word | Phrase, int]]]:
    """What begins the parts, how many of them it is, and its other forms with their papers."""
    words = []
    for part in parts[:_LONGEST_FORM]:
        if not (isinstance(part, Word) and part.text.replace("-", "").isalnum()):
            break
        words.append(part.text)
    for length in range(len(words), 1, -1):
        initials = "".join(word[0] for word in words[:length]).lower()
        if known.frequency(initials) < _FEWEST_PAPERS:
            continue
        text = " ".join(words[:length])
        for other, papers in known.long_forms(initials):
            if known.stems(other) == known.stems(text):
                return Phrase(text), length, [(Word(initials.upper()), papers)]
    if not words or not 2 <= len(words[0]) <= _LONGEST_ACRONYM:
        return Word(words[0] if words else ""), 1, []
    plural = words[0].endswith("s") and words[0][:-1].isupper()
    acronym = words[0][:-1] if plural else words[0]
    fewest = 0.0 if sum(map(str.isupper, acronym)) > 1 else _SHARE * known.frequency(acronym)
    found = [(Phrase(text), n) for text, n in known.long_forms(acronym) if n >= fewest]
    return Word(words[0]), 1, [*found]
