"""A better spelled query, from the words of the library's own titles.

Distance  insertions, deletions, replacements and swaps of neighbours count one
          each (optimal string alignment); at most 2, and 1 for words under 8.
Choice    the nearest word, of several the most frequent; a word that occurs is
          replaced only by one at least 20 times as frequent.
"""

import re
from collections.abc import Callable, Mapping

from broadsheet.domain.query import And, Field, Not, Or, Phrase, Query, Sequence, Word
from broadsheet.index.spelled_words import SpelledWords

Frequency = Callable[[str], int]

_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
_LONG = 8
"""Letters from which on two may be wrong: two of six make another word ("shadow", "Shanon")."""
_MOST_WORDS = 3
"""Looking for one costs some milliseconds in a large library."""
_MORE_FREQUENT = 20


Spelled = Callable[[str, int], SpelledWords]


class SpellingAdviser:
    """Suggests for one query; ``spelled`` gives the words with some first letter that some
    number of papers have, ``frequency`` in how many papers a word occurs in any of its forms."""

    def __init__(
        self,
        spelled: Spelled,
        frequency: Frequency,
        rare: int = 2,
        mended: Mapping[str, str] | None = None,
    ) -> None:
        """Only words in at most ``rare`` papers are thought to be misspelled; of those that
        were ``mended`` already the same is suggested."""
        self._spelled = spelled
        self._frequency = frequency
        self._rare = rare
        self._mended_words = mended or {}
        self._left = _MOST_WORDS

    def suggest(self, query: Query) -> str:
        """The query with better words, operators and filters kept; "" if none is better."""
        better = self._mended(query)
        return "" if better == query else str(better)

    def _mended(self, query: Query) -> Query:
        match query:
            case Word(text):
                return Word(self._text(text))
            case Phrase(text):
                return Phrase(self._text(text))
            case Field(("title" | "abs") as name, text):
                return Field(name, self._text(text))
            case Not(child):
                return Not(self._mended(child))
            case Sequence(children):
                return Sequence(tuple(self._mended(child) for child in children))
            case And(children):
                return And(tuple(self._mended(child) for child in children))
            case Or(children):
                return Or(tuple(self._mended(child) for child in children))
            case _:
                return query

    def _text(self, text: str) -> str:
        return _LETTERS.sub(lambda found: self._word(found[0]), text)

    def _word(self, word: str) -> str:
        if word in self._mended_words:
            return self._mended_words[word]
        lower = word.lower()
        known = self._frequency(lower)
        if len(lower) < _SHORTEST or known > self._rare or self._left <= 0:
            return word
        self._left -= 1
        most = 1 if len(lower) < _LONG else 2
        # A word in next to no titles is as likely misspelled itself, and there are most of those.
        fewest = self._rare // 4 + 1
        words = [self._spelled(letter, fewest) for letter in dict.fromkeys(lower[:2])]
        for wrong in range(1, most + 1):
            near = [(-count, other) for some in words for other, count in some.near(lower, wrong)]
            for _, other in sorted(near):
                if other != lower and (
                    not known or self._frequency(other) >= known * _MORE_FREQUENT
                ):
                    return other
        return word
