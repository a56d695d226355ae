"""Answers of bioRxiv's and medRxiv's API: ``messages`` and a ``collection`` of versions.

Each entry is one version of a preprint; the versions of a DOI are one paper.
Fields, all text: ``doi, title, authors`` ("Family, G.; …"), ``author_corresponding``,
``author_corresponding_institution, date`` (of this version), ``version, type, license,
category, jatsxml, abstract, published`` (the journal's DOI), ``server``. "NA" is none.
https://api.biorxiv.org
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record, Version
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifier_of,
    identifiers_of,
    partial_date,
    text_of,
)
from broadsheet.ingest.formats.highwire import highwire_text
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.names import given_first
from broadsheet.text.titles import names_match

RECORDS = ("collection",)
_VENUES = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_NONE = ("na", "n/a", "none", "null")
_KEPT = ("type", "license", "jatsxml", "funder", "funding")
_SENT_IN = re.compile(r"/(20\d\d)\.(\d\d)\.\d\d\.")
_WITHDRAWN = re.compile(r"\s*(?:WITHDRAWN\b|\[?[Ww]ithdrawn\]?\s*:)")
_NO_PAPERS = re.compile(rb'\{\s*"messages"')


class Biorxiv:
    """See the module. Source "biorxiv" (for both servers), key the DOI with its version."""

    name = "biorxiv"

    def recognises(self, head: bytes, filename: str) -> bool:
        if head.lstrip()[:1] not in (b"{", b"["):
            return False
        return (b'"messages"' in head and b'"collection"' in head) or (
            b'"author_corresponding"' in head and b'"doi"' in head
        )

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        for piece in split_answers(stream, RECORDS):
            # An answer without papers ("no posts found") holds messages only.
            if isinstance(piece, Rejection) or not _NO_PAPERS.match(piece.raw):
                yield piece

    def parse(self, raw: bytes) -> Record:
        fields = {name: _text(value) for name, value in json_object(raw).items()}
        get = fields.get
        doi = parse_identifier(get("doi", ""), "doi")
        if doi is None or doi.scheme != "doi":
            raise RecordError(f"{get('doi', '')!r} is not a DOI")
        number = _version(get("version", ""))
        extra: dict[str, Any] = {name: text for name in _KEPT if (text := get(name, ""))}
        posted = partial_date(get("date", ""), extra, "date")
        server = _VENUES.get(get("server", "").lower(), get("server", "") or "bioRxiv")
        return Record(
            source="biorxiv",
            key=f"{doi.value}v{number}",
            title=checked_title(get("title", "")),
            abstract=get("abstract", ""),
            authors=_authors(fields),
            identifiers=identifiers_of(doi, identifier_of(get("published", ""), "doi")),
            published=posted if number == 1 else _sent_in(doi),
            updated=posted,
            venue=server,
            url=f"https://www.{server.lower()}.org/content/{doi.value}v{number}",
            categories=tuple(filter(None, [get("category", "")])),
            status=_status(fields),
            versions=(Version(number, posted),),
            extra=extra,
        )


def _text(value: Any) -> str:
    text = highwire_text(plain_text(text_of(value)))
    return "" if text.lower() in _NONE else text


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1


def _sent_in(doi: Identifier) -> PartialDate | None:
    """The month in the DOI, for a later version: when the first was posted is not said."""
    match = _SENT_IN.search(f"{doi.value}.")
    return PartialDate.parse("-".join(match.groups())) if match else None


def _authors(fields: dict[str, str]) -> tuple[Author, ...]:
    names = [given_first(name) for name in fields.get("authors", "").split(";") if name.strip()]
    corresponding = fields.get("author_corresponding", "")
    institution = fields.get("author_corresponding_institution", "")
    authors = []
    for name in filter(None, names):
        theirs = bool(corresponding) and names_match(name, corresponding)
        authors.append(Author(name, institution if theirs else ""))
        if theirs:
            corresponding = ""
    return tuple(authors)


def _status(fields: dict[str, str]) -> str:
    withdrawn = fields.get("type", "").lower().startswith("withdraw") or _WITHDRAWN.match(
        fields.get("title", "")
    )
    return "withdrawn" if withdrawn else ""
