"""Semantic Scholar papers: answers of the Academic Graph API, and lines of its dumps.

A paper has ``paperId``, ``corpusId``, ``externalIds`` {ArXiv, DOI, ACL, DBLP, MAG,
PubMed, PubMedCentral}, ``title``, ``abstract``, ``tldr`` {text}, ``authors`` [{name}],
``publicationDate`` or ``year``, ``publicationVenue`` {name} or ``venue``,
``citationCount``, ``influentialCitationCount``, ``s2FieldsOfStudy``,
``openAccessPdf``. The dumps spell the same names in lower case.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import UNPUBLISHED, Author, Publication, Record
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
from broadsheet.text.identifiers import identifier_url, parse_identifier

RECORDS = ("data",)
_PAPER = re.compile(rb'"(?:paperId"\s*:\s*"[0-9a-f]{40}"|corpusid"\s*:\s*\d)')
# Its name for a scheme → ours. MAG numbers are left out: OpenAlex continues them, and if both
# differ on a duplicate they would split one work in two.
_SCHEMES = {
    "arxiv": "arxiv",
    "doi": "doi",
    "acl": "acl",
    "pubmed": "pmid",
    "pubmedcentral": "pmcid",
    "dblp": "dblp",
}
_ARCHIVES = frozenset(("arxiv.org", "arxiv", "biorxiv", "medrxiv", "corr", "ssrn"))


class SemanticScholar:
    """See the module. Source "s2", key ``paperId``, in dumps "CorpusID:" and the number."""

    name = "semantic-scholar"

    def recognises(self, head: bytes, filename: str) -> bool:
        return head.lstrip()[:1] in (b"{", b"[") and _PAPER.search(head) is not None

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        # The API answers null for a paper that it does not know.
        return (piece for piece in split_answers(stream, RECORDS) if piece.raw != b"null")

    def parse(self, raw: bytes) -> Record:
        paper = {name.lower(): value for name, value in json_object(raw).items()}
        own = parse_identifier(text_of(paper.get("paperid")), "s2")
        number = parse_identifier(
            text_of(paper.get("corpusid")) or text_of(_names(paper).get("corpusid")), "corpusid"
        )
        if (own is None or own.scheme != "s2") and number is None:
            raise RecordError("it has neither a paperId nor a corpusId")
        extra: dict[str, Any] = {}
        dated = text_of(paper.get("publicationdate")) or text_of(paper.get("year"))
        published = partial_date(dated, extra, "publicationDate")
        extra |= _extra(paper)
        return Record(
            source="s2",
            key=own.value if own is not None else f"CorpusID:{number.value if number else ''}",
            title=checked_title(plain_text(text_of(paper.get("title")))),
            abstract=plain_text(text_of(paper.get("abstract"))),
            authors=tuple(
                Author(name, "; ".join(texts_of(each.get("affiliations"))))
                for each in children(paper, "authors")
                if (name := text_of(each.get("name")))
            ),
            identifiers=identifiers_of(*external_identifiers(paper), own, number),
            published=published,
            venue=_venue(paper),
            url=text_of(paper.get("url")) or (identifier_url(own) if own else "") or "",
            signals=_signals(paper),
            publication=_publication(paper),
            extra=extra,
        )


def external_identifiers(paper: Mapping[str, Any]) -> Iterator[Identifier]:
    """The names by which others know a paper, as far as they are taken."""
    names = _names(paper)
    for theirs, ours in _SCHEMES.items():
        identifier = parse_identifier(text_of(names.get(theirs)), ours)
        # "journals/corr/…" names arXiv's copy, which has a better name.
        if (
            identifier
            and identifier.scheme == ours
            and not identifier.value.startswith("journals/corr/")
        ):
            yield identifier


def _names(paper: Mapping[str, Any]) -> dict[str, Any]:
    names = child(paper, "externalIds") or child(paper, "externalids")
    return {name.lower(): value for name, value in names.items()}


def _venue(paper: Mapping[str, Any]) -> str:
    venues = (
        text_of(child(paper, "publicationvenue").get("name")),
        text_of(child(paper, "journal").get("name")),
        text_of(paper.get("venue")),
    )
    return next((v for v in venues if v and v.casefold() not in _ARCHIVES), "")


def _publication(paper: Mapping[str, Any]) -> Publication:
    journal = child(paper, "journal")
    if text_of(journal.get("name")).casefold() in _ARCHIVES:
        return UNPUBLISHED
    kinds = (_TYPES.get(kind, "") for kind in texts_of(paper.get("publicationtypes") or []))
    return Publication(
        type=next(filter(None, kinds), ""),
        volume=text_of(journal.get("volume")),
        pages=page_range(text_of(journal.get("pages"))),
    )


_TYPES = {
    "JournalArticle": "article", "Conference": "paper", "Book": "book", "BookSection": "chapter",
    "Dataset": "dataset",
}  # fmt: skip


def _signals(paper: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        {
            "s2_citation": count_of(paper.get("citationcount")),
            "s2_influential_citation": count_of(paper.get("influentialcitationcount")),
            "s2_tldr": text_of(child(paper, "tldr").get("text")),
        }
    )


def _extra(paper: Mapping[str, Any]) -> dict[str, Any]:
    fields = [text_of(each.get("category")) for each in children(paper, "s2fieldsofstudy")]
    return present(
        {
            "types": list(texts_of(paper.get("publicationtypes") or [])),
            "fields_of_study": list(
                dict.fromkeys([*texts_of(paper.get("fieldsofstudy") or []), *filter(None, fields)])
            ),
            "references": count_of(paper.get("referencecount")),
            "open_access_url": text_of(child(paper, "openaccesspdf").get("url")),
        }
    )
