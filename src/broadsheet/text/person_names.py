"""Match the spellings of a person's name: initials, order of the names, accents, hyphens.

``name_forms``     the forms under which an index finds a printed name
``name_readings``  the forms that a typed name may be meant as
``is_named``       whether a typed name is the full name of a printed author

A paper is by a typed name if the words of one of its readings stand next to each other in one of
the forms of one author. So an index needs nothing but phrases, and every index gives the same
answer. Two full names with other given names never match ("Min Jung Kim", "Min Ju Kim"), nor does
a full name match initials in print ("Kaiming He", "K. He"), which may be anybody's; typed
initials match full names. A middle initial may be missing on either side.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from broadsheet.text.names import given_first
from broadsheet.text.titles import fold

AS_PRINTED = "0"
"""The first word of a form that is the whole printed name; no name has this word."""
LONGEST_NAME = 6
"""Words of the longest name that is read in another order; longer ones are organisations."""

_PLAIN = re.compile(r"[A-Za-z][a-z]*\.?(?: [A-Za-z][a-z]*\.?)*")
_TWO_WORDS = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+")
_NO_LETTER = re.compile(r"[\W_]+")
_JOINTS = re.compile(r"[-‐‑‒–'’ʼ´`]")
_TOGETHER = re.compile(r"(?<![^\W_])[A-Z]{2,3}(?![^\W_])")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv"])
PARTICLES = frozenset(
    "von van vander de der den del della da di do dos du la le el al bin ibn ben ten ter zu zur "
    "af av st".split()
)
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")

_Words = tuple[str, ...]


@lru_cache(maxsize=65_536)
def name_forms(printed: str) -> tuple[str, ...]:
    """Return the forms of a printed name, each a text of folded words.

    The whole name begins with ``AS_PRINTED``. Further forms have initials for the given names,
    the first given name alone, or no middle initials.
    """
    if _TWO_WORDS.fullmatch(printed):  # most names; saves much time
        first, last = printed.lower().split()
        return (f"{AS_PRINTED} {first} {last}", f"{first[0]} {last}", f"{first} {last[0]}")
    return tuple(map(" ".join, dict.fromkeys(_iter_forms(printed))))


@lru_cache(maxsize=1024)
def name_readings(typed: str) -> tuple[str, ...]:
    """Return what a typed name may mean: phrases to look for among ``name_forms``.

    () for a text without letters.
    """
    return tuple(map(" ".join, dict.fromkeys(_iter_readings(typed))))


@lru_cache(maxsize=65_536)
def is_named(printed: str, typed: str) -> bool:
    """Return whether ``typed`` is the full name of the printed author, in any common spelling."""
    forms = set(name_forms(printed))
    return any(
        reading in forms or f"{AS_PRINTED} {reading}" in forms for reading in name_readings(typed)
    )


def _iter_forms(printed: str) -> Iterator[_Words]:
    for words in _spellings(printed):
        yield (AS_PRINTED, *words)
        if len(words) < 2 or len(words) > LONGEST_NAME:
            continue
        start = _family_start(words)
        yield from _forms_of(words[:start], words[start:])
        if start < len(words) - 1:
            yield from _forms_of(words[:-1], words[-1:])
        # Some print the family name first.
        yield (words[0], *_initials(words[1:]))
        yield from _joined_ideographs(words)


def _forms_of(given: _Words, family: _Words) -> Iterator[_Words]:
    yield (*_initials(given), *family)
    middle = given[1:]
    if not middle:
        return
    yield (given[0][0], *family)
    full = tuple([word for word in middle if len(word) > 1])
    if full != middle:
        yield (given[0], *full, *family)
    if full:
        yield (given[0], *_initials(middle), *family)


def _iter_readings(typed: str) -> Iterator[_Words]:
    for words in _spellings(typed):
        if not 1 < len(words) <= LONGEST_NAME:
            yield words
            continue
        for first in range(len(words)):
            given_first_words = words[first:] + words[:first]
            yield given_first_words
            yield from _without_middle(given_first_words)
        yield from _joined_ideographs(words)


def _joined_ideographs(words: _Words) -> Iterator[_Words]:
    """Yield a Chinese, Japanese or Korean name as one word, in both orders."""
    if not words[0].isascii() and all(map(_IDEOGRAPHS.fullmatch, words)):
        yield ("".join(words),)
        yield ("".join(reversed(words)),)


def _without_middle(words: _Words) -> Iterator[_Words]:
    """Yield the printed names, otherwise spelled, that a name with middle names may be too."""
    first, *middle, last = words
    full = [word for word in middle if len(word) > 1]
    if len(full) < len(middle):
        yield (AS_PRINTED, first, *full, last)
    if any(word not in PARTICLES for word in full):
        yield (AS_PRINTED, first, *_initials(middle), last)


def _spellings(name: str) -> list[_Words]:
    """Return the words of a name, given names first, in each of its spellings."""
    if _PLAIN.fullmatch(name):
        return [_without_suffix(name.lower().replace(".", "").split())]
    name = unicodedata.normalize("NFC", given_first(name))
    parted = [name]
    if not name.isupper() and (apart := _TOGETHER.sub(lambda found: " ".join(found[0]), name)) != name:
        parted.append(apart)
    joined = [_NO_LETTER, _JOINTS] if _JOINTS.search(name) else [_NO_LETTER]
    accented = [False, True] if not name.isascii() else [False]
    spellings = [
        _words_of(text, joints is _JOINTS, digraphs)
        for text, joints, digraphs in product(parted, joined, accented)
    ]
    return list(dict.fromkeys(filter(None, spellings)))


def _words_of(text: str, join: bool, digraphs: bool) -> _Words:
    if join:
        text = _JOINTS.sub("", text)
    if digraphs:
        text = text.lower().translate(_DIGRAPHS)
    return _without_suffix(_NO_LETTER.sub(" ", fold(text)).split())


def _without_suffix(words: Sequence[str]) -> _Words:
    return tuple(words[:-1] if len(words) > 2 and words[-1] in _SUFFIXES else words)


def _family_start(words: _Words) -> int:
    """Return where the family name begins, with its particles."""
    start = len(words) - 1
    while start > 1 and words[start - 1] in PARTICLES:
        start -= 1
    return start


def _initials(words: Sequence[str]) -> _Words:
    return tuple([word[0] for word in words])
