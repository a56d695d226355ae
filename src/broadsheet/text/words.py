"""The words of a text as the index stores them: the implementation of ``text.analysis``.

``tokens``      the words of a text with their places
``terms``       the same without places
``find_terms``  of many texts, the words that are among some terms
``name_words``  the words of a name, which are not stemmed
``title_prefix``  how a title begins that is being typed
``make_analyser``  the analyser itself, for a backend that registers it with Tantivy

Tantivy's analyser builds an object for each word, which is slow from Python. A page of results
has thousands of words, few of them different. So this module cuts the text itself, at the same
places, and calls the analyser once for each different word. All functions are thread-safe.
"""

import functools
import re
import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial

import tantivy
from ahocorasick_rs import AhoCorasick

from broadsheet.text.analysis import LONGEST_WORD, NAMES, RANKED, Analysis, Token, fold, prepare
from broadsheet.text.scripts import ANY_GREEK, GREEK_NAMES, UNSPACED, name_greek, pairs

_WORD = re.compile(r"[^\W_]+")
_NO_LETTER = re.compile(r"[\W_]")
# Scripts with vowel signs, which are part of a word to Tantivy but not to ``re``.
_SIGNS = re.compile(r"[\u0300-\u036F\u0590-\u1DFF]")
# Makes a space of every sign that is no letter or digit; as bytes, far faster than ``re`` or ``str``.
_SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(range(128, 256))
_OTHER = "\x7f"
"""Stands for a letter of another alphabet where a page is looked through."""
_SPACED_BUT_OTHER = _SPACED[: ord(_OTHER)] + _OTHER.encode() + _SPACED[ord(_OTHER) + 1 :]
_NO_ASCII = re.compile(r"[^\x00-\x7f]")
_MOST_WORDS = 200_000
_SURE_LETTERS, _LONGEST_ENDING = 4, 3


def tokens(text: str) -> list[Token]:
    """Return the words of ``text`` in order; words too long to be indexed are left out."""
    return _cutter().tokens(text)


def terms(text: str) -> list[str]:
    """Return the words of ``text`` in order, without their places."""
    return _cutter().terms(text)


def find_terms(texts: Sequence[str], terms: Collection[str]) -> list[list[Token]]:
    """Return the tokens of each text whose term is among ``terms``.

    Much faster than ``tokens``, and the more so the more texts there are in one call.
    """
    return _cutter().find(texts, terms)


def name_words(text: str) -> list[str]:
    """Return the words of a name or a venue as they are indexed: not stemmed."""
    return list(_name_analyser().analyze(prepare(text)))


def title_prefix(text: str) -> list[str]:
    """Return how the words of a title that begins with ``text`` begin; [] if it is too short.

    The last word may be cut off, and then some of its last letters ("colourin") are no part of
    its stem ("colour").
    """
    *whole, last = list(_ranked_analyser().analyze(prepare(text))) or [""]
    if not whole:
        return []
    return [*whole, last[: max(_SURE_LETTERS, len(last) - _LONGEST_ENDING)]]


def make_analyser(analysis: Analysis) -> tantivy.TextAnalyzer:
    """Build Tantivy's analyser of prepared text."""
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    if analysis.stemmed:
        builder = builder.filter(tantivy.Filter.stemmer("english"))
    return builder.build()


@functools.cache
def _cutter() -> "WordCutter":
    return WordCutter()


@functools.cache
def _ranked_analyser() -> tantivy.TextAnalyzer:
    return make_analyser(RANKED)


@functools.cache
def _name_analyser() -> tantivy.TextAnalyzer:
    return make_analyser(NAMES)


class WordCutter:
    """Cut texts into words, remembering the term of each word. Thread-safe."""

    def __init__(self) -> None:
        self._analyser = make_analyser(RANKED)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        """The term of each word seen."""
        self._letters: dict[str, str] = {}
        """What stands for each letter beyond ASCII seen."""

    def tokens(self, text: str) -> list[Token]:
        """Return the words of ``text`` in order."""
        if text.isascii() and text.isalnum():  # a word of a query, mostly
            term = self._known.get(text)
            if term is None:
                term = self._learn(text)
            return [Token(term, 0, len(text))] if term else []
        return self._tokens(fold(text))

    def _tokens(self, text: str) -> list[Token]:
        """Return the words of a folded text."""
        if not text.isascii():
            if UNSPACED.search(text):
                return self._in_pairs(text)
            if _SIGNS.search(text):
                return self._by_analyser(text)
        learned = self._known
        tokens: list[Token] = []
        for match in _WORD.finditer(text):
            word = match[0]
            term = learned.get(word)
            if term is None:
                term = self._learn(word)
            if term:
                tokens.append(Token(term, match.start(), match.end()))
        return tokens

    def terms(self, text: str) -> list[str]:
        """Return the words of ``text`` as indexed, in order, without their places."""
        text = fold(text)
        if not text.isascii() and UNSPACED.search(text):
            return [token.text for token in self._in_pairs(text)]
        spaced = _spaced(text)
        if spaced is None:
            return [token.text for token in self._by_analyser(text)]
        words = spaced.split()
        learned = self._known
        tokens = [learned.get(word) for word in words]
        if None in tokens:
            tokens = [
                self._learn(w) if t is None else t for w, t in zip(words, tokens, strict=True)
            ]
        return [term for term in tokens if term]

    def find(self, texts: Sequence[str], terms: Collection[str]) -> list[list[Token]]:
        """Return the words of each text that are indexed as one of ``terms``, in order.

        One pass in Rust finds all places at which such a word can begin; only the words at
        these places are looked up.
        """
        tokens_of_texts: list[list[Token]] = [[] for _ in texts]
        folded = list(map(fold, texts))
        plain: list[str] = []
        starts: list[int] = []
        owners: list[int] = []
        at = 0
        for number, text in enumerate(folded):
            letters = self._letters_of(text)
            if letters is None:
                tokens = self.tokens(texts[number])
                tokens_of_texts[number] = [token for token in tokens if token.text in terms]
                continue
            plain.append(letters)
            starts.append(at)
            owners.append(number)
            at += len(letters) + 1
        begun = {_NO_ASCII.sub(_OTHER, _beginning(term)) for term in terms}
        if any(_OTHER in text for text in plain):
            begun.update(beginning for term in terms for beginning in _greek_beginnings(term))
        beginnings = [f" {beginning}" for beginning in begun]
        if not plain or not beginnings:
            return tokens_of_texts
        page = f" {' '.join(plain)} "
        finder = AhoCorasick(beginnings, store_patterns=False)
        text_number, until = -1, -1
        learned = self._known
        for _, start, _ in finder.find_matches_as_indexes(page.lower()):
            while start > until:
                text_number += 1
                until = starts[text_number] + len(plain[text_number])
            end = page.index(" ", start + 1)
            word = page[start + 1 : end]
            offset, owner = starts[text_number], owners[text_number]
            if _OTHER in word:
                word = folded[owner][start - offset : end - 1 - offset]
            term = learned.get(word)
            if term is None:
                term = self._learn(word)
            if term in terms:
                tokens_of_texts[owner].append(_token((term, start - offset, end - 1 - offset)))
        return tokens_of_texts

    def _letters_of(self, text: str) -> str | None:
        """``text`` in ASCII: letters without their accents, ``_OTHER`` for those of other
        alphabets, a space for every sign. None where that could not be of one length."""
        if _OTHER in text:
            text = text.replace(_OTHER, " ")
        if text.isascii():
            return text.encode().translate(_SPACED_BUT_OTHER).decode()
        for sign in set(text):
            if sign > "\x7f" and (sign.isalnum() or _SIGNS.match(sign)):
                letter = self._letters.get(sign)
                if letter is None:
                    letter = self._letters[sign] = self._letter_of(sign)
                if not letter:
                    return None
                text = text.replace(sign, letter)
        return text.encode("ascii", "replace").translate(_SPACED_BUT_OTHER).decode()

    def _letter_of(self, sign: str) -> str:
        """What stands for a letter or digit beyond ASCII; empty where it takes more than one,
        or where words are not whole runs of letters."""
        if ANY_GREEK.match(sign):
            return _OTHER
        if UNSPACED.match(sign):
            return ""
        term = "" if _SIGNS.match(sign) else self._learn(sign)
        if len(term) != 1:
            return ""
        return term if term.isascii() else _OTHER

    def _learn(self, word: str) -> str:
        terms = self._analyser.analyze(name_greek(word))
        term = terms[0] if terms else ""
        with self._lock:
            if len(self._known) >= _MOST_WORDS:
                self._known = {}  # anew, since others may be reading what there was
            self._known[word] = term
        return term

    def _by_analyser(self, text: str) -> list[Token]:
        places = [
            (token.char_offset_from, token.char_offset_to)
            for token in self._analyser.pre_tokenize(text).tokens
        ]
        return [Token(self._learn(text[start:end]), start, end) for start, end in places]

    def _in_pairs(self, text: str) -> list[Token]:
        """Return the words of a text with letters of an unspaced script."""
        tokens: list[Token] = []
        at = 0
        for run in UNSPACED.finditer(text):
            tokens += _shifted(self._tokens(text[at : run.start()]), at)
            tokens += [
                Token(pair, run.start() + place, run.start() + place + len(pair))
                for place, pair in enumerate(pairs(run[0]))
            ]
            at = run.end()
        return tokens + _shifted(self._tokens(text[at:]), at)


# Calling the class runs Python code, and a page has hundreds of words to mark.
_token: Callable[[tuple[str, int, int]], Token] = partial(tuple.__new__, Token)


def _beginning(term: str) -> str:
    """How every word of a term begins.

    The stemmer changes the last letter ("studies", studi; "ability", abil) and two in "dying".
    True of the 71,773 words of the shipped vocabulary and of 20,000 papers.
    """
    return term[: -2 if term.endswith("ie") else -1] or term


def _greek_beginnings(term: str) -> list[str]:
    """How words of a term begin that have a Greek letter where the term has its name."""
    letters = _NO_ASCII.sub(_OTHER, term)
    return [letters[:at] + _OTHER for name in GREEK_NAMES if (at := letters.find(name)) >= 0]


def _shifted(tokens: list[Token], by: int) -> list[Token]:
    return [Token(text, start + by, end + by) for text, start, end in tokens]


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
