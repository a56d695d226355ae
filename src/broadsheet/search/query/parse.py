"""Read the query language of ``domain.query``.

Every text has a reading: parts that cannot be understood are searched as plain words,
and a note says so in a sentence fit for a reader.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.query import (
    EMPTY,
    FIELD_NAMES,
    HAS_NAMES,
    After,
    And,
    Before,
    Field,
    Has,
    Like,
    Not,
    Or,
    Phrase,
    Query,
    Sequence,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.text.analysis import compose
from broadsheet.text.latex.plain_text import to_text

MAX_CHARACTERS = 10_000
MAX_DEPTH = 40
_SHOUTED = 4
"""Words in capitals, and none otherwise, from which on operators are words."""

_ALIASES = {
    "ti": "title",
    "abstract": "abs",
    "au": "author",
    "authors": "author",
    "category": "cat",
    "identifier": "id",
}
_FIELDS = {name: name for name in FIELD_NAMES}
_OPERATORS = ("AND", "OR", "NOT")
_DATES: Mapping[str, Callable[[PartialDate], Query]] = {
    "after": After,
    "before": Before,
    "updatedafter": UpdatedAfter,
    "updatedbefore": UpdatedBefore,
}
_SPECIAL = (*_DATES, "has", "like")
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<open>\() | (?P<close>\))
  | (?P<dash>--+|-(?=[\s)]|$)) | (?P<minus>-)
  | "(?P<phrase>[^"]*)"
  | (?P<quote>")
  | (?P<field>[A-Za-z]+):(?:"(?P<quoted>[^"]*)"|(?P<stray>"?)(?P<bare>{doi}|[^\s"()]+))
  | (?P<word>{doi}|[^\s"()]+)
    """.replace("{doi}", r'[^\s"()]*?10\.\d{4,9}/(?:[^\s"()]|\([^\s"()]*\))+'),
    re.VERBOSE,
)
"""A DOI keeps its pairs of parentheses, also within an address."""
_NO_PARTNER = "A quotation mark has no partner and was left out."
_CURLY = str.maketrans("“”„‟«»＂", '"""""""')
_ADDRESS = re.compile(r"https?|ftp|doi|arxiv|hdl|urn|info", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query, with notes for the reader on how it was read."""

    query: Query
    notes: tuple[str, ...] = ()


def read_markup(text: str) -> str:
    r"""Return ``text`` with LaTeX made readable; unchanged without \\ or a pair of $."""
    return to_text(text) if "\\" in text or text.count("$") > 1 else text


def parse(text: str) -> Parsed:
    """Read ``text``; never fails. ``parse(str(q)).query == q`` for every result q."""
    notes: list[str] = []
    text = compose(text.translate(_CURLY))
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        notes.append(f"Only the first {MAX_CHARACTERS:,} characters of the query were read.")
    tokens = _lex(text, notes)
    if _is_shouted(tokens):
        tokens = [
            Word(token.kind) if isinstance(token, _Sign) and token.kind in _OPERATORS else token
            for token in tokens
        ]
    if _depth(tokens) > MAX_DEPTH:
        notes.append(
            f"Parentheses are nested deeper than {MAX_DEPTH}; all was searched as plain words."
        )
        tokens = [token for token in tokens if not isinstance(token, _Sign)]
    query = _Parser(tokens, notes).parse()
    return Parsed(query, tuple(dict.fromkeys(notes)))


@dataclass(frozen=True, slots=True)
class _Sign:
    """Punctuation and operators: one of ( ) - AND OR NOT."""

    kind: str


_Token = Query | _Sign


def _lex(text: str, notes: list[str]) -> list[_Token]:
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind in ("quoted", "bare"):
            if found["stray"]:
                notes.append(_NO_PARTNER)
            tokens.append(_read_field(found, notes))
        elif kind == "phrase":
            words = " ".join(found["phrase"].split())
            if words:
                tokens.append(Phrase(words))
        elif kind == "quote":
            notes.append(_NO_PARTNER)
        elif kind == "open":
            tokens.append(_Sign("("))
        elif kind == "close":
            tokens.append(_Sign(")"))
        elif kind == "minus":
            tokens.append(_Sign("-"))
        elif kind == "word":
            tokens.append(_bare(found["word"]))
    return tokens


def _bare(name: str) -> _Token:
    return _Sign(name) if name in _OPERATORS else Word(name)


def _read_field(found: re.Match[str], notes: list[str]) -> _Token:
    """The filter a ``name:value`` means, or the text as a plain word or phrase."""
    name, quoted = found["field"], found["quoted"] is not None
    value = " ".join((found["quoted"] if quoted else found["bare"]).split())
    plain = (Phrase(value) if value else _bare(name)) if quoted else Word(f"{name}:{value}")
    known = _ALIASES.get(name.lower(), name.lower())
    if known in _FIELDS:
        if value:
            return Field(_FIELDS[known], value)
        notes.append(f"“{name}:” needs a value, as in {name}:example.")
        return plain
    if known in _DATES:
        date = PartialDate.parse(value)
        if date is not None and str(date) == value:
            return _DATES[known](date)
        notes.append(
            f"“{value}” is not a date that {known}: understands (2024, 2024-06 or "
            "2024-06-30); it was searched as words."
        )
        return plain
    if known == "has":
        for what in HAS_NAMES:
            if value.lower() == what:
                return Has(what)
        notes.append(f"has: knows {' and '.join(HAS_NAMES)}; “{value}” was searched as words.")
        return plain
    if known == "like" and value:
        return Like(value)
    if name.islower() and not _ADDRESS.fullmatch(name) and value:
        names = ", ".join((*FIELD_NAMES, *_SPECIAL))
        notes.append(
            f"There is no field “{name}”; the fields are {names}. It was searched as words."
        )
    return plain


def _is_shouted(tokens: list[_Token]) -> bool:
    """Whether so much is in capitals that AND, OR and NOT are words like the others.

    Topics in capitals are common in test collections and old catalogues; two or
    three acronyms joined by AND are not that.
    """
    words = [token.text for token in tokens if isinstance(token, Word)]
    return sum(word.isupper() for word in words) >= _SHOUTED and not any(
        sign.islower() for word in words for sign in word
    )


def _depth(tokens: list[_Token]) -> int:
    depth = deepest = 0
    for token in tokens:
        if token == _Sign("("):
            depth += 1
            deepest = max(deepest, depth)
        elif token == _Sign(")"):
            depth = max(0, depth - 1)
    return deepest


class _Parser:
    """Recursive descent over tokens; depth is bounded by MAX_DEPTH beforehand."""

    def __init__(self, tokens: list[_Token], notes: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._notes = notes

    def parse(self) -> Query:
        parts: list[Query] = []
        while True:
            parts.append(self._either())
            if self._peek() is None:
                return _join(Sequence, parts)
            self._at += 1  # a closing parenthesis too many
            self._notes.append("A closing parenthesis has no partner and was left out.")

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: str) -> bool:
        if self._peek() == _Sign(kind):
            self._at += 1
            return True
        return False

    def _either(self) -> Query:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return self._operands(Or, "OR", parts)

    def _both(self) -> Query:
        parts = [self._side_by_side()]
        while self._take("AND"):
            parts.append(self._side_by_side())
        return self._operands(And, "AND", parts)

    def _operands(self, kind: type[And] | type[Or], name: str, parts: list[Query]) -> Query:
        if len(parts) > 1 and EMPTY in parts:
            self._notes.append(f"{name} has nothing on one side and was left out there.")
        return _join(kind, parts)

    def _side_by_side(self) -> Query:
        parts: list[Query] = []
        while (part := self._unary()) is not None:
            parts.append(part)
        return _join(Sequence, parts)

    def _unary(self) -> Query | None:
        """The next operand; None where an operator, a parenthesis or the end stands."""
        negated = nothing = False
        while self._take("NOT") or self._take("-"):
            negated, nothing = not negated, True
        token = self._peek()
        if isinstance(token, _Sign) and token.kind == "(":
            self._at += 1
            part = self._either()
            if not self._take(")"):
                self._notes.append("An opening parenthesis has no partner and was left out.")
        elif token is None or isinstance(token, _Sign):
            if nothing:
                self._notes.append("NOT has nothing after it and was left out.")
            return None
        else:
            self._at += 1
            part = token
        return _negate(part) if negated else part


def _negate(part: Query) -> Query:
    if part == EMPTY:
        return EMPTY
    return part.child if isinstance(part, Not) else Not(part)


def _join(kind: type[Sequence] | type[And] | type[Or], parts: list[Query]) -> Query:
    """One node of ``kind`` without empty, doubled or needlessly nested children."""
    flat: list[Query] = []
    for part in parts:
        if isinstance(part, kind):
            flat.extend(part.children)
        else:
            flat.append(part)
    flat = [part for part in flat if part != EMPTY]
    if not flat:
        return EMPTY
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
