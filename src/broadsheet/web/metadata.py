"""Metadata of a paper's page for programs: reference managers, search engines, previews of links.

Highwire tags as Google Scholar and Zotero read them
(https://scholar.google.com/intl/en/scholar/inclusion.html), Dublin Core
(https://www.dublincore.org/specifications/dublin-core/dcq-html/), schema.org as JSON-LD, and Open
Graph (https://ogp.me).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper
from broadsheet.export.citation import container, identifier, institution, one_line, type_of
from broadsheet.text.catalogues import catalogue_address
from broadsheet.web.links import web_address
from broadsheet.web.phrases import shorten

_PREVIEW = 300
"""Characters of an abstract in the preview of a link."""

_SCHEMA_TYPES = {
    "book": "Book", "proceedings": "Book", "chapter": "Chapter", "thesis": "Thesis",
    "report": "Report", "dataset": "Dataset", "software": "SoftwareSourceCode",
    "web page": "WebPage",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """Tags of the head of a paper's page."""

    tags: tuple[tuple[str, str], ...]
    """(name, content)."""
    graph: tuple[tuple[str, str], ...]
    """(property, content)."""
    json_ld: Markup
    """Safe inside a script element."""


def describe_for_programs(paper: Paper, address: str, service: str) -> Metadata:
    """Compose the metadata of a paper whose page has this absolute address."""
    tags = (*_highwire(paper, address), *_dublin_core(paper, address))
    return Metadata(
        tuple((name, text) for name, text in tags if text),
        tuple((name, text) for name, text in _open_graph(paper, address, service) if text),
        _as_script(_schema_org(paper, address)),
    )


def _highwire(paper: Paper, address: str) -> Iterator[tuple[str, str]]:
    publication, type_ = paper.publication, type_of(paper)
    yield "citation_title", one_line(paper.title)
    for author in paper.authors:
        yield "citation_author", one_line(author.name)
        yield "citation_author_institution", one_line(author.affiliation)
    yield "citation_publication_date", _slashed(paper.published)
    yield "citation_online_date", _slashed(paper.versions[0].date if paper.versions else None)
    name = {"article": "citation_journal_title", "paper": "citation_conference_title"}
    yield name.get(type_, "citation_inbook_title"), container(paper)
    yield "citation_dissertation_institution", institution(paper) if type_ == "thesis" else ""
    yield (
        "citation_technical_report_institution",
        institution(paper) if type_ == "report" else "",
    )
    yield "citation_volume", one_line(publication.volume)
    yield "citation_issue", one_line(publication.number)
    first, _, last = one_line(publication.pages).partition("–")
    yield "citation_firstpage", first
    yield "citation_lastpage", last
    yield "citation_publisher", one_line(publication.publisher)
    yield "citation_isbn", one_line(publication.isbn)
    yield "citation_issn", one_line(publication.issn)
    yield "citation_doi", identifier(paper, "doi")
    yield "citation_arxiv_id", identifier(paper, "arxiv")
    yield "citation_pmid", identifier(paper, "pmid")
    for keyword in paper.keywords:
        yield "citation_keywords", one_line(keyword)
    yield "citation_abstract", one_line(paper.abstract)
    yield "citation_abstract_html_url", address
    yield "citation_pdf_url", _pdf_address(paper)


def _dublin_core(paper: Paper, address: str) -> Iterator[tuple[str, str]]:
    yield "DC.title", one_line(paper.title)
    for author in paper.authors:
        yield "DC.creator", one_line(author.name)
    yield "DC.date", str(paper.published or "")
    yield "DC.publisher", one_line(paper.publication.publisher)
    yield "DC.source", container(paper)
    for subject in (*paper.categories, *paper.keywords):
        yield "DC.subject", one_line(subject)
    yield "DC.description", one_line(paper.abstract)
    yield "DC.identifier", address
    for name in paper.identifiers:
        yield "DC.identifier", str(name)


def _open_graph(paper: Paper, address: str, service: str) -> Iterator[tuple[str, str]]:
    yield "og:type", "article"
    yield "og:title", one_line(paper.title)
    yield "og:description", shorten(one_line(paper.abstract), _PREVIEW)
    yield "og:url", address
    yield "og:site_name", service
    yield "article:published_time", str(paper.published or "")
    for author in paper.authors:
        yield "article:author", one_line(author.name)


def _schema_org(paper: Paper, address: str) -> dict[str, Any]:
    publication = paper.publication
    elsewhere = [*map(catalogue_address, paper.identifiers), web_address(paper.url)]
    values = {
        "@context": "https://schema.org",
        "@type": _SCHEMA_TYPES.get(type_of(paper), "ScholarlyArticle"),
        "@id": address,
        "url": address,
        "name": one_line(paper.title),
        "headline": one_line(paper.title),
        "author": [_person(author.name, author.affiliation) for author in paper.authors],
        "editor": [_person(editor.name, editor.affiliation) for editor in publication.editors],
        "datePublished": str(paper.published or ""),
        "dateModified": str(paper.updated or ""),
        "abstract": one_line(paper.abstract),
        "keywords": [one_line(word) for word in paper.keywords],
        "about": list(paper.categories),
        "identifier": [_property(name) for name in paper.identifiers],
        "sameAs": list(dict.fromkeys(filter(None, elsewhere))),
        "isPartOf": {"@type": "CreativeWork", "name": venue} if (venue := container(paper)) else "",
        "publisher": {"@type": "Organization", "name": name}
        if (name := one_line(publication.publisher))
        else "",
        "pagination": one_line(publication.pages),
        "isbn": one_line(publication.isbn),
    }
    return {name: value for name, value in values.items() if value}


def _person(name: str, affiliation: str) -> dict[str, Any]:
    person: dict[str, Any] = {"@type": "Person", "name": one_line(name)}
    if affiliation:
        person["affiliation"] = {"@type": "Organization", "name": one_line(affiliation)}
    return person


def _property(name: Identifier) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": name.scheme, "value": name.value}


def _slashed(date: PartialDate | None) -> str:
    """A date as Google Scholar reads it: 2017/06/12."""
    return str(date).replace("-", "/") if date else ""


def _pdf_address(paper: Paper) -> str:
    addresses: Iterable[str] = (
        catalogue_address(name).replace("/abs/", "/pdf/")
        for name in paper.identifiers
        if name.scheme == "arxiv"
    )
    return next(iter(addresses), "")


def _as_script(values: dict[str, Any]) -> Markup:
    """JSON that cannot end the script element, nor begin a comment in it (HTML, 4.12.1.3). It is
    a data block, which the Content-Security-Policy does not concern."""
    text = json.dumps(values, ensure_ascii=False, indent=1)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
