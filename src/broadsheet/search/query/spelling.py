"""A better spelled query, from the words of the library's own titles.

Distance  insertions, deletions, replacements and swaps of neighbours count one
          each (optimal string alignment); at most 2, and 1 for words under 8.
Choice    the nearest word, of several the most frequent; a word that occurs is
          replaced only by one at least 20 times as frequent.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from broadsheet.domain.query import And, Field, Not, Or, Phrase, Query, Sequence, Word
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.spelled_words import SpelledWords

_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
_LONG = 8
"""Letters from which on two may be wrong: two of six make another word ("shadow", "Shanon")."""
_MOST_WORDS = 3
"""Words corrected in one query: each costs some milliseconds in a large library."""
_MORE_FREQUENT = 20

Dictionary = Callable[[Iterable[str], int], Mapping[str, SpelledWords]]
"""First letters and a least number of papers → the words of titles by first letter."""


def suggest(
    query: Query,
    dictionary: Dictionary,
    frequencies: Frequencies,
    rare: int,
    mended: Mapping[str, str],
) -> str:
    """Return the query with better spelled words, or "" if none is better.

    Operators and filters stay. Only words in at most ``rare`` papers are corrected; words that
    were ``mended`` already are corrected in the same way.
    """
    words = list(dict.fromkeys(_iter_words(query)))
    better = _correct_words(words, dictionary, frequencies, rare, mended)
    corrected = _replace_words(query, better | dict(mended))
    return "" if corrected == query else str(corrected)


def _iter_words(query: Query) -> Iterable[str]:
    match query:
        case Word(text) | Phrase(text) | Field("title" | "abs", text):
            yield from _LETTERS.findall(text)
        case Not(child):
            yield from _iter_words(child)
        case Sequence(children) | And(children) | Or(children):
            for child in children:
                yield from _iter_words(child)
        case _:
            pass


def _correct_words(
    words: list[str],
    dictionary: Dictionary,
    frequencies: Frequencies,
    rare: int,
    mended: Mapping[str, str],
) -> dict[str, str]:
    doubtful = [
        word
        for word in words
        if word not in mended
        and len(word) >= _SHORTEST
        and frequencies.of_word(word.lower()) <= rare
    ][:_MOST_WORDS]
    if not doubtful:
        return {}
    # A word in next to no titles is as likely misspelled itself, and most words are in so few.
    fewest = rare // 4 + 1
    letters = dict.fromkeys(letter for word in doubtful for letter in word.lower()[:2])
    known = dictionary(letters, fewest)
    near = {word: _near_words(word.lower(), known) for word in doubtful}
    frequencies.fetch_words(other for others in near.values() for other in others)
    corrections: dict[str, str] = {}
    for word, others in near.items():
        papers = frequencies.of_word(word.lower())
        for other in others:
            if not papers or frequencies.of_word(other) >= papers * _MORE_FREQUENT:
                corrections[word] = other
                break
    return corrections


def _near_words(word: str, known: Mapping[str, SpelledWords]) -> list[str]:
    """Return other words near this one: the nearest first, then the most frequent."""
    near: dict[str, None] = {}
    for distance in range(1, (1 if len(word) < _LONG else 2) + 1):
        at_distance = [
            (-papers, other)
            for letter in dict.fromkeys(word[:2])
            for other, papers in known[letter].near(word, distance)
        ]
        near |= dict.fromkeys(other for _, other in sorted(at_distance) if other != word)
    return list(near)


def _replace_words(query: Query, better: Mapping[str, str]) -> Query:
    def in_text(text: str) -> str:
        return _LETTERS.sub(lambda match: better.get(match[0], match[0]), text)

    match query:
        case Word(text):
            return Word(in_text(text))
        case Phrase(text):
            return Phrase(in_text(text))
        case Field(("title" | "abs") as name, text):
            return Field(name, in_text(text))
        case Not(child):
            return Not(_replace_words(child, better))
        case Sequence(children):
            return Sequence(tuple(_replace_words(child, better) for child in children))
        case And(children):
            return And(tuple(_replace_words(child, better) for child in children))
        case Or(children):
            return Or(tuple(_replace_words(child, better) for child in children))
        case _:
            return query
