"""RIS, one reference at a time, from ``TY`` to ``ER``.

Tags differ between writers: the same thing stands under several, and some mean different
things with different types. Each field of a record names the tags it is read from.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Publication, Record
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifiers_of,
    page_range,
    single_spaced,
    title_key,
)
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.lines import Line, iter_text_lines
from broadsheet.text.identifiers import (
    find_field_identifiers,
    find_identifiers,
    identifier_url,
    names_only_identifiers,
    parse_identifier,
)
from broadsheet.text.names import given_first

_BEGIN = re.compile(rb"([ \t]*)TY {0,2}- ?")
_END = re.compile(rb"[ \t]*ER {0,2}-?\s*$")
_ANYWHERE = re.compile(rb"(?m)^[ \t]*TY {1,2}- ?\S")
_TAGGED = re.compile(rb"[ \t]*[A-Z][A-Z0-9] {1,2}-")
# Some writers put one space before the hyphen, or none after it.
_TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-\s?")
_DATE = re.compile(r"\s*(\d{4})(?:[/-](\d{1,2})?)?(?:[/-](\d{1,2})?)?")
_ISSN = re.compile(r"\d{4}-?\d{3}[\dXx]")
_PUBMED = re.compile(r"(?i)pubmed|medline|\bnlm\b")

_LISTS = frozenset(("AU", "A1", "A2", "A3", "A4", "ED", "KW"))
"""Tags under which a line without a tag is a further element."""
_TITLES = ("TI", "T1", "CT", "ST")
_ABSTRACTS = ("AB", "N2")
_VENUES = ("T2", "BT", "JF", "C3", "JO", "JA", "J1", "J2", "T3")
_VENUES_OF_MEETINGS = ("BT", "C3", "T2", "JF", "JO", "JA", "J2", "T3")
_BOOKS = ("book", "proceedings", "thesis", "report")
_DATES = ("DA", "PY", "Y1")
_LINKS = ("UR", "L1", "L2", "L3", "L4", "LK")
_NUMBERS = ("DO", "M1", "M2", "M3", "AN", "N1", "C1", "C2", "C6", "C8")
_MENTIONING = ("JO", "JF", "JA", "T2", "N1", "AN", "IS", "M1")
_TYPES = {
    "JOUR": "article", "EJOUR": "article", "MGZN": "article", "NEWS": "article",
    "INPR": "article", "JFULL": "article", "ABST": "article", "CONF": "paper", "CPAPER": "paper",
    "CHAP": "chapter", "ECHAP": "chapter", "ENCYC": "chapter", "DICT": "chapter", "BOOK": "book",
    "EBOOK": "book", "EDBOOK": "book", "SER": "book", "THES": "thesis", "RPRT": "report",
    "GOVDOC": "report", "STAND": "report", "UNPB": "preprint", "MANSCPT": "preprint",
    "DATA": "dataset", "AGGR": "dataset", "COMP": "software", "PAT": "patent", "ELEC": "web page",
    "BLOG": "web page", "WEB": "web page", "SLIDE": "presentation",
}  # fmt: skip

Fields = dict[str, list[str]]
"""Texts by tag, in their order."""


class Ris:
    """See the module. Source "ris", key the first identifier, else ID and title."""

    name = "ris"

    def recognises(self, head: bytes, filename: str) -> bool:
        start = head.lstrip()[:1]
        lines = head.replace(b"\r", b"\n")
        return start not in (b"{", b"[", b"<") and _ANYWHERE.search(lines) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return _Splitter().split(stream)

    def parse(self, raw: bytes) -> Record:
        fields = _read_reference(raw.decode("utf-8", "replace"))
        reader = _Reader(fields)
        kind = _TYPES.get(reader.first("TY").strip().upper(), "")
        title = reader.first(*_TITLES, *(("BT", "T2") if kind in _BOOKS else ("BT",)))
        title = checked_title(title)
        identifiers = _identifiers(fields)
        authors = authors_of(_names(reader.all("A1", "AU")))
        venue = _venue(reader, kind, title)
        published, extra = _published(reader)
        name = reader.first("ID") or (authors[0].name if authors else "")
        urls = [text for text in reader.all("UR", "LK") if "://" in text]
        publication = _publication(reader, kind, venue)
        abstract, keywords = reader.first(*_ABSTRACTS), tuple(dict.fromkeys(reader.all("KW")))
        comment = "; ".join(reader.all("N1"))
        if others := reader.rest(except_for=("TY", "ID", "DO", *_DATES)):
            extra["tags"] = others
        if len(urls) > 1:
            extra["urls"] = urls
        return Record(
            source="ris",
            key=str(identifiers[0]) if identifiers else f"{name} {title_key(title)}".strip(),
            title=title,
            abstract=abstract,
            authors=authors,
            identifiers=identifiers,
            published=published,
            venue=venue,
            url=urls[0] if urls else _address(identifiers),
            keywords=keywords,
            comment=comment,
            publication=publication,
            extra=extra,
        )


class _Splitter:
    """Gathers the lines of one reference at a time."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._start = 0
        self._indent = 0
        self._count = 0
        self._strays: list[Line] = []
        """Tagged lines since the last reference."""

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        for line in iter_text_lines(stream):
            if isinstance(line, Rejection):
                yield from self._abandon("it holds an overlong line")
                yield line
            else:
                yield from self._line(line)
        if self._lines:
            yield self._finish()
        yield from self._refuse_strays()

    def _line(self, line: Line) -> Iterator[RawRecord | Rejection]:
        begin = _BEGIN.match(line.text)
        # Deeper than the reference itself, it is a line of someone's abstract.
        if begin and not (self._lines and len(begin.group(1)) > self._indent + 8):
            if self._lines:
                # Only the ER line is missing.
                yield self._finish()
            yield from self._refuse_strays()
            self._count += 1
            self._start, self._indent = line.number, len(begin.group(1))
        elif not self._lines:
            if _END.match(line.text) and not self._strays:
                yield rejection("an ER line without a reference", f"line {line.number}", line.text)
            elif _TAGGED.match(line.text) and len(self._strays) < 1000:
                self._strays.append(line)
            return
        elif _END.match(line.text):
            yield self._finish()
            return
        self._lines.append(self._without_indent(line.text))
        self._size += len(line.text) + 1
        if self._size > RECORD_LIMIT:
            yield from self._abandon(f"more than {RECORD_LIMIT >> 20} MiB in one reference")

    def _without_indent(self, text: bytes) -> bytes:
        indent = len(text) - len(text.lstrip(b" \t"))
        return text[min(indent, self._indent) :]

    def _position(self) -> str:
        return f"reference {self._count}, line {self._start}"

    def _finish(self) -> RawRecord:
        raw = b"\n".join([*self._lines, b"ER  - \n"])
        self._lines, self._size = [], 0
        return RawRecord(raw, self._position())

    def _abandon(self, reason: str) -> Iterator[Rejection]:
        if self._lines:
            yield rejection(reason, self._position(), b"\n".join(self._lines))
            self._lines, self._size = [], 0

    def _refuse_strays(self) -> Iterator[Rejection]:
        if self._strays:
            raw = b"\n".join(line.text for line in self._strays)
            position = f"line {self._strays[0].number}"
            yield rejection("fields outside a reference: its TY line is missing", position, raw)
            self._strays = []


def _read_reference(text: str) -> Fields:
    """A line without a tag goes on with the one before it, or is a further part of a list."""
    fields: Fields = {}
    last = ""
    for line in text.replace("\r", "\n").split("\n"):
        if tag := _TAG.match(line):
            last = tag.group(1)
            if last == "ER":
                break
            fields.setdefault(last, []).append(line[tag.end() :].strip())
        elif line.strip() and last:
            if last in _LISTS:
                fields[last].append(line.strip())
            else:
                fields[last][-1] += f" {line.strip()}"
    if "TY" not in fields:
        raise RecordError("not a RIS reference: it needs a TY line")
    return fields


class _Reader:
    """Reads texts of fields, tidied, and remembers which tags were read."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._used: set[str] = set()

    def all(self, *tags: str) -> list[str]:
        """The texts under all of ``tags``."""
        self._used.update(tags)
        texts = (plain_text(text) for tag in tags for text in self._fields.get(tag, ()))
        return [text for text in texts if text]

    def first(self, *tags: str) -> str:
        """The first text under the first of ``tags`` that has one; only that one counts as read."""
        for tag in tags:
            for text in self._fields.get(tag, ()):
                if text := plain_text(text):
                    self._used.add(tag)
                    return text
        return ""

    def rest(self, except_for: tuple[str, ...]) -> dict[str, str | list[str]]:
        """Return the unread fields, by tag."""
        fields: dict[str, str | list[str]] = {}
        for tag, texts in self._fields.items():
            if tag in self._used or tag in except_for:
                continue
            tidy = [text for text in map(single_spaced, texts) if text]
            if tidy:
                fields[tag] = tidy[0] if len(tidy) == 1 else tidy
        return fields


def _names(texts: list[str]) -> Iterator[str]:
    for text in texts:
        # "Smith, J.; Doe, K.": a whole list on one line.
        for part in text.split(";") if ";" in text else [text]:
            yield given_first(part)


def _venue(reader: _Reader, kind: str, title: str) -> str:
    names = _VENUES_OF_MEETINGS if kind == "paper" else _VENUES
    venues = [
        text for name in names for text in reader.all(name) if text != title or kind not in _BOOKS
    ]
    if venues or kind not in _BOOKS:
        return venues[0] if venues else ""
    return reader.first("PB")


def _publication(reader: _Reader, kind: str, venue: str) -> Publication:
    numbers = reader.all("SN")
    issn = next((text for text in numbers if _ISSN.fullmatch(text.split()[0])), "")
    isbn = next((text for text in numbers if text != issn), "")
    first, last = reader.first("SP"), reader.first("EP")
    publisher = reader.first("PB")
    institution = publisher if kind in ("thesis", "report") else ""
    genre = next((text for text in reader.all("M3") if not names_only_identifiers(text)), "")
    series = next((t for t in reader.all("T3") if t != venue or kind in _BOOKS), "")
    return Publication(
        type=kind,
        series=series,
        volume=reader.first("VL"),
        number=reader.first("IS"),
        pages=page_range(first, last) or reader.first("C7"),
        publisher="" if institution else publisher,
        place=reader.first("CY", "PP"),
        institution=institution,
        genre=genre,
        edition=reader.first("ET"),
        isbn=isbn,
        issn=issn,
        editors=_editors(reader, kind),
    )


def _editors(reader: _Reader, kind: str) -> tuple[Author, ...]:
    """``A2`` are editors in parts of books, but series editors, translators … elsewhere."""
    tags = ("ED", "A2") if kind in ("chapter", "paper", "book", "proceedings") else ("ED",)
    return authors_of(dict.fromkeys(_names(reader.all(*tags))))


def _identifiers(fields: Fields) -> tuple[Identifier, ...]:
    identifier: list[Identifier | None] = []
    for tag in (*_NUMBERS[:1], *_LINKS, *_NUMBERS[1:]):
        for text in fields.get(tag, ()):
            if tag == "DO":
                identifier += find_field_identifiers(text, "doi")[:1]
            elif tag in _LINKS:
                identifier += (
                    [parse_identifier(text)] if "://" in text else find_field_identifiers(text)
                )
            elif names_only_identifiers(text):
                identifier += find_field_identifiers(text)
    if _PUBMED.search(" ".join([*fields.get("DB", ()), *fields.get("DP", ())])):
        identifier += [parse_identifier(text, "pmid") for text in fields.get("AN", ())]
    identifier += [
        each
        for tag in _MENTIONING
        for text in fields.get(tag, ())
        if "arxiv" in text.lower()
        for each in find_identifiers(text)
        if each.scheme == "arxiv"
    ]
    unique = identifiers_of(*identifier)
    dois = [each for each in unique if each.scheme == "doi"]
    # Of several DOIs the first: the others name its copies, or supplements.
    return tuple(each for each in unique if each.scheme != "doi" or each == dois[0])


def _address(identifiers: tuple[Identifier, ...]) -> str:
    return (identifier_url(identifiers[0]) or "") if identifiers else ""


def _published(reader: _Reader) -> tuple[PartialDate | None, dict[str, Any]]:
    """The most exact of the dates, and those that say something else, as they came."""
    dates: list[PartialDate] = []
    extra: dict[str, Any] = {}
    for tag in _DATES:
        for text in reader.all(tag)[:1]:
            date = _date(text)
            if date is not None:
                dates.append(date)
            if date is None or str(date).replace("-", "/") != text.strip("/ ").replace("-", "/"):
                extra[tag] = text
    years = [date for date in dates if date.year == dates[0].year]
    return max(years, default=None), extra


def _date(text: str) -> PartialDate | None:
    parts = _DATE.match(text)
    if not parts:
        return None
    year, month, day = (int(part or 0) for part in parts.groups())
    for form in (f"{year:04d}-{month:02d}-{day:02d}", f"{year:04d}-{month:02d}", f"{year:04d}"):
        date = PartialDate.parse(form)
        if date is not None:
            return PartialDate(date.year, date.month, date.day if date.month else 0)
    return None
