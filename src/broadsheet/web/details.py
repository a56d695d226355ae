"""The details beside the abstract on a paper's page."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper
from broadsheet.domain.signals import HERE, SIGNAL_TYPES
from broadsheet.text.catalogues import catalogue_address, catalogue_name
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.links import find_links
from broadsheet.web.links import site_name, web_address
from broadsheet.web.phrases import partial_date

_SHOWN_SIGNALS = {
    **{each.name: each.label for each in SIGNAL_TYPES.values() if each.giver != HERE},
    "s2_influential_citation": "Influential citations (Semantic Scholar)",
    "hf_date": "Listed on Hugging Face",
}
_LONGEST = 500
"""Characters of one extra field shown; the whole is in the JSON export."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another site; ``label`` is its text."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Details:
    """Links and fields of a paper, checked and ready to show; empty if unknown."""

    identifiers: tuple[tuple[Identifier, str], ...]
    """With the address of the catalogue, or ""."""
    code: tuple[Link, ...]
    """As the source says, then those found in the text; so for ``project``."""
    project: tuple[Link, ...]
    data: tuple[Link, ...]
    """Deposits and data sets named in the text."""
    read: tuple[Link, ...]
    """Links to the paper itself."""
    signals: tuple[tuple[str, str], ...]
    extra: tuple[tuple[str, str], ...]


def describe(paper: Paper) -> Details:
    """Collect the known details; only http and https addresses become links."""
    links = find_links(f"{paper.abstract}\n{paper.comment}")
    return Details(
        identifiers=tuple((name, catalogue_address(name)) for name in paper.identifiers),
        code=_links([paper.code_url, *links.code]),
        project=_links([paper.project_url, *links.project]),
        data=_links(links.data),
        read=_reading_links(paper),
        signals=tuple(
            (label, _signal(paper.signals[key]))
            for key, label in _SHOWN_SIGNALS.items()
            if paper.signals.get(key)
        ),
        extra=tuple((key.replace("_", " "), _plain(value)) for key, value in paper.extra.items()),
    )


def _links(addresses: Iterable[str]) -> tuple[Link, ...]:
    by_name: dict[str, Link] = {}
    for address in filter(None, map(web_address, addresses)):
        by_name.setdefault(_short(address).casefold(), Link(_short(address), address))
    return tuple(by_name.values())


def _short(address: str) -> str:
    """An address as read aloud: no scheme, no trailing slash."""
    _, _, rest = address.partition("://")
    return rest.removeprefix("www.").rstrip("/")


def _reading_links(paper: Paper) -> tuple[Link, ...]:
    """The paper at arXiv (page and PDF), at its DOI and at its source's address."""
    links: dict[str, Link] = {}
    for name in paper.identifiers:
        address = catalogue_address(name)
        if name.scheme == "arxiv":
            links[address] = Link("arXiv", address)
            pdf = address.replace("/abs/", "/pdf/")
            links[pdf] = Link("PDF", pdf)
        elif name.scheme in ("acl", "openreview", "doi") and address:
            links[address] = Link(catalogue_name(name), address)
    own = web_address(paper.url)
    if own and own.replace("http://", "https://") not in links:
        links[own] = Link(site_name(own), own)
    return tuple(links.values())


def _signal(value: object) -> str:
    """A number or a day."""
    day = PartialDate.parse(value) if isinstance(value, str) else None
    return partial_date(day) if day else _plain(value)


def _plain(value: object) -> str:
    """Return a field's value as text, cut if it is long."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, str):
        text = to_text(value)
    elif isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        text = ", ".join(to_text(part) for part in value)
    elif isinstance(value, int):
        text = f"{value:,}"
    elif isinstance(value, float):
        text = f"{value:.4g}"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
