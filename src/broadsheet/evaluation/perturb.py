"""Perturb queries in the ways people mistype them; seeded.

Each perturbation takes a query and a random source and returns the query changed as its
``changes`` says, or unchanged if it has nothing of that kind. None empties a query. The same
query, name and seed always give the same text, whatever else is perturbed.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from broadsheet.evaluation.variants import SPELLINGS, SYNONYMS, other_form
from broadsheet.text.keyboard import NEIGHBOURS

_Edit = Callable[[str, random.Random], str]

_WORD = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"(?<![\w\\])[A-Za-z]{4,}(?!\w)")
_TOKEN = re.compile(r"\S*\w\S*")
_SHORT = 4
"""Letters; shorter words are mostly function words and symbols."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A named change of a query; ``changes`` describes the largest possible change."""

    name: str
    changes: str
    edit: _Edit

    def apply(self, query: str, seed: int = 0) -> str:
        """Return ``query`` perturbed; unchanged if there is nothing to perturb."""
        # Text seeds a Random by its SHA-512: the same on every machine and run.
        return self.edit(query, random.Random(f"{seed}\n{self.name}\n{query}"))


def _beside(letter: str, source: random.Random) -> str:
    key = source.choice(NEIGHBOURS[letter.lower()])
    return key.upper() if letter.isupper() else key


def _insert(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[: at + 1] + _beside(word[at], source) + word[at + 1 :]


def _delete(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _substitute(word: str, source: random.Random) -> str:
    at = source.randrange(len(word))
    return word[:at] + _beside(word[at], source) + word[at + 1 :]


def _transpose(word: str, source: random.Random) -> str:
    places = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    if not places:
        return _delete(word, source)
    at = source.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _typing_error(query: str, source: random.Random) -> str:
    edit = source.choice((_insert, _delete, _substitute, _transpose))
    return _change_one(query, _LONG_WORD, lambda word: edit(word, source), source)


def _dropped_word(query: str, source: random.Random) -> str:
    words = list(_TOKEN.finditer(query))
    if len(words) < 2:
        return query
    telling = [place for place, word in enumerate(words) if len(word[0]) >= _SHORT]
    dropped = words[source.choice(telling or range(len(words)))]
    # Drop the space before it too, or the one after it at the beginning.
    before, after = query[: dropped.start()].rstrip(), query[dropped.end() :]
    return before + after if before else after.lstrip()


def _swapped_words(query: str, source: random.Random) -> str:
    words = list(_TOKEN.finditer(query))
    pairs = [(left, right) for left, right in pairwise(words) if left[0] != right[0]]
    if not pairs:
        return query
    left, right = source.choice(pairs)
    between = query[left.end() : right.start()]
    return query[: left.start()] + right[0] + between + left[0] + query[right.end() :]


def _synonym(query: str, source: random.Random) -> str:
    def replace(word: str) -> str:
        others = SYNONYMS.get(word.lower())
        return _as_typed(word, source.choice(others)) if others else word

    return _change_one(query, _WORD, replace, source, lambda word: word.lower() in SYNONYMS)


def _spelling(query: str, source: random.Random) -> str:
    def replace(match: re.Match[str]) -> str:
        return _as_typed(match[0], SPELLINGS.get(match[0].lower(), match[0]))

    return _WORD.sub(replace, query)


def _word_form(query: str, source: random.Random) -> str:
    return _change_one(query, _LONG_WORD, lambda word: _as_typed(word, other_form(word)), source)


def _lower_case(query: str, source: random.Random) -> str:
    return query.lower()


def _upper_case(query: str, source: random.Random) -> str:
    return query.upper()


_NAMES = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
final sigma tau upsilon phi chi psi omega
"""
# In the order of Unicode. LaTeX has no macro for omicron.
_GREEK = {
    name: chr(code)
    for name, code in zip(_NAMES.split(), range(0x3B1, 0x3CA), strict=True)
    if name not in ("final", "omicron")
}
_GREEK_NAMES = {letter: name for name, letter in _GREEK.items()}
# The other capitals look like Latin ones and have no macro.
_GREEK_CAPITALS = {
    _GREEK[name].upper(): name.capitalize()
    for name in _GREEK
    if _GREEK[name].upper() in "ΓΔΘΛΞΠΣΥΦΨΩ"
}
_LETTER_NAMES = _GREEK_NAMES | _GREEK_CAPITALS
_GREEK_WORD = re.compile(rf"(?<![\w\\])(?:{'|'.join(_GREEK)})(?!\w)", re.IGNORECASE)
_GREEK_LETTER = re.compile(f"[{''.join(_LETTER_NAMES)}]")
_SYMBOL = re.compile(r"(?<![\w$\\'’])(?<!\d[.,])(?:[b-hj-zB-HJ-Z]|\d+)(?![\w$'’]|[.,]\d)")
"""A letter alone, no article or pronoun, or a whole number."""


def _symbol_of(name: str) -> str:
    letter = _GREEK[name.lower()]
    return letter.upper() if name[0].isupper() and letter.upper() in _GREEK_CAPITALS else letter


def _greek(query: str, source: random.Random) -> str:
    if _GREEK_LETTER.search(query):
        # A letter's name must not join the letters around it.
        spaced = re.sub(
            rf"(?<=\w)(?={_GREEK_LETTER.pattern})|(?<={_GREEK_LETTER.pattern})(?=\w)", " ", query
        )
        return _GREEK_LETTER.sub(lambda match: _LETTER_NAMES[match[0]].lower(), spaced)
    return _GREEK_WORD.sub(lambda match: _symbol_of(match[0]), query)


def _latex(query: str, source: random.Random) -> str:
    def emphasise(word: str) -> str:
        return source.choice((r"{{\em {}}}", r"\emph{{{}}}", r"\textbf{{{}}}")).format(word)

    marked = _SYMBOL.sub(lambda match: f"${match[0]}$", query)
    marked = _GREEK_LETTER.sub(lambda match: f"$\\{_LETTER_NAMES[match[0]]}$", marked)
    marked = _GREEK_WORD.sub(lambda match: f"$\\{_LETTER_NAMES[_symbol_of(match[0])]}$", marked)
    return _change_one(marked, _LONG_WORD, emphasise, source)


def _change_one(
    query: str,
    pattern: re.Pattern[str],
    change: Callable[[str], str],
    source: random.Random,
    eligible: Callable[[str], bool] = bool,
) -> str:
    """Change one word, drawn among those that ``change`` really changes."""
    match = [word for word in pattern.finditer(query) if eligible(word[0])]
    for word in source.sample(match, len(match)):
        changed = change(word[0])
        if changed != word[0]:
            return query[: word.start()] + changed + query[word.end() :]
    return query


def _as_typed(model: str, word: str) -> str:
    """Return ``word`` in capitals, capitalised or neither, like ``model``.

    If the capitals of ``model`` follow no such rule ("LLMs") it is a name; return it.
    """
    if model.islower():
        return word
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word.capitalize() if model.istitle() else model


PERTURBATIONS: dict[str, Perturbation] = {
    name: Perturbation(name, changes, edit)
    for name, changes, edit in (
        (
            "typing error",
            "one letter inserted, left out, replaced by one beside it on the keyboard, or two "
            "neighbours exchanged, in one word of four letters or more",
            _typing_error,
        ),
        (
            "dropped word",
            "one word left out, of four letters or more if there is any",
            _dropped_word,
        ),
        ("swapped words", "two neighbouring words exchanged", _swapped_words),
        ("synonym", "one word replaced by another of the same meaning", _synonym),
        ("spelling", "British spellings made American and American ones British", _spelling),
        ("word form", "one word in another form: singular or plural, -ing or -ed", _word_form),
        ("lower case", "every letter made lower case", _lower_case),
        ("upper case", "every letter made upper case", _upper_case),
        ("greek", "names of Greek letters written as letters, or letters as names", _greek),
        (
            "latex",
            "Greek letters as macros, single letters and numbers as formulas, one word emphasised",
            _latex,
        ),
    )
}
"""By name."""
