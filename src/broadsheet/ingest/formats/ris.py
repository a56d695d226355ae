"""RIS, one reference at a time, from ``TY`` to ``ER``."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifier_of,
    identifiers_of,
    single_spaced,
    texts_of,
    title_key,
)
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.lines import Line, iter_lines
from broadsheet.text.identifiers import find_identifiers, identifier_url, parse_identifier
from broadsheet.text.names import given_first

_BEGIN = re.compile(rb"TY {1,2}- ?")
_END = re.compile(rb"ER {1,2}-?\s*$")
_ANYWHERE = re.compile(rb"(?m)^TY {1,2}- ?\S")
# Some writers put one space before the hyphen, or none after it.
_TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-\s?")
_LISTS = ("AU", "A1", "KW")
_DATE = re.compile(r"\s*(\d{4})(?:[/-](\d{1,2})?)?(?:[/-](\d{1,2})?)?")

_TITLES = ("title", "primary_title", "short_title")
_ABSTRACTS = ("abstract", "notes_abstract")
_VENUES = (
    "journal_name", "secondary_title", "alternate_title3", "alternate_title2", "tertiary_title",
)  # fmt: skip
_DATES = ("date", "year", "publication_year")
_MAPPED = frozenset(
    ("doi", "urls", "authors", "first_authors", "keywords", "notes", "end_of_reference")
)


class Ris:
    """See the module. Source "ris", key the first identifier, else ID and title."""

    name = "ris"

    def recognises(self, head: bytes, filename: str) -> bool:
        return head.lstrip()[:1] not in (b"{", b"[", b"<") and _ANYWHERE.search(head) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return _Splitter().split(stream)

    def parse(self, raw: bytes) -> Record:
        fields = _read_reference(raw)
        used: set[str] = set(_MAPPED)
        title = checked_title(_first(fields, _TITLES, used))
        abstract, venue = _first(fields, _ABSTRACTS, used), _first(fields, _VENUES, used)
        authors = authors_of(
            given_first(name)
            for name in (*texts_of(fields.get("first_authors")), *texts_of(fields.get("authors")))
        )
        urls, notes = texts_of(fields.get("urls")), texts_of(fields.get("notes"))
        identifiers = _identifiers(fields, urls)
        published, kept = _published(fields)
        extra = {name: fields[name] for name in fields if name not in used and name not in _DATES}
        if len(urls) > 1:
            extra["urls"] = list(urls)
        name = str(fields.get("id") or (authors[0].name if authors else ""))
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
            keywords=texts_of(fields.get("keywords")),
            comment="; ".join(notes),
            extra=extra | kept,
        )


class _Splitter:
    """Gathers the lines of one reference at a time."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._start = 0
        self._count = 0

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        for line in iter_lines(stream):
            if isinstance(line, Rejection):
                yield from self._abandon("it holds an overlong line")
                yield line
            else:
                yield from self._line(line)
        yield from self._abandon("the input ends before the ER line of this reference")

    def _line(self, line: Line) -> Iterator[RawRecord | Rejection]:
        if _BEGIN.match(line.text):
            if self._lines:
                # Only the ER line is missing.
                yield self._finish()
            self._count += 1
            self._start = line.number
        elif not self._lines:
            if _END.match(line.text):
                yield rejection("an ER line without a reference", f"line {line.number}", line.text)
            return
        elif _END.match(line.text):
            yield self._finish()
            return
        self._lines.append(line.text)
        self._size += len(line.text) + 1
        if self._size > RECORD_LIMIT:
            yield from self._abandon(f"more than {RECORD_LIMIT >> 20} MiB in one reference")

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


def _read_reference(raw: bytes) -> dict[str, Any]:
    # Only RIS files need it.
    import rispy

    try:
        found = rispy.loads(_unfolded(raw.decode("utf-8", "replace")))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise RecordError(f"not a RIS reference: {error!r}") from None
    if not found:
        raise RecordError("not a RIS reference: it needs a TY and an ER line")
    return {name: _plain(value) for name, value in found[0].items()}


def _unfolded(text: str) -> str:
    """A tag a line, each in the standard's form. A line without a tag goes on with the
    one before it, or is a further part of a list."""
    lines: list[list[str]] = []
    for line in text.replace("\r", "").split("\n"):
        tag = _TAG.match(line)
        if tag:
            lines.append([f"{tag.group(1)}  - {line[tag.end() :]}"])
        elif line.strip() and lines:
            if lines[-1][0][:2] in _LISTS:
                lines.append([f"{lines[-1][0][:2]}  - {line.strip()}"])
            else:
                lines[-1].append(line.strip())
    return "\n".join(" ".join(parts) for parts in lines)


def _plain(value: Any) -> Any:
    """Values as JSON knows them, texts as one line."""
    if isinstance(value, str):
        return single_spaced(value)
    if isinstance(value, list):
        return [text for part in value if (text := single_spaced(str(part)))]
    return {str(name): _plain(part) for name, part in value.items()}


def _first(fields: dict[str, Any], names: tuple[str, ...], used: set[str]) -> str:
    for name in names:
        if isinstance(text := fields.get(name), str) and text:
            used.add(name)
            return text
    return ""


def _identifiers(fields: dict[str, Any], urls: tuple[str, ...]) -> tuple[Identifier, ...]:
    doi = str(fields.get("doi") or "")
    mentioned = [
        found
        for name in ("journal_name", "secondary_title", "note", "accession_number")
        if "arxiv" in str(fields.get(name, "")).lower()
        for found in find_identifiers(str(fields[name]))
        if found.scheme == "arxiv"
    ]
    return identifiers_of(identifier_of(doi, "doi"), *map(parse_identifier, urls), *mentioned)


def _address(identifiers: tuple[Identifier, ...]) -> str:
    return (identifier_url(identifiers[0]) or "") if identifiers else ""


def _published(fields: dict[str, Any]) -> tuple[PartialDate | None, dict[str, Any]]:
    """The most exact of the dates, and those that say something else, as they came."""
    found: list[PartialDate] = []
    kept: dict[str, Any] = {}
    for name in _DATES:
        text = str(fields.get(name) or "")
        date = _date(text)
        if date is not None:
            found.append(date)
        if text and (
            date is None or str(date).replace("-", "/") != text.strip("/ ").replace("-", "/")
        ):
            kept[name] = text
    years = [date for date in found if date.year == found[0].year]
    return max(years, default=None), kept


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
