"""Words of a text with their places, as the index makes them, but quickly.

Tantivy's analyser builds an object a word, which is slow from Python; a page of
results has thousands of words, few of them different. So the text is cut here,
at the same places, and the analyser is asked once for each different word.
"""

import re
import threading
from collections.abc import Callable, Collection
from functools import partial
from operator import attrgetter

from broadsheet.backends.embedded.word_schema import make_analyser
from broadsheet.search.analysis import RANKED, Token, fold

_WORD = re.compile(r"[^\W_]+")
_NO_LETTER = re.compile(r"[\W_]")
# Scripts with vowel signs, which are part of a word to Tantivy but not to ``re``.
_SIGNS = re.compile(r"[\u0300-\u036F\u0590-\u1DFF]")
# Makes a space of what is no letter or digit; as bytes, far faster than ``re`` or ``str``.
_SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
_MOST_WORDS = 200_000


class WordCutter:
    """Thread-safe."""

    def __init__(self) -> None:
        self._analyser = make_analyser(RANKED)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        """The term of each word seen."""
        self._forms: dict[str, tuple[str, ...]] = {}
        """The words seen of each term."""

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

    def terms(self, text: str) -> list[str]:
        """The words of ``text`` as indexed, in order, without their places."""
        text = fold(text)
        spaced = _spaced(text)
        if spaced is None:
            return [token.text for token in self._by_analyser(text)]
        words = spaced.split()
        known = self._known
        found = [known.get(word) for word in words]
        if None in found:
            found = [self._learn(w) if t is None else t for w, t in zip(words, found, strict=True)]
        return [term for term in found if term]

    def find(self, text: str, terms: Collection[str]) -> list[Token]:
        """The words of ``text`` indexed as one of ``terms``, in order.

        Each different word is looked up once, and only those found are placed.
        """
        text = fold(text)
        spaced = _spaced(text)
        if spaced is None:
            return [token for token in self._by_analyser(text) if token.text in terms]
        different = set(spaced.split())
        if unknown := different.difference(self._known):
            self._learn_all(list(unknown))
        # From the terms to their words: from every word to its term would take longer.
        forms = self._forms
        spaced = f" {spaced} "  # so that a word has space on both sides, and only whole words
        found: list[Token] = []
        for term in terms:
            for word in forms.get(term, ()):
                if word in different:
                    wanted, length = f" {word} ", len(word)
                    at = spaced.find(wanted)
                    while at >= 0:
                        found.append(_token((term, at, at + length)))
                        at = spaced.find(wanted, at + length)
        found.sort(key=_start)
        return found

    def _learn(self, word: str) -> str:
        terms = self._analyser.analyze(word)
        term = terms[0] if terms else ""
        self._remember([word], [term])
        return term

    def _learn_all(self, words: list[str]) -> None:
        """The same for many words, asked of the analyser at once."""
        terms = self._analyser.analyze(" ".join(words))
        if len(terms) == len(words):
            self._remember(words, terms)
        else:  # one is too long to be indexed, so it cannot be told which is which
            for word in words:
                self._learn(word)

    def _remember(self, words: list[str], terms: list[str]) -> None:
        with self._lock:
            if len(self._known) >= _MOST_WORDS:
                # Made anew, since others may be reading what there was.
                self._known, self._forms = {}, {}
            for word, term in zip(words, terms, strict=True):
                if word not in self._known:
                    self._known[word] = term
                    self._forms[term] = (*self._forms.get(term, ()), word)

    def _by_analyser(self, text: str) -> list[Token]:
        return [
            Token(token.text, token.char_offset_from, token.char_offset_to)
            for token in self._analyser.pre_tokenize(text).tokens
        ]


_start = attrgetter("start")
# Calling the class runs Python code, and a page has hundreds of words to mark.
_token: Callable[[tuple[str, int, int]], Token] = partial(tuple.__new__, Token)


def _spaced(text: str) -> str | None:
    """``text`` with a space for every sign that parts words; None where only the analyser
    can tell."""
    if text.isascii():
        return text.encode().translate(_SPACED).decode()
    beyond = [sign for sign in set(text) if sign > "\x7f"]
    if any(map(_SIGNS.match, beyond)):
        return None
    if any(map(str.isalnum, beyond)):
        return _NO_LETTER.sub(" ", text)
    return text.encode("ascii", "replace").translate(_SPACED).decode()
