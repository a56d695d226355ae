"""Papers in the metadata formats of the OAI-PMH repository. Pure.

``oai_dc``  unqualified Dublin Core, https://www.openarchives.org/OAI/openarchivesprotocol.html
``arXiv``   as arXiv's own repository has it; for papers that are on arXiv
``broadsheet``  a line of papers-jsonl, which loses nothing; for another Broadsheet
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from broadsheet.domain.categories import category_name
from broadsheet.domain.paper import Paper
from broadsheet.export.citation import identifier, name_parts
from broadsheet.export.record import compose_record
from broadsheet.text.identifiers import identifier_url
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.xml import escape_xml

BROADSHEET_NAMESPACE = "urn:broadsheet:paper:1"
_ARXIV_NAMESPACE = "http://arxiv.org/OAI/arXiv/"
_DC_NAMESPACE = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_DC_START = (
    f'<oai_dc:dc xmlns:oai_dc="{_DC_NAMESPACE}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'xsi:schemaLocation="{_DC_NAMESPACE} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)
_ARXIV_START = (
    f'<arXiv xmlns="{_ARXIV_NAMESPACE}" '
    f'xsi:schemaLocation="{_ARXIV_NAMESPACE} http://arxiv.org/OAI/arXiv.xsd">'
)
_PATH_SAFE = "/:()@!$,;=~"


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A metadata format. ``schema`` begins with "/" if it is served here."""

    prefix: str
    schema: str
    namespace: str
    scheme: str
    """Papers with an identifier of this scheme have it; "" for all papers."""
    render: Callable[[Paper, str], str]
    """From a paper and the address of this service, without a slash at its end, to XML."""


def page_address(paper: Paper, root: str) -> str:
    """Return the address of a paper's page."""
    return f"{root}/papers/{quote(paper.id.removeprefix('arxiv:'), safe=_PATH_SAFE)}"


def _dublin_core(paper: Paper, root: str) -> str:
    names = [url for each in paper.identifiers if (url := identifier_url(each))]
    dois = [f"doi:{each.value}" for each in paper.identifiers if each.scheme == "doi"]
    fields: tuple[tuple[str, Iterable[str]], ...] = (
        ("title", [to_text(paper.title)]),
        ("creator", (_family_first(author.name) for author in paper.authors)),
        ("subject", (*map(category_name, paper.categories), *paper.keywords)),
        ("description", [to_text(paper.abstract)]),
        ("description", [f"Comment: {to_text(paper.comment)}"] if paper.comment else []),
        ("publisher", [paper.publication.publisher]),
        ("date", dict.fromkeys(str(date) for date in (paper.published, paper.updated) if date)),
        ("type", ["text"]),
        ("identifier", dict.fromkeys([*names, *dois, page_address(paper, root)])),
        ("source", [to_text(paper.venue)]),
    )
    inner = "".join(_element(f"dc:{name}", text) for name, texts in fields for text in texts)
    return f"{_DC_START}{inner}</oai_dc:dc>"


def _arxiv(paper: Paper, root: str) -> str:
    published = paper.published.first_day() if paper.published else paper.added_at.date()
    updated = paper.updated.first_day() if paper.updated else None
    authors = "".join(
        f"<author>{_arxiv_name(author.name)}{_element('affiliation', author.affiliation)}</author>"
        for author in paper.authors
    )
    extra = {name: str(value) for name, value in paper.extra.items() if isinstance(value, str)}
    doi = " ".join(each.value for each in paper.identifiers if each.scheme == "doi")
    return "".join(
        (
            _ARXIV_START,
            _element("id", identifier(paper, "arxiv")),
            _element("created", published.isoformat()),
            _element("updated", updated.isoformat() if updated and updated > published else ""),
            f"<authors>{authors}</authors>",
            _element("title", paper.title),
            _element("categories", " ".join(paper.categories)),
            _element("comments", paper.comment),
            _element("proxy", extra.get("proxy", "")),
            _element("report-no", paper.report_number),
            _element("msc-class", extra.get("msc-class", "")),
            _element("acm-class", extra.get("acm-class", "")),
            _element("journal-ref", paper.venue),
            _element("doi", doi),
            _element("license", extra.get("license", "")),
            f"<abstract>{escape_xml(paper.abstract)}</abstract>",
            "</arXiv>",
        )
    )


def _broadsheet(paper: Paper, root: str) -> str:
    # Plain ASCII: JSON escapes the characters that XML cannot have.
    text = escape_xml(json.dumps(compose_record(paper)))
    return f'<paper xmlns="{BROADSHEET_NAMESPACE}">{text}</paper>'


def _arxiv_name(name: str) -> str:
    family, given_names, suffix = name_parts(name)
    return (
        f"<keyname>{escape_xml(family)}</keyname>"
        f"{_element('forenames', given_names)}{_element('suffix', suffix)}"
    )


def _family_first(name: str) -> str:
    family, given_names, suffix = name_parts(name)
    return ", ".join(filter(None, (family, given_names, suffix)))


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape_xml(text)}</{name}>" if text else ""


METADATA_FORMATS: Mapping[str, MetadataFormat] = {
    each.prefix: each
    for each in (
        MetadataFormat(
            "oai_dc",
            "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            _DC_NAMESPACE,
            "",
            _dublin_core,
        ),
        MetadataFormat(
            "arXiv", "http://arxiv.org/OAI/arXiv.xsd", _ARXIV_NAMESPACE, "arxiv", _arxiv
        ),
        MetadataFormat("broadsheet", "/oai/paper.xsd", BROADSHEET_NAMESPACE, "", _broadsheet),
    )
}
