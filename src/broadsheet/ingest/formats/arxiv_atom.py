"""arXiv's Atom: answers of the query API, and the daily feeds (Atom and RSS).

A record's raw form is the feed's start tag (it declares the namespaces) around
one entry. A daily feed tells when a paper was announced, not when it was
submitted: its date is the publication date of new papers only. The two are accounts
of their own beside OAI-PMH and the snapshot, which tell more.
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
    authors_of,
    checked_title,
    date_in_words,
    identifier_of,
    identifiers_of,
    partial_date,
    single_spaced,
)
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.markup import (
    Frame,
    Grammar,
    child_text,
    child_texts,
    children,
    descendant,
    enclose,
    iter_frames,
    parse_element,
    root_name,
)
from broadsheet.text.identifiers import arxiv_version, identifier_url, parse_identifier
from broadsheet.text.names import split_author_list

_GRAMMAR = Grammar(
    roots=("feed", "rss", "RDF"), elements=("entry", "item"), counted=("entry", "item")
)
# Other feeds have links to arXiv too.
_OF_ARXIV = re.compile(
    rb"arxiv\.org/(?:schemas/atom|api/)|<id>\s*https?://arxiv\.org/abs/|<guid[^>]*>\s*oai:arXiv"
)
_ERROR_TITLE = re.compile(rb"<title[^>]*>\s*Error\s*</title>")
_PAPER_ID = re.compile(rb"<(?:id|guid)[^>]*>\s*(?:http[^<]*/abs/|oai:)")
_ANNOUNCEMENT = re.compile(
    r"^arXiv:\S{1,40}\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)
_FIRST_ANNOUNCED = ("new", "cross")


class ArxivAtom:
    """See the module. Source "arxiv", key the identifier without version."""

    name = "arxiv-atom"

    def recognises(self, head: bytes, filename: str) -> bool:
        return root_name(head) in _GRAMMAR.roots and _OF_ARXIV.search(head) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        start = b""
        for frame in iter_frames(stream, _GRAMMAR):
            if isinstance(frame, Rejection):
                yield frame
            elif frame.kind == "root":
                start = frame.raw
            elif _ERROR_TITLE.search(frame.raw) and not _PAPER_ID.search(frame.raw):
                yield _refused(frame)
            else:
                yield RawRecord(enclose(start, frame.raw), frame.position)

    def parse(self, raw: bytes) -> Record:
        entry = descendant(parse_element(raw), "entry", "item")
        if entry is None:
            raise RecordError("there is no entry in it")
        name = child_text(entry, "id") or child_text(entry, "guid") or child_text(entry, "link")
        name = name.removeprefix("oai:arXiv.org:")
        identifier = parse_identifier(name, "arxiv")
        if identifier is None or identifier.scheme != "arxiv":
            raise RecordError(f"{name!r} is not an arXiv identifier")
        if child_text(entry, "announce_type"):
            return _announced(entry, identifier, arxiv_version(name))
        return _answered(entry, identifier, arxiv_version(name))


def _refused(frame: Frame) -> Rejection:
    try:
        entry = parse_element(frame.raw)
        message = child_text(entry, "summary") or child_text(entry, "title")
    except RecordError:
        message = "(no reason that can be read)"
    return rejection(f"arXiv answered with an error: {message}", frame.position, frame.raw)


def _answered(entry: Any, identifier: Identifier, version: int | None) -> Record:
    """An entry of the query API."""
    extra: dict[str, Any] = {}
    published = partial_date(child_text(entry, "published"), extra, "published")
    updated = partial_date(child_text(entry, "updated"), extra, "updated")
    return Record(
        source="arxiv",
        key=identifier.value,
        title=checked_title(child_text(entry, "title")),
        abstract=child_text(entry, "summary"),
        authors=_authors(entry),
        identifiers=identifiers_of(identifier, identifier_of(child_text(entry, "doi"), "doi")),
        published=published,
        updated=updated,
        venue=child_text(entry, "journal_ref"),
        url=identifier_url(identifier) or "",
        categories=_categories(entry),
        comment=child_text(entry, "comment"),
        versions=_versions(version, published, updated),
        extra=extra,
        account="query",
    )


def _announced(entry: Any, identifier: Identifier, version: int | None) -> Record:
    """An item of the daily feed."""
    kind = child_text(entry, "announce_type")
    text = child_text(entry, "description") or child_text(entry, "summary")
    dated = child_text(entry, "pubDate") or child_text(entry, "published")
    date = PartialDate.parse(dated) or date_in_words(dated)
    rights = child_text(entry, "rights")
    extra = {"announce_type": kind, "announced": dated}
    return Record(
        source="arxiv",
        key=identifier.value,
        title=checked_title(child_text(entry, "title")),
        abstract=_ANNOUNCEMENT.sub("", text, count=1),
        authors=authors_of(
            name for text in child_texts(entry, "creator") for name in split_author_list(text)
        ),
        identifiers=identifiers_of(identifier, identifier_of(child_text(entry, "DOI"), "doi")),
        published=date if kind in _FIRST_ANNOUNCED and version in (None, 1) else None,
        updated=date,
        venue=child_text(entry, "journal_reference"),
        url=identifier_url(identifier) or "",
        categories=_categories(entry),
        versions=(Version(version),) if version else (),
        extra=extra | ({"rights": rights} if rights else {}),
        account="feed",
    )


def _authors(entry: Any) -> tuple[Author, ...]:
    authors = []
    for author in children(entry, "author"):
        name = child_text(author, "name")
        affiliations = "; ".join(filter(None, child_texts(author, "affiliation")))
        if name:
            authors.append(Author(name, affiliations))
    return tuple(authors)


def _categories(entry: Any) -> tuple[str, ...]:
    names = [
        each.get("term") or single_spaced("".join(each.itertext()))
        for local in ("primary_category", "category")
        for each in children(entry, local)
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def _versions(
    number: int | None, published: PartialDate | None, updated: PartialDate | None
) -> tuple[Version, ...]:
    """An answer dates the first version and the one it shows; those between it leaves out."""
    if number is None or number == 0:
        return ()
    first = Version(1, published)
    return (first,) if number == 1 else (first, Version(number, updated))
