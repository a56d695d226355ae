"""Saved result pages of the reference service: text (two layouts) and HTML.

Text: a header, then title and abstract of each paper, a line each, separated by blank lines in one
layout. A line without an abstract after it is no paper: the page's own navigation is skipped,
anything else is rejected.

A record's raw form is three lines: title, abstract and, if a link had it, the address of the
paper.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifier_of,
    identifiers_of,
    one_line,
    title_key,
)
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.lines import Line, iter_lines
from broadsheet.text.identifiers import identifier_url

_MARKS = (
    b"Get trending papers in your email inbox",
    b"and the research community",
)
_FURNITURE = re.compile(
    r"new|get trending papers in your email inbox.*|subscribe|(?:daily|trending|weekly|monthly) papers"
    r"|by\s*ak and the research community|hugging ?face|(?:© )?hugging face|models|datasets|spaces"
    r"|buckets|community|docs|enterprise|pricing|log in|sign up|website|company|tos|privacy|about"
    r"|careers|jobs|system theme|previous|next|back to (?:top|articles)|submitted by|\S* ?upvotes?"
    r"|[\W\d]*(?:authors?|comments?)?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}(?:, \d{4})?",
    re.IGNORECASE,
)
_GLUED = re.compile(r"Subscribe(?=[^\s\W])")
_LONG = 200
"""Characters from which a line is an abstract whatever it ends with."""
_TITLE_AT_MOST = 300
_SENTENCE_END = re.compile(r"(?:[.…][\"'”’)\]]*|https?://\S+)$")
_WRAPPED_WIDTHS = range(50, 131)
_LOOK_AHEAD = 8
_LONGEST_PARAGRAPH = 200
"""Lines; anything longer is no wrapped abstract."""


class ResultPage:
    """See the module. Source "hf-papers", key "arxiv:…" or the normalised title."""

    name = "result-page"

    def recognises(self, head: bytes, filename: str) -> bool:
        start = head.lstrip()[:200].lower()
        if start.startswith((b"<!doctype html", b"<html")):
            return True
        return start[:1] not in (b"<", b"{", b"[") and any(mark in head for mark in _MARKS)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        lines = iter_lines(stream)
        for line in lines:
            if isinstance(line, Rejection):
                yield line
            elif line.text.strip():
                rest = chain([line], lines)
                if line.text.lstrip().startswith(b"<"):
                    yield from _split_html(rest)
                else:
                    yield from _pair(_pieces(rest))
                return

    def parse(self, raw: bytes) -> Record:
        title, _, rest = raw.decode("utf-8", "replace").partition("\n")
        abstract, _, address = rest.partition("\n")
        title = checked_title(one_line(title))
        identifiers = identifiers_of(identifier_of(address.strip()))
        return Record(
            source="hf-papers",
            key=str(identifiers[0]) if identifiers else title_key(title),
            title=title,
            abstract=one_line(abstract),
            identifiers=identifiers,
            url=(identifier_url(identifiers[0]) or "") if identifiers else "",
        )


def _split_html(lines: Iterator[Line | Rejection]) -> Iterator[RawRecord | Rejection]:
    # Only HTML pages need lxml's HTML part.
    from broadsheet.ingest.formats.result_html import split_html

    return split_html(lines)


# A piece is (number of its first line, text).
_Piece = tuple[int, str]


def _pieces(lines: Iterator[Line | Rejection]) -> Iterator[_Piece | Rejection]:
    """Lines that are not blank, except that a paragraph wrapped at a column is one piece."""
    run: list[_Piece] = []
    wrapped = False
    for line in lines:
        if isinstance(line, Rejection):
            yield from _flush(run, wrapped)
            run, wrapped = [], False
            yield line
            continue
        text = one_line(line.text.decode("utf-8", "replace"))
        if not text:
            yield from _flush(run, wrapped)
            run, wrapped = [], False
        elif not _is_furniture(text):
            run.append((line.number, text))
            if len(run) == _LOOK_AHEAD and not wrapped:
                wrapped = _looks_wrapped(run)
            if len(run) >= (_LONGEST_PARAGRAPH if wrapped else _LOOK_AHEAD):
                yield run.pop(0)
    yield from _flush(run, wrapped)


def _flush(run: list[_Piece], wrapped: bool) -> Iterator[_Piece]:
    if run and (wrapped or _looks_wrapped(run)):
        yield run[0][0], " ".join(text for _, text in run)
    else:
        yield from run


def _looks_wrapped(run: list[_Piece]) -> bool:
    widths = [len(text) for _, text in run[:-1]]
    return (
        len(widths) >= 2
        and all(width in _WRAPPED_WIDTHS for width in widths)
        and max(widths) - min(widths) <= 20
    )


def _is_furniture(text: str) -> bool:
    return len(text) < 100 and _FURNITURE.fullmatch(text) is not None


def _is_abstract(text: str) -> bool:
    return len(text) >= _LONG or (len(text.split()) >= 3 and _SENTENCE_END.search(text) is not None)


def _pair(pieces: Iterator[_Piece | Rejection]) -> Iterator[RawRecord | Rejection]:
    """A title and the abstract after it make a paper."""
    first = True
    title: _Piece | None = None
    for piece in pieces:
        if isinstance(piece, Rejection):
            yield piece
            continue
        if title is not None and len(title[1]) <= _TITLE_AT_MOST and _is_abstract(piece[1]):
            text = _GLUED.sub("", title[1], count=1) if first else title[1]
            yield RawRecord(f"{text}\n{piece[1]}".encode(), f"line {title[0]}")
            first, title = False, None
            continue
        if title is not None:
            yield _stray(title)
        title = piece
    if title is not None:
        yield _stray(title)


def _stray(piece: _Piece) -> Rejection:
    number, text = piece
    if len(text) > _TITLE_AT_MOST:
        reason = f"{len(text):,} characters where a title is expected"
    else:
        reason = "no abstract follows this line"
    return rejection(reason, f"line {number}", text.encode())
