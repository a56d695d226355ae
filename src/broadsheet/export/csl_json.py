"""Papers as CSL-JSON, the citation processors' form."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import (
    CiteKeys,
    address,
    container,
    identifier,
    institution,
    is_whole,
    name_parts,
    one_line,
    type_of,
)

_TYPES = {
    "article": "article-journal", "paper": "paper-conference", "chapter": "chapter",
    "book": "book", "proceedings": "book", "thesis": "thesis", "report": "report",
    "preprint": "article", "web page": "webpage", "dataset": "dataset", "software": "software",
    "patent": "patent", "presentation": "speech",
}  # fmt: skip


def iter_csl_json(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield a JSON array with one object a paper, indented by two; Unicode as it is."""
    keys = CiteKeys()
    number = 0
    for number, paper in enumerate(papers, 1):
        entry = json.dumps(_entry(paper, keys.choose(paper)), ensure_ascii=False, indent=2)
        yield (",\n" if number > 1 else "[\n") + textwrap.indent(entry, "  ")
    yield "\n]\n" if number else "[]\n"


def _entry(paper: Paper, key: str) -> dict[str, Any]:
    arxiv, type_, publication = identifier(paper, "arxiv"), type_of(paper), paper.publication
    number = one_line(publication.number)
    in_journal = type_ in ("article", "paper", "chapter")
    issuer = institution(paper) if type_ in ("thesis", "report") else publication.publisher
    entry: dict[str, Any] = {
        "id": key,
        "type": _TYPES[type_],
        "title": one_line(paper.title),
        "author": [_author(author.name) for author in paper.authors],
        "editor": [_author(editor.name) for editor in publication.editors],
        "container-title": container(paper),
        "collection-title": one_line(publication.series),
        "volume": one_line(publication.volume),
        "issue": number if in_journal else "",
        "number": f"arXiv:{arxiv}" if arxiv else ("" if in_journal else number),
        "page": one_line(publication.pages).replace("–", "-"),
        "edition": one_line(publication.edition),
        "publisher": one_line(issuer),
        "publisher-place": one_line(publication.place),
        "genre": one_line(publication.genre),
        "ISBN": one_line(publication.isbn),
        "ISSN": one_line(publication.issn),
        "DOI": identifier(paper, "doi"),
        "PMID": identifier(paper, "pmid"),
        "URL": address(paper),
        "archive": "arXiv" if arxiv else "",
        "keyword": ", ".join(one_line(word) for word in paper.keywords),
        "abstract": one_line(paper.abstract),
    }
    if published := paper.published:
        parts = [part for part in (published.year, published.month, published.day) if part]
        entry["issued"] = {"date-parts": [parts]}
    return {name: value for name, value in entry.items() if value}


def _author(name: str) -> dict[str, str]:
    family, given_name, suffix = name_parts(name)
    if is_whole(name):
        return {"literal": family}
    return {"family": family, "given": given_name} | ({"suffix": suffix} if suffix else {})
