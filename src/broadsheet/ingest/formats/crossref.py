"""Crossref works: answers of ``/works``, and the public data file.

Names are hyphened: ``DOI``, ``title`` [], ``abstract`` (JATS), ``author`` [{given, family, suffix,
affiliation [{name}]}] or [{name}], dates as ``date-parts`` [[2024, 5, 1]], ``container-title`` [],
``type``, ``update-to`` (the works that this notice corrects or retracts), ``updated-by`` (the
notices about this work), ``relation``, ``is-referenced-by-count``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Publication, Record, Version
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifiers_of,
    page_range,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.json_values import child, children, count_of, present
from broadsheet.text.identifiers import doi_version, parse_identifier

RECORDS = ("message", "items")
_WORK = re.compile(rb'"(?:message-type|is-referenced-by-count|reference-count)"\s*:')
_DATES = ("posted", "published-online", "published", "published-print", "issued")
# Kind of a notice → status of the work, the gravest first. New versions and addenda do not change
# the status.
_STATUSES = {
    "retraction": "retracted",
    "partial_retraction": "partly retracted",
    "withdrawal": "withdrawn",
    "removal": "removed",
    "expression_of_concern": "expression of concern",
    "correction": "corrected",
    "corrigendum": "corrected",
    "erratum": "corrected",
    "clarification": "corrected",
}
_TYPES = {
    "journal-article": "article", "proceedings-article": "paper", "book-chapter": "chapter",
    "book-section": "chapter", "book-part": "chapter", "reference-entry": "chapter",
    "book": "book", "monograph": "book", "edited-book": "book", "reference-book": "book",
    "book-set": "book", "proceedings": "proceedings", "dissertation": "thesis",
    "report": "report", "report-component": "report", "posted-content": "preprint",
    "dataset": "dataset", "standard": "report", "peer-review": "article",
}  # fmt: skip
# Relations under which arXiv's copy of the same work is named.
_COPIES = ("has-preprint", "is-preprint-of", "is-identical-to", "is-same-as", "is-variant-form-of")


class Crossref:
    """See the module. Source "crossref", key the DOI in lower case."""

    name = "crossref"

    def recognises(self, head: bytes, filename: str) -> bool:
        return (
            head.lstrip()[:1] in (b"{", b"[")
            and b'"DOI"' in head
            and _WORK.search(head) is not None
        )

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_answers(stream, RECORDS, ("items",))

    def parse(self, raw: bytes) -> Record:
        work = json_object(raw)
        if "DOI" not in work and isinstance(work.get("message"), dict):
            work = work["message"]  # the answer about one work
        name = parse_identifier(text_of(work.get("DOI")), "doi")
        if name is None:
            raise RecordError(f"{text_of(work.get('DOI'))!r} is not a DOI")
        return Record(
            source="crossref",
            key=name.value,
            title=checked_title(_title(work)),
            abstract=plain_text(text_of(work.get("abstract"))),
            authors=_authors(work),
            identifiers=identifiers_of(name, *_arxiv_copies(work)),
            published=_published(work),
            venue=_venue(work),
            url=text_of(work.get("URL")) or f"https://doi.org/{name.value}",
            keywords=texts_of(work.get("subject") or []),
            status=_status(work),
            signals=present({"crossref_citation": count_of(work.get("is-referenced-by-count"))}),
            versions=_versions(work),
            publication=_publication(work),
            extra=_extra(work),
        )


def _first(work: Mapping[str, Any], name: str) -> str:
    texts = texts_of(work.get(name) or [])
    return plain_text(texts[0]) if texts else ""


def _title(work: Mapping[str, Any]) -> str:
    title, subtitle = _first(work, "title"), _first(work, "subtitle")
    if subtitle and subtitle.casefold() not in title.casefold():
        return f"{title}{'' if title[-1:] in ':?!–—' else ':'} {subtitle}" if title else subtitle
    return title


def _versions(work: Mapping[str, Any]) -> tuple[Version, ...]:
    """Of a preprint whose versions have DOIs of their own, this one."""
    number = doi_version(text_of(work.get("DOI")))
    # Older records of bioRxiv stand for all versions.
    if not number or text_of(work.get("DOI")).startswith(("10.1101/", "10.64898/")):
        return ()
    return (Version(number, _date(work.get("posted")) or _published(work)),)


def _publication(work: Mapping[str, Any]) -> Publication:
    type_ = _TYPES.get(text_of(work.get("type")), "")
    institutions = [text_of(each.get("name")) for each in children(work, "institution")]
    pages, number = text_of(work.get("page")), text_of(work.get("article-number"))
    return Publication(
        type=type_,
        volume=text_of(work.get("volume")),
        number=text_of(work.get("issue")),
        pages=page_range(pages) or number,
        publisher=plain_text(text_of(work.get("publisher"))),
        place=text_of(work.get("publisher-location")),
        institution=next(filter(None, institutions), ""),
        edition=text_of(work.get("edition-number")),
        isbn=next(iter(texts_of(work.get("ISBN") or [])), ""),
        issn=next(iter(texts_of(work.get("ISSN") or [])), ""),
        editors=_people(work, "editor"),
    )


def _authors(work: Mapping[str, Any]) -> tuple[Author, ...]:
    return _people(work, "author")


def _people(work: Mapping[str, Any], role: str) -> tuple[Author, ...]:
    authors = []
    for each in children(work, role):
        parts = (text_of(each.get(name)) for name in ("given", "family", "suffix"))
        name = " ".join(filter(None, parts)) or text_of(each.get("name"))
        places = texts_of([place.get("name") for place in children(each, "affiliation")])
        if name:
            authors.append(Author(plain_text(name), "; ".join(map(plain_text, places))))
    return tuple(authors)


def _arxiv_copies(work: Mapping[str, Any]) -> Iterator[Identifier]:
    """arXiv's names of the work. A second DOI is another work here, a preprint at arXiv
    is this one."""
    relation = child(work, "relation")
    for kind in _COPIES:
        for other in children(relation, kind):
            scheme = text_of(other.get("id-type")).casefold()
            identifier = parse_identifier(text_of(other.get("id")), scheme)
            if identifier is not None and identifier.scheme == "arxiv":
                yield identifier


def _published(work: Mapping[str, Any]) -> PartialDate | None:
    """The first date known to the day, else the first of the most exact."""
    dates = [date for name in _DATES if (date := _date(work.get(name))) is not None]
    return min(dates, key=lambda date: (not date.day, not date.month), default=None)


def _date(value: Any) -> PartialDate | None:
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts else None
    if not isinstance(first, list) or not all(isinstance(part, int) for part in first):
        return None
    # A day that does not exist leaves the month, a month that does not the year.
    for upto in range(min(3, len(first)), 0, -1):
        year, *rest = first[:upto]
        if date := PartialDate.parse("-".join([f"{year:04d}", *(f"{part:02d}" for part in rest)])):
            return date
    return None


def _venue(work: Mapping[str, Any]) -> str:
    institutions = [text_of(each.get("name")) for each in children(work, "institution")]
    event = text_of(child(work, "event").get("name"))
    return _first(work, "container-title") or event or next(filter(None, institutions), "")


def _status(work: Mapping[str, Any]) -> str:
    update_kinds = {
        re.sub(r"[\s-]+", "_", text_of(each.get("type")).casefold())
        for each in children(work, "updated-by")
    }
    return next((status for kind, status in _STATUSES.items() if kind in update_kinds), "")


def _extra(work: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        {
            "type": text_of(work.get("type")),
            "license": next(
                (url for each in children(work, "license") if (url := text_of(each.get("URL")))), ""
            ),
            "references": count_of(work.get("references-count")),
            "corrects": _notices(work, "update-to"),
            "notices": _notices(work, "updated-by"),
            "related": {
                kind: list(texts_of([each.get("id") for each in children(relation, kind)]))
                for relation in (child(work, "relation"),)
                for kind in relation
            },
        }
    )


def _notices(work: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    notices = []
    for each in children(work, name):
        date = _date(each.get("updated"))
        notice = present(
            {
                "doi": text_of(each.get("DOI")).lower(),
                "type": text_of(each.get("type")),
                "date": str(date or ""),
            }
        )
        if notice and notice not in notices:
            notices.append(notice)
    return notices
