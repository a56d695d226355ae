"""BibTeX and BibLaTeX, one entry at a time.

A record's raw form is one entry, preceded by the ``@string`` definitions it
uses. Text is kept as written, LaTeX and inner braces too; a pair of braces
around a whole value goes. ``@comment``, ``@preamble`` and text between entries
are passed over.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Record
from broadsheet.ingest.formats.bibtex_entries import Strings, iter_entries, unbraced, value_text
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    identifier_of,
    identifiers_of,
    partial_date,
    single_spaced,
    title_key,
)
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.identifiers import find_identifiers, identifier_url, parse_identifier
from broadsheet.text.names import split_bibtex_authors

# The library reports damage to the log as well; people read it in the rejections.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())

_START = re.compile(rb"(?m)^\s*@\s*[A-Za-z]{3,30}\s*[{(]")
_VENUES = ("journal", "journaltitle", "booktitle", "series", "school", "institution", "publisher")
_MAPPED = frozenset(
    (
        "title",
        "subtitle",
        "abstract",
        "author",
        "doi",
        "url",
        "eprint",
        "archiveprefix",
        "eprinttype",
        "primaryclass",
        "eprintclass",
        "keywords",
        "year",
        "month",
        "date",
        "note",
        "pmid",
    )
)
_EPRINT_SCHEMES = {"pubmed": "pmid"}
# Where people write an arXiv identifier when they leave eprint empty.
_MENTIONING = ("journal", "note", "howpublished", "volume")


class Bibtex:
    """See the module. Source "bibtex", key the first identifier, else citation key and title."""

    name = "bibtex"

    def recognises(self, head: bytes, filename: str) -> bool:
        return head.lstrip()[:1] not in (b"{", b"[", b"<") and _START.search(head) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return iter_entries(stream)

    def parse(self, raw: bytes) -> Record:
        kind, citation_key, fields = _read_entry(raw)
        title = single_spaced(
            ": ".join(filter(None, (fields.get("title"), fields.get("subtitle"))))
        )
        title = checked_title(title)
        identifiers = _identifiers(fields)
        extra: dict[str, Any] = {"entry_type": kind}
        if citation_key:
            extra["citation_key"] = citation_key
        published = _published(fields, extra)
        venue = next((name for name in _VENUES if fields.get(name)), "")
        extra |= {k: v for k, v in fields.items() if v and k not in _MAPPED and k != venue}
        url = fields.get("url", "")
        return Record(
            source="bibtex",
            key=str(identifiers[0])
            if identifiers
            else f"{citation_key} {title_key(title)}".strip(),
            title=title,
            abstract=fields.get("abstract", ""),
            authors=authors_of(split_bibtex_authors(fields.get("author", ""))),
            identifiers=identifiers,
            published=published,
            venue=fields.get(venue, ""),
            url=url or ((identifier_url(identifiers[0]) or "") if identifiers else ""),
            categories=_categories(fields),
            keywords=tuple(
                dict.fromkeys(
                    word.strip()
                    for word in re.split("[,;]", fields.get("keywords", ""))
                    if word.strip()
                )
            ),
            comment=fields.get("note", ""),
            extra=extra,
        )


def _read_entry(raw: bytes) -> tuple[str, str, dict[str, str]]:
    """Type, citation key and fields (names in lower case, values as one line)."""
    # Slow to load, and only BibTeX files need it.
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry

    library = parse_string(raw.decode("utf-8", "replace"), parse_stack=[])
    # Of a field given twice the first counts.
    entries = library.entries + [
        block.ignore_error_block
        for block in library.failed_blocks
        if isinstance(block, DuplicateFieldKeyBlock) and isinstance(block.ignore_error_block, Entry)
    ]
    if not entries:
        reasons = [str(block.error) for block in library.failed_blocks]
        raise RecordError(f"not a BibTeX entry: {'; '.join(filter(None, reasons)) or 'no entry'}")
    entry = entries[0]
    strings = Strings({each.key.lower(): each.value for each in library.strings})
    fields: dict[str, str] = {}
    try:
        for part in entry.fields:
            text = single_spaced(value_text(part.value, strings))
            fields.setdefault(part.key.strip().lower(), unbraced(text))
    except RecursionError:
        raise RecordError("its strings are defined by one another in too many steps") from None
    return entry.entry_type.lower(), entry.key.strip(), fields


def _identifiers(fields: dict[str, str]) -> tuple[Identifier, ...]:
    archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv").lower()
    eprint, pmid = fields.get("eprint", ""), fields.get("pmid", "")
    mentioned = [
        found
        for name in _MENTIONING
        if "arxiv" in fields.get(name, "").lower()
        for found in find_identifiers(fields[name])
        if found.scheme == "arxiv"
    ]
    return identifiers_of(
        parse_identifier(eprint, _EPRINT_SCHEMES.get(archive, archive)) if eprint else None,
        identifier_of(fields.get("doi", ""), "doi"),
        parse_identifier(pmid, "pmid") if pmid else None,
        parse_identifier(fields.get("url", "")),
        *mentioned,
    )


def _published(fields: dict[str, str], extra: dict[str, Any]) -> PartialDate | None:
    if fields.get("date"):
        # BibLaTeX: a range counts from its start.
        found = partial_date(fields["date"].split("/")[0], extra, "date")
        if found is not None:
            return found
    written = fields.get("year", "")
    year = re.search(r"\d{4}", written)
    found = PartialDate.parse(year.group()) if year else None
    if written and str(found) != written:
        extra["year"] = written
    month = month_number(fields.get("month", ""))
    return PartialDate(found.year, month) if found and month else found


def _categories(fields: dict[str, str]) -> tuple[str, ...]:
    named = fields.get("primaryclass") or fields.get("eprintclass") or ""
    return tuple(named.split())
