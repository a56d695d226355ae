"""Papers as RIS."""

from collections.abc import Iterable, Iterator

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import (
    address,
    container,
    identifier,
    institution,
    name_parts,
    one_line,
    type_of,
)

_TYPES = {
    "article": "JOUR", "paper": "CPAPER", "chapter": "CHAP", "book": "BOOK", "proceedings": "CONF",
    "thesis": "THES", "report": "RPRT", "preprint": "UNPB", "web page": "ELEC", "dataset": "DATA",
    "software": "COMP", "patent": "PAT", "presentation": "SLIDE",
}  # fmt: skip


def iter_ris(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one record a paper, parted by empty lines."""
    for number, paper in enumerate(papers):
        yield ("\n" if number else "") + _reference(paper)


def _reference(paper: Paper) -> str:
    lines = [f"{tag}  - {text}" for tag, text in _lines(paper) if text]
    return "\n".join((*lines, "ER  - ", ""))


def _lines(paper: Paper) -> Iterator[tuple[str, str]]:
    type_, publication = type_of(paper), paper.publication
    yield "TY", _TYPES[type_]
    yield "TI", one_line(paper.title)
    for author in paper.authors:
        yield "AU", _name(author.name)
    for editor in publication.editors:
        yield ("A2" if type_ in ("paper", "chapter", "book") else "ED"), _name(editor.name)
    yield ("JO" if type_ == "article" else "T2"), container(paper)
    yield "T3", one_line(publication.series)
    yield "VL", one_line(publication.volume)
    yield "IS", one_line(publication.number)
    first, _, last = one_line(publication.pages).partition("–")
    yield "SP", first
    yield "EP", last
    yield "ET", one_line(publication.edition)
    issued = institution(paper) if type_ in ("thesis", "report") else publication.publisher
    yield "PB", one_line(issued)
    yield "CY", one_line(publication.place)
    yield "SN", one_line(publication.isbn)
    yield "SN", one_line(publication.issn)
    yield "M3", one_line(publication.genre)
    if published := paper.published:
        month = f"{published.month:02d}" if published.month else ""
        day = f"{published.day:02d}" if published.day else ""
        yield "PY", str(published.year)
        yield "DA", f"{published.year:04d}/{month}/{day}/"
    yield "DO", identifier(paper, "doi")
    if arxiv := identifier(paper, "arxiv"):
        yield "AN", f"arXiv:{arxiv}"
    if pmid := identifier(paper, "pmid"):
        yield "AN", f"PMID: {pmid}"
    yield "UR", address(paper)
    for word in paper.keywords:
        yield "KW", one_line(word)
    yield "AB", one_line(paper.abstract)
    yield "ID", paper.id


def _name(name: str) -> str:
    family, given_name, suffix = name_parts(name)
    return ", ".join(filter(None, (family, given_name, suffix)))
