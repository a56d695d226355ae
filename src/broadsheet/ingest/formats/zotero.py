"""A Zotero library, as its API gives it: a list of items, each with key, version and ``data``.

https://www.zotero.org/support/dev/web_api/v3/basics. Attachments, notes and annotations are no
works and are left out. Items of another program's JSON without ``data`` are read too. The source
writes a deletion as ``{"deleted": KEY, "on": DAY}``: a notice, matched by the identifier that
every Zotero item carries.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Publication, Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifier_of,
    identifiers_of,
    page_range,
    single_spaced,
    text_of,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.identifiers import find_identifiers
from broadsheet.text.links import repository_url
from broadsheet.text.wordlists import words

DELETED = "deleted"
DELETED_STATUS = "deleted from Zotero"
_NO_WORK = re.compile(rb'"itemType"\s*:\s*"(?:attachment|note|annotation)"')
_KEY = re.compile(r"[A-Z0-9]{8}")
_TITLES = ("title", "caseName", "nameOfAct", "subject")
_VENUES = (
    "publicationTitle",
    "proceedingsTitle",
    "conferenceName",
    "bookTitle",
    "encyclopediaTitle",
    "dictionaryTitle",
    "websiteTitle",
    "university",
    "institution",
    "repository",
    "publisher",
)
_NOT_AUTHORS = words(
    "editor seriesEditor bookAuthor translator reviewedAuthor contributor commenter recipient "
    "castMember producer sponsor cosponsor counsel wordsBy attorneyAgent guest"
)
_TYPES = {
    "journalArticle": "article", "magazineArticle": "article", "newspaperArticle": "article",
    "conferencePaper": "paper", "bookSection": "chapter", "encyclopediaArticle": "chapter",
    "dictionaryEntry": "chapter", "book": "book", "thesis": "thesis", "report": "report",
    "standard": "report", "preprint": "preprint", "dataset": "dataset",
    "computerProgram": "software", "patent": "patent", "webpage": "web page",
    "blogPost": "web page", "forumPost": "web page", "presentation": "presentation",
}  # fmt: skip
_KEPT = (
    "itemType",
    "language",
    "rights",
    "dateAdded",
    "collections",
)
_LABELLED = re.compile(r"\s*(DOI|PMID|PMCID|arXiv|OpenAlex|MAG)\s*:\s*(\S+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


class Zotero:
    """See the module. Source "zotero", key the item's key."""

    name = "zotero"

    def recognises(self, head: bytes, filename: str) -> bool:
        return head.lstrip()[:1] in (b"{", b"[") and b'"itemType"' in head

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        for piece in split_answers(stream, ("items",), what="item"):
            if isinstance(piece, Rejection) or not _NO_WORK.search(piece.raw):
                yield piece

    def parse(self, raw: bytes) -> Record:
        item = json_object(raw)
        if DELETED in item and "itemType" not in item and "data" not in item:
            return _notice(item)
        content = item.get("data")
        fields: Mapping[str, Any] = content if isinstance(content, dict) else item
        key = text_of(item.get("key") or fields.get("key"))
        if not _KEY.fullmatch(key):
            raise RecordError(f"{key!r} is not the key of an item in Zotero")
        extra = _extra(fields)
        return Record(
            source="zotero",
            key=key,
            title=checked_title(plain_text(_first(fields, _TITLES))),
            abstract=plain_text(text_of(fields.get("abstractNote"))),
            authors=_authors(fields.get("creators")),
            identifiers=identifiers_of(*_identifiers(key, fields)),
            published=_date(item, fields, extra),
            venue=plain_text(_first(fields, _VENUES)),
            url=_web_address(text_of(fields.get("url"))),
            keywords=_tags(fields.get("tags")),
            code_url=repository_url(text_of(fields.get("url"))) or "",
            publication=_publication(fields),
            extra=extra,
        )


def _notice(item: Mapping[str, Any]) -> Record:
    key = text_of(item.get(DELETED))
    if not _KEY.fullmatch(key):
        raise RecordError(f"{key!r} is not the key of an item in Zotero")
    return Record(
        source="zotero",
        key=key,
        identifiers=(Identifier("zotero", key),),
        updated=PartialDate.parse(text_of(item.get("on"))),
        status=DELETED_STATUS,
    )


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := text_of(fields.get(name)))), "")


def _authors(creators: Any) -> tuple[Author, ...]:
    authors = [
        each for each in _objects(creators) if text_of(each.get("creatorType")) not in _NOT_AUTHORS
    ]
    return tuple(Author(name) for each in authors if (name := _name(each)))


def _publication(fields: Mapping[str, Any]) -> Publication:
    def first(*names: str) -> str:
        return plain_text(_first(fields, names))

    people = _objects(fields.get("creators"))
    editors = [each for each in people if text_of(each.get("creatorType")) == "editor"]
    return Publication(
        type=_TYPES.get(text_of(fields.get("itemType")), ""),
        series=first("series", "seriesTitle"),
        volume=first("volume"),
        number=first("issue", "reportNumber", "patentNumber", "number"),
        pages=page_range(first("pages")),
        publisher=first("publisher"),
        place=first("place"),
        institution=first("university", "institution"),
        genre=first("thesisType", "reportType", "genre", "presentationType"),
        edition=first("edition"),
        isbn=first("ISBN"),
        issn=first("ISSN"),
        editors=tuple(Author(name) for each in editors if (name := _name(each))),
    )


def _name(creator: Mapping[str, Any]) -> str:
    whole = text_of(creator.get("name"))
    parts = (text_of(creator.get("firstName")), text_of(creator.get("lastName")))
    return whole or " ".join(filter(None, parts))


def _identifiers(key: str, fields: Mapping[str, Any]) -> Iterator[Identifier | None]:
    """The item's own name last: catalogues' names say more."""
    yield identifier_of(text_of(fields.get("DOI")), "doi")
    archived = text_of(fields.get("archiveID"))
    if archived.lower().startswith("arxiv:"):
        yield identifier_of(archived.split()[0], "arxiv")
    # People and translators write "DOI: …", "arXiv:2401.00001 [cs]" a line into "extra".
    notes = fields.get("extra")
    for line in notes.splitlines() if isinstance(notes, str) else ():
        if labelled := _LABELLED.match(line):
            scheme = labelled.group(1).lower()
            yield identifier_of(f"{scheme}:{labelled.group(2)}")
    for identifier in find_identifiers(text_of(fields.get("url"))):
        if identifier.scheme in ("arxiv", "acl", "openreview", "pmid", "pmcid"):
            yield identifier
    yield Identifier("zotero", key)


def _date(
    item: Mapping[str, Any], fields: Mapping[str, Any], extra: dict[str, Any]
) -> PartialDate | None:
    """Return Zotero's own reading of the date, else ours."""
    meta = item.get("meta")
    parsed = text_of(meta.get("parsedDate")) if isinstance(meta, dict) else ""
    written = text_of(fields.get("date"))
    if date := PartialDate.parse(parsed.replace("-00", "")) or PartialDate.parse(written):
        return date
    year = _YEAR.search(written)
    if year is None:
        if written:
            extra["date"] = written
        return None
    return PartialDate(int(year.group()), month_number(written))


def _tags(tags: Any) -> tuple[str, ...]:
    names = [text_of(each.get("tag")) for each in _objects(tags)]
    return tuple(dict.fromkeys(filter(None, names)))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _extra(fields: Mapping[str, Any]) -> dict[str, Any]:
    extra = {name: value for name in _KEPT if (value := fields.get(name))}
    notes = fields.get("extra")
    if isinstance(notes, str) and notes.strip():
        extra["extra"] = single_spaced(notes)
    if changed := text_of(fields.get("dateModified")):
        # By which an item that was restored lifts the notice of its deletion.
        extra["revised"] = changed[:10]
    return extra


def _web_address(text: str) -> str:
    return text if text.startswith(("http://", "https://")) else ""
