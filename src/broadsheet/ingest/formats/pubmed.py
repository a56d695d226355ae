"""PubMed's XML: answers of efetch, and the yearly baseline with its daily update files.

A ``PubmedArticleSet`` holds ``PubmedArticle``, ``PubmedBookArticle`` and, in update
files, ``DeleteCitation`` with the numbers of records that were taken out. A record's raw
form is the set's start tag around one of them; each deleted number is one for itself.
https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/190101/
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Publication, Record
from broadsheet.ingest.formats.fields import checked_title, identifiers_of, page_range
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
from broadsheet.ingest.formats.pubmed_fields import (
    abstract_of,
    article_date,
    authors_in,
    editors_in,
    fold_title,
    identifiers_in,
    issue_date,
    mesh_headings,
    plain_date,
    status_of,
)
from broadsheet.text.identifiers import parse_identifier

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")
_GRAMMAR = Grammar(roots=("PubmedArticleSet",), elements=_RECORDS, counted=_RECORDS)
_PMID = re.compile(rb"<PMID[\s>][^<]*</PMID>")


class Pubmed:
    """See the module. Source "pubmed", key the PMID."""

    name = "pubmed"

    def recognises(self, head: bytes, filename: str) -> bool:
        return root_name(head) in ("PubmedArticleSet", *_RECORDS)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        start = b""
        for frame in iter_frames(stream, _GRAMMAR):
            if isinstance(frame, Rejection):
                yield frame
            elif frame.kind == "root":
                start = frame.raw
            elif frame.name == "DeleteCitation":
                yield from _deletions(start, frame)
            else:
                yield RawRecord(enclose(start, frame.raw), frame.position)

    def parse(self, raw: bytes) -> Record:
        root = parse_element(raw)
        element = descendant(root, *_RECORDS)
        if element is None:
            raise RecordError("no PubmedArticle, PubmedBookArticle or DeleteCitation in it")
        kind = local_name(element)
        if kind == "PubmedArticle":
            return _article(element)
        return _book(element) if kind == "PubmedBookArticle" else _deleted(element)


def _deletions(start: bytes, frame: Frame) -> Iterator[RawRecord]:
    for number, pmid in enumerate(_PMID.findall(frame.raw), 1):
        raw = enclose(start, enclose(b"<DeleteCitation>", pmid))
        yield RawRecord(raw, f"{frame.position}, PMID {number}")


def _pmid(element: Any) -> Identifier:
    text = child_text(element, "PMID")
    identifier = parse_identifier(text, "pmid")
    if identifier is None or identifier.scheme != "pmid":
        raise RecordError(f"{text!r} is not a PMID")
    return identifier


def _deleted(element: Any) -> Record:
    pmid = _pmid(element)
    return Record(source="pubmed", key=pmid.value, identifiers=(pmid,), status="deleted")


def _child(element: Any, name: str) -> Any:
    """The first such child, or None; so it is of None."""
    return None if element is None else next(iter(children(element, name)), None)


def _article(element: Any) -> Record:
    citation = _child(element, "MedlineCitation")
    article = _child(citation, "Article")
    if article is None:
        raise RecordError("a PubmedArticle without Article")
    pmid = _pmid(citation)
    journal = _child(article, "Journal")
    issue = _child(journal, "JournalIssue")
    extra: dict[str, Any] = {}
    title = fold_title(child_text(article, "ArticleTitle"), child_text(article, "VernacularTitle"))
    mesh, headings = mesh_headings(citation)
    published = article_date(article) or issue_date(_child(issue, "PubDate"), extra)
    _keep(
        extra,
        mesh=mesh,
        vernacular_title=child_text(article, "VernacularTitle"),
        publication_types=_texts(article, "PublicationTypeList", "PublicationType"),
        languages=[text for text in child_texts(article, "Language") if text],
        journal=child_text(journal, "ISOAbbreviation") if journal is not None else "",
        revised=str(plain_date(_child(citation, "DateRevised")) or ""),
        copyright=_first_text(article, "Abstract", "CopyrightInformation"),
    )
    keywords = [
        text for each in children(citation, "KeywordList") for text in child_texts(each, "Keyword")
    ]
    return Record(
        source="pubmed",
        key=pmid.value,
        title=checked_title(plain_text(title)),
        abstract=abstract_of(article, citation),
        authors=authors_in(article),
        identifiers=identifiers_of(
            pmid, *identifiers_in(article, _child(element, "PubmedData")), _other_name(citation)
        ),
        published=published,
        venue=child_text(journal, "Title") if journal is not None else "",
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid.value}/",
        keywords=tuple(dict.fromkeys(filter(None, [*keywords, *headings]))),
        status=status_of(article, citation),
        publication=Publication(
            type="article",
            volume=child_text(issue, "Volume") if issue is not None else "",
            number=child_text(issue, "Issue") if issue is not None else "",
            pages=page_range(_first_text(article, "Pagination", "MedlinePgn")),
            issn=child_text(journal, "ISSN") if journal is not None else "",
        ),
        extra=extra,
    )


def _other_name(citation: Any) -> Identifier | None:
    """Return the number in PubMed Central if only ``OtherID`` holds it."""
    for text in child_texts(citation, "OtherID"):
        if identifier := parse_identifier(text.split()[0] if text else "", "pmcid"):
            return identifier if identifier.scheme == "pmcid" else None
    return None


def _book(element: Any) -> Record:
    document = _child(element, "BookDocument")
    book = _child(document, "Book")
    if document is None or book is None:
        raise RecordError("a PubmedBookArticle without BookDocument and Book")
    pmid = _pmid(document)
    extra: dict[str, Any] = {}
    published = issue_date(_child(book, "PubDate"), extra)
    whole = child_text(book, "BookTitle")
    title = child_text(document, "ArticleTitle")
    _keep(
        extra,
        languages=[text for text in child_texts(document, "Language") if text],
    )
    return Record(
        source="pubmed",
        key=pmid.value,
        title=checked_title(plain_text(fold_title(title or whole, ""))),
        abstract=abstract_of(document, document),
        authors=authors_in(document) or authors_in(book),
        identifiers=identifiers_of(
            pmid, *identifiers_in(document, _child(element, "PubmedBookData"))
        ),
        published=published,
        venue=whole if title else "",
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid.value}/",
        publication=Publication(
            type="chapter" if title else "book",
            publisher=_first_text(book, "Publisher", "PublisherName"),
            place=_first_text(book, "Publisher", "PublisherLocation"),
            isbn=child_text(book, "Isbn"),
            editors=editors_in(book),
        ),
        extra=extra,
    )


def _texts(element: Any, group: str, name: str) -> list[str]:
    return [t for each in children(element, group) for t in child_texts(each, name) if t]


def _first_text(element: Any, group: str, name: str) -> str:
    return next(iter(_texts(element, group, name)), "")


def _keep(extra: dict[str, Any], **values: Any) -> None:
    extra.update({name: value for name, value in values.items() if value})
