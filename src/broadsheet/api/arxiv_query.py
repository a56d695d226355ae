"""The query language of arXiv's API, read into the tree of ``domain.query``. Pure.

Connectives AND, OR and ANDNOT bind alike, from left to right; words side by side are joined by
OR. A prefix holds for the word, phrase or parenthesis that follows it; without one, all fields
count. An underscore is a blank. Dates are read to the day, as papers are dated here.
Source: arXiv API User's Manual, https://info.arxiv.org/help/api/user-manual.html
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.query import (
    EMPTY,
    After,
    And,
    Before,
    Field,
    Not,
    Or,
    Phrase,
    Query,
    UpdatedAfter,
    UpdatedBefore,
    Word,
    all_of,
)

MAX_CHARACTERS = 10_000
MAX_DEPTH = 40
MAX_TERMS = 500

_TOKEN = re.compile(
    r"""
    \s*(?:
      (?P<prefix>[A-Za-z]+):(?=["(\[]|[^\s()])
    | (?P<open>\() | (?P<close>\))
    | "(?P<phrase>[^"]*)"
    | \[(?P<range>[^\]]*)\]
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)
_RANGE = re.compile(r"\s*(\S+)\s+TO\s+(\S+)\s*", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:\d\d)?)?")
_CONNECTIVES = ("AND", "OR", "ANDNOT", "NOT")
_OfDate = Callable[[PartialDate], Query]
_DATES: Mapping[str, tuple[_OfDate, _OfDate]] = {
    "submittedDate": (After, Before),
    "lastUpdatedDate": (UpdatedAfter, UpdatedBefore),
}

_Token = tuple[str, str]
"""Kind and text; kinds are the groups of ``_TOKEN``, and "end"."""


def parse_arxiv_query(text: str) -> Query:
    """Read a ``search_query``; an empty one is ``EMPTY``. Raises InvalidInputError."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(f"search_query is longer than {MAX_CHARACTERS:,} characters")
    tokens = _lex(text)
    if len(tokens) > MAX_TERMS:
        raise InvalidInputError(f"search_query has more than {MAX_TERMS} terms")
    if not tokens:
        return EMPTY
    return _Parser(tokens).parse()


def _lex(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _malformed("a quotation mark or bracket has no partner")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        at = match.end()
    return tokens


class _Parser:
    """Recursive descent; the depth of parentheses is bounded."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def parse(self) -> Query:
        query = self._chain("all")
        if self._peek()[0] != "end":
            raise _malformed("a closing parenthesis has no partner")
        return query

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _chain(self, prefix: str) -> Query:
        """Operands with connectives, up to a closing parenthesis or the end."""
        query = self._operand(prefix)
        while self._peek()[0] not in ("close", "end"):
            connective = self._connective()
            operand = self._operand(prefix)
            match connective:
                case "AND":
                    query = And((*_parts(query, And), operand))
                case "OR":
                    query = Or((*_parts(query, Or), operand))
                case _:
                    query = And((*_parts(query, And), Not(operand)))
        return query

    def _connective(self) -> str:
        kind, text = self._peek()
        if kind != "word" or text not in _CONNECTIVES:
            return "OR"
        self._at += 1
        if text == "AND" and self._peek() == ("word", "NOT"):
            self._at += 1
            return "ANDNOT"
        return text

    def _operand(self, prefix: str) -> Query:
        kind, text = self._next()
        match kind:
            case "prefix":
                if text not in _READERS and text not in _DATES:
                    names = ", ".join((*_READERS, *_DATES))
                    raise _malformed(f"there is no field {text!r}; the fields are {names}")
                return self._operand(text)
            case "open":
                return self._group(prefix)
            case "range":
                return _read_range(prefix, text)
            case "phrase" | "word":
                if kind == "word" and text in _CONNECTIVES:
                    raise _malformed(f"{text} has nothing before it")
                return _read_value(prefix, text)
        raise _malformed("a term is missing")

    def _group(self, prefix: str) -> Query:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _malformed(f"parentheses are nested deeper than {MAX_DEPTH}")
        query = self._chain(prefix)
        if self._next()[0] != "close":
            raise _malformed("an opening parenthesis has no partner")
        self._depth -= 1
        return query


def _parts(query: Query, kind: type[And] | type[Or]) -> tuple[Query, ...]:
    return query.children if isinstance(query, kind) else (query,)


def _read_value(prefix: str, text: str) -> Query:
    if prefix in _DATES:
        raise _malformed(f"{prefix} needs a range, as in {prefix}:[202401010000 TO 202401312359]")
    if prefix != "id" and prefix != "rn":
        text = text.replace("_", " ")
    text = " ".join(text.split())
    if "*" in text and prefix != "cat":
        raise _malformed(f"wildcards are not supported: {text!r}")
    if not text:
        raise _malformed(f"{prefix}: needs a value")
    return _READERS[prefix](text)


def _read_range(prefix: str, text: str) -> Query:
    match = _RANGE.fullmatch(text)
    if prefix not in _DATES or match is None:
        raise _malformed(
            "a range is written submittedDate:[202401010000 TO 202401312359], in GMT; "
            f"[{text}] is none"
        )
    after, before = _DATES[prefix]
    parts: list[Query] = []
    if match[1] != "*":
        parts.append(after(PartialDate.from_date(_read_time(match[1]).date())))
    if match[2] != "*":
        end = _read_time(match[2])
        whole_day = len(match[2]) == len("20240131")
        # A range that ends at midnight has nothing of the day that begins then.
        day = end.date() + dt.timedelta(days=1 if whole_day or end.time() != dt.time() else 0)
        parts.append(before(PartialDate.from_date(day)))
    return all_of(parts) or EMPTY


def _read_time(text: str) -> dt.datetime:
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute = (int(part or 0) for part in match.groups())
        moment = dt.datetime(year, month, day, hour, minute)
        if not 1000 <= year < 9999:
            raise ValueError(text)
    except ValueError:
        raise _malformed(f"{text!r} is no date; write YYYYMMDDHHMM or YYYYMMDD") from None
    return moment


def _read_all(text: str) -> Query:
    words: Query = Phrase(text) if " " in text else Word(text)
    others = (Field("comment", text), Field("venue", text), Field("report", text))
    return Or((words, *others))


def _read_category(text: str) -> Query:
    """A category; an archive ("cs", "cs.*", "cs*") has all its categories."""
    name = text.removesuffix("*").removesuffix(".")
    if not name or "*" in name:
        raise _malformed(f"wildcards in categories are written cs.*; {text!r} is not supported")
    return Field("cat", name)


_READERS: Mapping[str, Callable[[str], Query]] = {
    "ti": lambda text: Field("title", text),
    "au": lambda text: Field("author", text),  # in either order: au:del_maestro_a
    "abs": lambda text: Field("abs", text),
    "co": lambda text: Field("comment", text),
    "jr": lambda text: Field("venue", text),
    "cat": _read_category,
    "rn": lambda text: Field("report", text),
    "id": lambda text: Field("id", text),
    "doi": lambda text: Field("id", text),
    "all": _read_all,
}


def _malformed(problem: str) -> InvalidInputError:
    return InvalidInputError(f"malformed query: {problem}")
