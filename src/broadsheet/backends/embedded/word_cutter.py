"""Words of a text with their places, as the index makes them, but quickly.

Tantivy's analyser builds an object a word, which is slow from Python; a page of
results has thousands of words, few of them different. So the text is cut here,
at the same places, and the analyser is asked once for each different word.
"""

import re
import threading
import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import partial

from ahocorasick_rs import AhoCorasick

from broadsheet.backends.embedded.word_schema import make_analyser
from broadsheet.search.analysis import RANKED, Token, fold

_WORD = re.compile(r"[^\W_]+")
_NO_LETTER = re.compile(r"[\W_]")
# Scripts with vowel signs, which are part of a word to Tantivy but not to ``re``.
_SIGNS = re.compile(r"[\u0300-\u036F\u0590-\u1DFF]")
# Makes a space of what is no letter or digit; as bytes, far faster than ``re`` or ``str``.
_SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
# Letters with an accent to those without, of one length, as the analyser folds them.
_BARE = {
    code: bare[0]
    for code in range(0xC0, 0x250)
    if (bare := unicodedata.normalize("NFD", chr(code)))[0].isascii() and len(bare) > 1
}
_MOST_WORDS = 200_000


class WordCutter:
    """Thread-safe."""

    def __init__(self) -> None:
        self._analyser = make_analyser(RANKED)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        """The term of each word seen."""

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

    def find(self, texts: Sequence[str], terms: Collection[str]) -> list[list[Token]]:
        """Of each text the words indexed as one of ``terms``, in order.

        All places where such a word can begin are found at once, in Rust; only the words
        there are looked up.
        """
        found: list[list[Token]] = [[] for _ in texts]
        plain: list[str] = []
        starts: list[int] = []
        owners: list[int] = []
        at = 0
        for number, text in enumerate(texts):
            spaced = _spaced(fold(text))
            if spaced is not None and not spaced.isascii():
                spaced = spaced.translate(_BARE)
            if spaced is None or not spaced.isascii():
                found[number] = [token for token in self.tokens(text) if token.text in terms]
                continue
            plain.append(spaced)
            starts.append(at)
            owners.append(number)
            at += len(spaced) + 1
        beginnings = list({f" {_beginning(term)}" for term in terms})
        if not plain or not beginnings:
            return found
        page = f" {' '.join(plain)} "
        finder = AhoCorasick(beginnings, store_patterns=False)
        matches = finder.find_matches_as_indexes(page.lower(), overlapping=True)
        last, text_number, until = -1, -1, -1
        known = self._known
        for _, start, _ in matches:
            if start == last:  # two beginnings of one word
                continue
            last = start
            while start > until:
                text_number += 1
                until = starts[text_number] + len(plain[text_number])
            end = page.index(" ", start + 1)
            word = page[start + 1 : end]
            term = known.get(word)
            if term is None:
                term = self._learn(word)
            if term in terms:
                offset = starts[text_number]
                found[owners[text_number]].append(_token((term, start - offset, end - 1 - offset)))
        return found

    def _learn(self, word: str) -> str:
        terms = self._analyser.analyze(word)
        term = terms[0] if terms else ""
        with self._lock:
            if len(self._known) >= _MOST_WORDS:
                self._known = {}  # anew, since others may be reading what there was
            self._known[word] = term
        return term

    def _by_analyser(self, text: str) -> list[Token]:
        return [
            Token(token.text, token.char_offset_from, token.char_offset_to)
            for token in self._analyser.pre_tokenize(text).tokens
        ]


# Calling the class runs Python code, and a page has hundreds of words to mark.
_token: Callable[[tuple[str, int, int]], Token] = partial(tuple.__new__, Token)


def _beginning(term: str) -> str:
    """How every word of a term begins.

    The stemmer changes the last letter ("studies", studi; "ability", abil) and two in "dying".
    True of the 71,773 words of the shipped vocabulary and of 20,000 papers.
    """
    return term[: -2 if term.endswith("ie") else -1] or term


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
