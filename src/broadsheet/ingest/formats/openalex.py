"""OpenAlex works: answers of ``/works``, and the JSON lines of the snapshot.

A work has ``id`` (an address), ``ids``, ``title``, ``publication_date``,
``abstract_inverted_index`` {word: [places]}, ``authorships`` with names and affiliations as
printed, ``locations`` (of copies; arXiv among them), ``primary_topic``, ``keywords``,
``open_access``, ``is_retracted``, ``cited_by_count``, ``counts_by_year``. Dates on which the
catalogue changed its record are not dates of the work and stay in the raw record.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Publication, Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifiers_of,
    page_range,
    partial_date,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.json_values import child, children, count_of, present
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.names import given_first

RECORDS = ("results",)
_WORK = re.compile(rb'"id"\s*:\s*"https://openalex\.org/W\d')
_TYPES = {
    "article": "article", "review": "article", "letter": "article", "editorial": "article",
    "erratum": "article", "retraction": "article", "book": "book", "book-chapter": "chapter",
    "reference-entry": "chapter", "dissertation": "thesis", "report": "report",
    "standard": "report", "dataset": "dataset", "software": "software", "preprint": "preprint",
}  # fmt: skip
_LONGEST_ABSTRACT = 100_000
"""Words; a place beyond that is damage."""
_LEADING = re.compile(r"^abstract\s*[:.—-]?\s+(?=[A-Z])", re.IGNORECASE)


class OpenAlex:
    """See the module. Source "openalex", key the work's number ("W2741809807")."""

    name = "openalex"

    def recognises(self, head: bytes, filename: str) -> bool:
        return head.lstrip()[:1] in (b"{", b"[") and _WORK.search(head) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_answers(stream, RECORDS)

    def parse(self, raw: bytes) -> Record:
        work = json_object(raw)
        name = parse_identifier(text_of(work.get("id")), "openalex")
        if name is None or name.scheme != "openalex":
            raise RecordError(f"{text_of(work.get('id'))!r} is not the id of an OpenAlex work")
        extra: dict[str, Any] = {}
        published = partial_date(
            text_of(work.get("publication_date")) or text_of(work.get("publication_year")),
            extra,
            "publication_date",
        )
        extra |= _extra(work)
        return Record(
            source="openalex",
            key=name.value,
            title=checked_title(plain_text(text_of(work.get("title") or work.get("display_name")))),
            abstract=_abstract(work.get("abstract_inverted_index")),
            authors=_authors(work),
            identifiers=_identifiers(work, name),
            published=published,
            venue=_venue(work),
            url=text_of(child(work, "primary_location").get("landing_page_url"))
            or text_of(work.get("doi"))
            or text_of(work.get("id")),
            keywords=texts_of([each.get("display_name") for each in children(work, "keywords")]),
            status="retracted" if work.get("is_retracted") is True else "",
            signals=_signals(work),
            publication=_publication(work),
            extra=extra,
        )


def _abstract(index: Any) -> str:
    """The text of an inverted index; older snapshots hold it as JSON within JSON."""
    if isinstance(index, str):
        try:
            index = orjson.loads(index)
        except orjson.JSONDecodeError:
            return ""
    if isinstance(index, dict) and isinstance(index.get("InvertedIndex"), dict):
        index = index["InvertedIndex"]
    if not isinstance(index, dict):
        return ""
    words: dict[int, str] = {}
    for word, places in index.items():
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < _LONGEST_ABSTRACT:
                words[place] = word
    text = plain_text(" ".join(words[place] for place in sorted(words)))
    return _LEADING.sub("", text)


def _authors(work: dict[str, Any]) -> tuple[Author, ...]:
    authors = []
    for each in children(work, "authorships"):
        printed = text_of(each.get("raw_author_name"))
        name = given_first(printed or text_of(child(each, "author").get("display_name")))
        affiliations = texts_of(each.get("raw_affiliation_strings")) or texts_of(
            [place.get("display_name") for place in children(each, "institutions")]
        )
        if name:
            authors.append(Author(name, "; ".join(affiliations)))
    return tuple(authors)


def _identifiers(work: dict[str, Any], name: Identifier) -> tuple[Identifier, ...]:
    ids = child(work, "ids")
    named = [
        parse_identifier(text_of(ids.get(scheme)), scheme)
        for scheme in ("doi", "pmid", "pmcid", "mag")
    ]
    copies = [
        parse_identifier(text_of(place.get(field)))
        for place in children(work, "locations")
        for field in ("landing_page_url", "pdf_url")
    ]
    doi = parse_identifier(text_of(work.get("doi")), "doi")
    # Of a copy's address only arXiv's is taken: publishers' copies repeat the DOI,
    # and other archives' name a copy rather than the work.
    arxiv = [each for each in copies if each is not None and each.scheme == "arxiv"]
    return identifiers_of(name, *arxiv, doi, *named)


def _venue(work: dict[str, Any]) -> str:
    """The journal or conference; an archive that holds a copy is none."""
    for place in (child(work, "primary_location"), *children(work, "locations")):
        source = child(place, "source")
        if source.get("type") != "repository" and (venue := text_of(source.get("display_name"))):
            return venue
    places = (child(work, "primary_location"), *children(work, "locations"))
    return next((text for each in places if (text := text_of(each.get("raw_source_name")))), "")


def _publication(work: dict[str, Any]) -> Publication:
    biblio, source = child(work, "biblio"), child(child(work, "primary_location"), "source")
    archived = source.get("type") == "repository"
    return Publication(
        type="" if archived else _TYPES.get(text_of(work.get("type")), ""),
        volume=text_of(biblio.get("volume")),
        number=text_of(biblio.get("issue")),
        pages=page_range(text_of(biblio.get("first_page")), text_of(biblio.get("last_page"))),
        publisher="" if archived else text_of(source.get("host_organization_name")),
        issn=text_of(source.get("issn_l")),
    )


def _signals(work: dict[str, Any]) -> dict[str, Any]:
    signals: dict[str, Any] = present({"openalex_citation": count_of(work.get("cited_by_count"))})
    by_year = {
        str(year): cited
        for each in children(work, "counts_by_year")
        if (year := count_of(each.get("year"))) and (cited := count_of(each.get("cited_by_count")))
    }
    if by_year:
        signals["openalex_citation_by_year"] = by_year
    return signals


def _extra(work: dict[str, Any]) -> dict[str, Any]:
    topic = child(work, "primary_topic")
    access = child(work, "open_access")
    best = child(work, "best_oa_location")
    return present(
        {
            "type": text_of(work.get("type")),
            "language": text_of(work.get("language")),
            "topic": text_of(topic.get("display_name")),
            "field": text_of(child(topic, "field").get("display_name")),
            "topics": list(texts_of([t.get("display_name") for t in children(work, "topics")])),
            "open_access": text_of(access.get("oa_status")),
            "open_access_url": text_of(best.get("pdf_url")) or text_of(access.get("oa_url")),
            "license": text_of(best.get("license")),
        }
    )
