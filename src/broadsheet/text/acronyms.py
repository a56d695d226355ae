"""Find acronyms and their long forms in the texts that introduce them.

Source  Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in
        biomedical text", PSB 2003, for definitions of the form "long form (ACRONYM)"; here
        every letter of the acronym begins a word or stands inside one, the first begins one.
"""

import re

_DEFINED = re.compile(r"\(([A-Z][A-Za-z0-9-]{0,8}[A-Z0-9])s?\)")
_WORD = re.compile(r"[^\W_]+")
_LOOKED_BACK = 120
"""Characters before the bracket in which the long form stands."""
_MORE_WORDS = 2
"""A long form may have so many words more than the acronym has letters."""


def find_acronyms(text: str) -> dict[str, str]:
    """Each acronym that ``text`` introduces, as written, with its long form.

    Linear in the length; of an acronym that is introduced twice the last counts.
    """
    if "(" not in text:
        return {}
    expansions: dict[str, str] = {}
    for match in _DEFINED.finditer(text):
        before = text[max(0, match.start() - _LOOKED_BACK) : match.start()]
        long_form = _long_form(before, match[1])
        if long_form:
            expansions[match[1]] = long_form
    return expansions


def _long_form(before: str, acronym: str) -> str:
    """The last words of ``before`` that hold the acronym's letters in order, or ""."""
    letters = [sign for sign in acronym.lower() if sign != "-"]
    most = len(letters) + _MORE_WORDS
    words = _WORD.findall(before)[-most:]
    text = " ".join(words)
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals have two small letters
        return ""
    at = len(lower)
    for number, letter in zip(range(len(letters) - 1, -1, -1), reversed(letters), strict=True):
        at = lower.rfind(letter, 0, at)
        while not number and at > 0 and lower[at - 1] != " ":
            at = lower.rfind(letter, 0, at)
        if at < 0:
            return ""
    long_form = text[at:]
    return long_form if " " in long_form and len(long_form) > len(acronym) else ""
