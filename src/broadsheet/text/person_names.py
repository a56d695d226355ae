"""Match the spellings of a person's name: initials, order of the names, accents, hyphens.

``name_forms``      the terms under which an index finds a printed name
``name_readings``   the terms that a typed name may be meant as
``name_phrases``    how else a typed name is looked for: as words of printed names
``spell_name``      the words of a printed name, in each of its spellings
``is_named``        whether a typed name is the full name of a printed author

A paper is by a typed name if one of its readings is a form of one of the authors, or one of its
phrases is in the words of one. So an index needs nothing but terms and phrases, and every index
gives the same answer.

Typed initials match full names in print. A full name does not match initials in print ("Kaiming
He", "K. He"), which may be anybody's. A middle initial may be missing on either side; other given
names must agree ("Min Jung Kim", "Min Ju Kim" and "Min Kim" are three people).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from broadsheet.text import wordlists
from broadsheet.text.names import given_first, is_organisation
from broadsheet.text.titles import fold

WHOLE, FAMILY = "0 ", "1 "
"""Begin a form that has all given names of the printed name, or none. No name has such a word."""
LONGEST_NAME = 6
"""Words of the longest name that is read in another order; longer ones are organisations."""
PARTICLES = wordlists.words(
    "von van vander de der den del della da di do dos du la le el al bin ibn ben ten ter zu zur "
    "af av st"
)
SUFFIXES = wordlists.words("jr sr ii iii iv")
IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")

_TWO_WORDS = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+")
_PLAIN = re.compile(r"[A-Za-z][a-z]*\.?(?: [A-Za-z][a-z]*\.?)*")
_NO_LETTER = re.compile(r"[\W_]+")
_JOINTS = re.compile(r"[-‐‑‒–'’ʼ´`]")
_TOGETHER = re.compile(r"(?<![^\W_])[A-Z]{2,3}(?![^\W_])")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

_Words = tuple[str, ...]


@lru_cache(maxsize=65_536)
def name_forms(printed: str) -> tuple[str, ...]:
    """Return the forms of a printed name, each of folded words.

    The whole name, with initials for the given names, with the first given name alone, without
    middle initials, and the family name alone if it has several words.
    """
    if _TWO_WORDS.fullmatch(printed):  # most names; saves much time
        first, last = printed.lower().split()
        return (
            f"{WHOLE}{first} {last}",
            f"{WHOLE}{first[0]} {last}",
            f"{WHOLE}{first} {last[0]}",
        )
    return tuple(dict.fromkeys(_iter_forms(printed)))


@lru_cache(maxsize=1024)
def name_readings(typed: str) -> tuple[str, ...]:
    """Return the forms that a typed name may mean; () for a text without letters."""
    return tuple(dict.fromkeys(_iter_readings(typed)))


@lru_cache(maxsize=1024)
def name_phrases(typed: str) -> tuple[str, ...]:
    """Return phrases to look for among the words of printed names.

    These are a single word, and the names of organisations, of which a part will do.
    """
    return tuple(
        " ".join(words)
        for words in spell_name(typed)
        if not 1 < len(words) <= LONGEST_NAME or is_organisation(typed)
    )


def spell_name(printed: str) -> list[_Words]:
    """Return the words of a printed name, given names first, in each of its spellings."""
    return list(map(_joined, _spellings(printed)))


@lru_cache(maxsize=65_536)
def is_named(printed: str, typed: str) -> bool:
    """Return whether ``typed`` is the full name of the printed author, in any common spelling."""
    forms = set(name_forms(printed))
    return any(
        reading in forms for reading in name_readings(typed) if not reading.startswith(FAMILY)
    )


def _iter_forms(printed: str) -> Iterator[str]:
    for tokens in _spellings(printed):
        words = _joined(tokens)
        yield WHOLE + " ".join(words)
        if not 1 < len(words) <= LONGEST_NAME:
            yield from _joined_ideographs(words)
            continue
        start = _family_start(tokens)
        yield from _forms_of(_joined(tokens[:start]), _joined(tokens[start:]))
        if start < len(tokens) - 1:
            yield from _forms_of(_joined(tokens[:-1]), tokens[-1])
        # Some print the family name first.
        whole = WHOLE if len(words) == 2 else ""
        yield whole + " ".join([*tokens[0], *_initials(_joined(tokens[1:]))])
        yield from _joined_ideographs(words)


def _forms_of(given: _Words, family: _Words) -> Iterator[str]:
    last = " ".join(family)
    if len(family) > 1:
        yield FAMILY + last
    if not given:
        return
    middle = given[1:]
    yield WHOLE + " ".join([*_initials(given), last])
    if not middle:
        return
    yield f"{given[0][0]} {last}"
    full = [word for word in middle if len(word) > 1]
    if len(full) < len(middle):
        yield " ".join([given[0], *full, last])
    if full:
        yield " ".join([given[0], *_initials(middle), last])


def _iter_readings(typed: str) -> Iterator[str]:
    for tokens in _spellings(typed):
        words = _joined(tokens)
        if not 1 < len(words) <= LONGEST_NAME:
            yield WHOLE + " ".join(words)
            yield from _joined_ideographs(words)
            continue
        for first in range(len(words)):
            reading = words[first:] + words[:first]
            yield " ".join(reading)
            yield WHOLE + " ".join(reading)
            yield from _without_middle(reading)
        yield FAMILY + " ".join(words)
        yield from _joined_ideographs(words)


def _without_middle(words: _Words) -> Iterator[str]:
    """Yield the printed names, otherwise spelled, that a name with middle names may be too."""
    first, *middle, last = words
    full = [word for word in middle if len(word) > 1]
    if len(full) < len(middle):
        yield WHOLE + " ".join([first, *full, last])
    if any(word not in PARTICLES for word in full):
        yield WHOLE + " ".join([first, *_initials(middle), last])


def _joined_ideographs(words: _Words) -> Iterator[str]:
    """Yield a Chinese, Japanese or Korean name as one word, in both orders."""
    if not words[0].isascii() and all(map(IDEOGRAPHS.fullmatch, words)):
        yield "".join(words)
        yield "".join(reversed(words))


def _spellings(name: str) -> list[tuple[_Words, ...]]:
    """Return the words of a name in each spelling, those of a hyphenated name together."""
    if _PLAIN.fullmatch(name):
        return [_without_suffix([(word,) for word in name.lower().replace(".", "").split()])]
    name = unicodedata.normalize("NFC", given_first(name))
    apart = name if name.isupper() else _TOGETHER.sub(lambda found: " ".join(found[0]), name)
    spellings = [
        _tokens_of(text, join, digraphs)
        for text, join, digraphs in product(
            dict.fromkeys([name, apart]),
            [False, True] if _JOINTS.search(name) else [False],
            [False] if name.isascii() else [False, True],
        )
    ]
    return list(dict.fromkeys(filter(None, spellings)))


def _tokens_of(text: str, join: bool, digraphs: bool) -> tuple[_Words, ...]:
    if join:
        text = _JOINTS.sub("", text)
    if digraphs:
        text = text.lower().translate(_DIGRAPHS)
    apart = fold(text).replace(".", " ")  # "J.P. Roe" has three words
    tokens = [tuple(_NO_LETTER.sub(" ", token).split()) for token in apart.split()]
    return _without_suffix([token for token in tokens if token])


def _without_suffix(tokens: list[_Words]) -> tuple[_Words, ...]:
    return tuple(tokens[:-1] if len(tokens) > 2 and tokens[-1][0] in SUFFIXES else tokens)


def _family_start(tokens: Sequence[_Words]) -> int:
    """Return where the family name begins, with its particles."""
    start = len(tokens) - 1
    while start > 1 and tokens[start - 1][0] in PARTICLES:
        start -= 1
    return start


def _joined(tokens: Sequence[_Words]) -> _Words:
    return tuple([word for token in tokens for word in token])


def _initials(words: Sequence[str]) -> list[str]:
    return [word[0] for word in words]
