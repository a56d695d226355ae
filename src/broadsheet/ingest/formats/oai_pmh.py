"""OAI-PMH answers with metadata in ``arXiv``, ``arXivRaw`` or ``oai_dc``.

A record's raw form is the answer's start tag (it declares the namespaces)
around one ``record``. A deleted record has a header only: it becomes a record
with status "withdrawn" and no title, known by its identifier; without an
identifier that names a paper it is an error.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record, Version
from broadsheet.ingest.formats.arxiv import version_number
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
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.markup import (
    Frame,
    Grammar,
    child_text,
    child_texts,
    children,
    descendant,
    enclose,
    iter_frames,
    local_name,
    parse_element,
    root_name,
)
from broadsheet.text.arxiv_sets import category_of_set
from broadsheet.text.identifiers import (
    find_field_identifiers,
    identifier_url,
    parse_identifier,
)
from broadsheet.text.names import given_first, split_author_list

GRAMMAR = Grammar(roots=("OAI-PMH",), elements=("record", "error"))
_ROOTS = ("OAI-PMH", "ListRecords", "GetRecord", "record")
_NAMESPACE = b"http://www.openarchives.org/OAI/2.0/"
_ARXIV_PREFIX = "oai:arXiv.org:"
_KEPT = ("report-no", "msc-class", "acm-class", "license", "proxy", "submitter")
_DC_KEPT = (
    "publisher",
    "contributor",
    "type",
    "format",
    "language",
    "relation",
    "rights",
    "coverage",
)


class OaiPmh:
    """See the module. Source "arxiv", key the identifier without version.

    Records of another repository have the source "oai" and their OAI identifier as key.
    """

    name = "oai-pmh"

    def recognises(self, head: bytes, filename: str) -> bool:
        root = root_name(head)
        return root == "OAI-PMH" or (root in _ROOTS and _NAMESPACE in head)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        start = b""
        for frame in iter_frames(stream, GRAMMAR):
            if isinstance(frame, Rejection):
                yield frame
            elif frame.kind == "root":
                start = frame.raw
            elif frame.name == "error":
                yield refused(frame)
            else:
                yield RawRecord(enclose(start, frame.raw), frame.position)

    def parse(self, raw: bytes) -> Record:
        record = descendant(parse_element(raw), "record")
        header = None if record is None else descendant(record, "header")
        if header is None:
            raise RecordError("an OAI record without a header")
        oai_name = child_text(header, "identifier")
        if header.get("status") == "deleted":
            return _deleted(oai_name, header)
        for part in children(record, "metadata"):
            for metadata in part:
                reader = _READERS.get(local_name(metadata))
                if reader is not None:
                    return reader(oai_name, header, metadata)
        raise RecordError("no metadata in arXiv, arXivRaw or oai_dc form")


def refused(frame: Frame) -> Rejection:
    """Return an error of the repository as a rejected record."""
    code, message = "", ""
    try:
        error = parse_element(frame.raw)
        code, message = error.get("code") or "", single_spaced("".join(error.itertext()))
    except RecordError:
        pass
    reason = f"the repository answered with the error {code or 'without a code'}"
    return rejection(f"{reason}: {message}" if message else reason, frame.position, frame.raw)


def _paper_identifier(oai_name: str) -> Identifier | None:
    if oai_name.startswith(_ARXIV_PREFIX):
        return parse_identifier(oai_name.removeprefix(_ARXIV_PREFIX), "arxiv")
    return parse_identifier(oai_name.rpartition(":")[2]) if oai_name else None


def _deleted(oai_name: str, header: Any) -> Record:
    identifier = _paper_identifier(oai_name)
    if identifier is None:
        raise RecordError(f"the deleted record {oai_name!r} names no known paper")
    return Record(
        source=_source(oai_name),
        key=_key(oai_name, identifier),
        identifiers=(identifier,),
        updated=partial_date(child_text(header, "datestamp"), {}, "datestamp"),
        status="withdrawn",
    )


def _source(oai_name: str) -> str:
    return "arxiv" if oai_name.startswith(_ARXIV_PREFIX) else "oai"


def _key(oai_name: str, identifier: Identifier) -> str:
    return identifier.value if oai_name.startswith(_ARXIV_PREFIX) else oai_name


def _arxiv_identifier(metadata: Any) -> Identifier:
    name = child_text(metadata, "id")
    identifier = parse_identifier(name, "arxiv")
    if identifier is None or identifier.scheme != "arxiv":
        raise RecordError(f"{name!r} is not an arXiv identifier")
    return identifier


def _shared(metadata: Any, identifier: Identifier, header: Any) -> dict[str, Any]:
    """The fields that ``arXiv`` and ``arXivRaw`` have in common."""
    extra = {name: text for name in _KEPT if (text := child_text(metadata, name))}
    if stamp := child_text(header, "datestamp"):
        extra["datestamp"] = stamp
    return {
        "source": "arxiv",
        "key": identifier.value,
        "title": checked_title(child_text(metadata, "title")),
        "abstract": child_text(metadata, "abstract"),
        "identifiers": identifiers_of(identifier, *_dois(child_text(metadata, "doi"))),
        "venue": child_text(metadata, "journal-ref"),
        "url": identifier_url(identifier) or "",
        "categories": tuple(child_text(metadata, "categories").split()),
        "comment": child_text(metadata, "comments"),
        "extra": extra,
    }


def _dois(text: str) -> list[Identifier | None]:
    # Authors enter several, parted by spaces, and break long ones over two lines.
    return [*find_field_identifiers(text, "doi")]


def _arxiv(oai_name: str, header: Any, metadata: Any) -> Record:
    identifier = _arxiv_identifier(metadata)
    fields = _shared(metadata, identifier, header)
    people = [
        author for part in children(metadata, "authors") for author in children(part, "author")
    ]
    return Record(
        **fields,
        authors=tuple(author for each in people if (author := _author(each)) is not None),
        published=partial_date(child_text(metadata, "created"), fields["extra"], "created"),
        updated=partial_date(child_text(metadata, "updated"), fields["extra"], "updated"),
        account="oai",
    )


def _author(element: Any) -> Author | None:
    parts = [child_text(element, name) for name in ("forenames", "keyname", "suffix")]
    name = " ".join(part for part in parts if part)
    affiliations = "; ".join(filter(None, child_texts(element, "affiliation")))
    return Author(name, affiliations) if name else None


def _arxiv_raw(oai_name: str, header: Any, metadata: Any) -> Record:
    identifier = _arxiv_identifier(metadata)
    versions = tuple(
        Version(number, date_in_words(child_text(each, "date")))
        for each in children(metadata, "version")
        if (number := version_number(each.get("version") or "")) is not None
    )
    return Record(
        **_shared(metadata, identifier, header),
        authors=authors_of(split_author_list(child_text(metadata, "authors"))),
        published=versions[0].date if versions and versions[0].number == 1 else None,
        updated=versions[-1].date if versions else None,
        versions=versions,
    )


def _dublin_core(oai_name: str, header: Any, metadata: Any) -> Record:
    named = [identifier_of(text) for text in child_texts(metadata, "identifier")]
    stable = [each for each in named if each and each.scheme not in ("http", "https")]
    identifiers = identifiers_of(_paper_identifier(oai_name), *stable)
    title = checked_title(plain_text(child_text(metadata, "title")))
    described = [plain_text(text) for text in child_texts(metadata, "description") if text]
    comments = [text for text in described if text.startswith("Comment:")]
    abstracts = [text for text in described if not text.startswith("Comment:")]
    extra: dict[str, Any] = {
        name: texts for name in _DC_KEPT if (texts := [t for t in child_texts(metadata, name) if t])
    }
    dates = [each for text in child_texts(metadata, "date") if (each := PartialDate.parse(text))]
    links = [
        t for t in child_texts(metadata, "identifier") if t.startswith(("http://", "https://"))
    ]
    sets = [category_of_set(text) for text in child_texts(header, "setSpec")]
    is_arxiv = oai_name.startswith(_ARXIV_PREFIX)
    return Record(
        source=_source(oai_name),
        key=_key(oai_name, identifiers[0]) if identifiers else oai_name or title,
        title=title,
        abstract=max(abstracts, key=len, default=""),
        authors=authors_of(given_first(name) for name in child_texts(metadata, "creator")),
        identifiers=identifiers,
        published=min(dates, default=None),
        updated=max(dates) if len(dates) > 1 else None,
        venue=next(iter(child_texts(metadata, "source")), ""),
        url=links[0] if links else "",
        categories=tuple(dict.fromkeys(filter(None, sets))) if is_arxiv else (),
        keywords=tuple(dict.fromkeys(filter(None, child_texts(metadata, "subject")))),
        comment="; ".join(text.removeprefix("Comment:").strip() for text in comments),
        extra=extra,
        account="dc" if is_arxiv else "",
    )


_READERS = {"arXiv": _arxiv, "arXivRaw": _arxiv_raw, "dc": _dublin_core}
