"""Words of a text with their places, as the index makes them, but quickly.

Tantivy's analyser builds an object a word, which is slow from Python; a page of
results has thousands of words, few of them different. So the text is cut here,
at the same places, and the analyser is asked once for each different word.
"""

import re

from broadsheet.backends.embedded.word_schema import make_analyser
from broadsheet.search.analysis import RANKED, Token, fold

_WORD = re.compile(r"[^\W_]+")
# Scripts with vowel signs, which are part of a word to Tantivy but not to ``re``.
_SIGNS = re.compile(r"[\u0300-\u036F\u0590-\u1DFF]")
_MOST_WORDS = 200_000


class WordCutter:
    """Thread-safe: what two threads learn at once, they learn alike."""

    def __init__(self) -> None:
        self._analyser = make_analyser(RANKED)
        self._known: dict[str, str] = {}

    def tokens(self, text: str) -> list[Token]:
        """The words of ``text`` in order; those too long to be indexed are left out."""
        text = fold(text)
        if _SIGNS.search(text):
            return self._by_analyser(text)
        known = self._known
        found: list[Token] = []
        for match in _WORD.finditer(text):
            word = match[0]
            term = known.get(word)
            if term is None:
                term = self._learn(word)
            if term:
                found.append(Token(term, match.start(), match.end()))
        return found

    def terms(self, text: str) -> set[str]:
        """The different words of ``text``, as indexed; much faster than with places."""
        text = fold(text)
        if _SIGNS.search(text):
            return {token.text for token in self._by_analyser(text)}
        words = set(_WORD.findall(text))
        try:
            return set(map(self._known.__getitem__, words))
        except KeyError:
            return {self._known.get(word) or self._learn(word) for word in words}

    def _learn(self, word: str) -> str:
        if len(self._known) >= _MOST_WORDS:
            self._known.clear()
        terms = self._analyser.analyze(word)
        term = self._known[word] = terms[0] if terms else ""
        return term

    def _by_analyser(self, text: str) -> list[Token]:
        # Its places are in bytes of UTF-8.
        place = [at for at, sign in enumerate(text) for _ in range(len(sign.encode()))]
        place.append(len(text))
        return [
            Token(token.text, place[token.char_offset_from], place[token.char_offset_to])
            for token in self._analyser.pre_tokenize(text).tokens
        ]
