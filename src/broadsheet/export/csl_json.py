"""Papers as CSL-JSON, the citation processors' form."""

import json
from collections.abc import Sequence
from typing import Any

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import (
    address,
    cite_keys,
    identifier,
    is_organisation,
    kind_of,
    one_line,
)
from broadsheet.text.names import family_and_given

_TYPES = {"article": "article-journal", "inproceedings": "paper-conference", "preprint": "article"}


def render_csl_json(papers: Sequence[Paper]) -> str:
    """A JSON array with one object a paper, indented by two; Unicode as it is."""
    entries = [_entry(paper, key) for paper, key in zip(papers, cite_keys(papers), strict=True)]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def _entry(paper: Paper, key: str) -> dict[str, Any]:
    arxiv = identifier(paper, "arxiv")
    entry: dict[str, Any] = {
        "id": key,
        "type": _TYPES[kind_of(paper)],
        "title": one_line(paper.title),
        "author": [_author(author.name) for author in paper.authors],
        "container-title": one_line(paper.venue),
        "DOI": identifier(paper, "doi"),
        "URL": address(paper),
        "number": f"arXiv:{arxiv}" if arxiv else "",
        "archive": "arXiv" if arxiv else "",
        "keyword": ", ".join(one_line(word) for word in paper.keywords),
        "abstract": one_line(paper.abstract),
    }
    if published := paper.published:
        parts = [part for part in (published.year, published.month, published.day) if part]
        entry["issued"] = {"date-parts": [parts]}
    return {name: value for name, value in entry.items() if value}


def _author(name: str) -> dict[str, str]:
    name = one_line(name)
    family, given_name = family_and_given(name)
    if is_organisation(name) or not given_name:
        return {"literal": name}
    return {"family": family, "given": given_name}
