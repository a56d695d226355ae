"""Papers as RIS, through rispy."""

from collections.abc import Sequence
from typing import Any

from broadsheet.domain.paper import Paper
from broadsheet.export.citation import address, identifier, is_organisation, kind_of, one_line
from broadsheet.text.names import family_and_given

_TYPES = {"article": "JOUR", "inproceedings": "CPAPER", "preprint": "UNPB"}


def render_ris(papers: Sequence[Paper]) -> str:
    """One record a paper; empty for no papers."""
    # Imported here: only an export needs it.
    from rispy import RisWriter

    class Writer(RisWriter):  # type: ignore[misc]
        """Without the number before each record, which is no part of the format."""

        def set_header(self, count: int) -> str:
            return ""

    return str(Writer().formats([_record(paper) for paper in papers])).lstrip() if papers else ""


def _record(paper: Paper) -> dict[str, Any]:
    kind = kind_of(paper)
    record: dict[str, Any] = {
        "type_of_reference": _TYPES[kind],
        "title": one_line(paper.title),
        "authors": [_author(author.name) for author in paper.authors],
        "abstract": one_line(paper.abstract),
        "doi": identifier(paper, "doi"),
        "keywords": [one_line(word) for word in paper.keywords],
        "urls": [address(paper)] if address(paper) else [],
        "id": paper.id,
    }
    venue = one_line(paper.venue)
    if venue and kind == "article":
        record["journal_name"] = venue
    elif venue:
        record["secondary_title"] = venue
    if arxiv := identifier(paper, "arxiv"):
        record["number"] = f"arXiv:{arxiv}"
    if published := paper.published:
        month = f"{published.month:02d}" if published.month else ""
        day = f"{published.day:02d}" if published.day else ""
        record["year"] = str(published.year)
        record["date"] = f"{published.year:04d}/{month}/{day}/"
    return {name: value for name, value in record.items() if value}


def _author(name: str) -> str:
    name = one_line(name)
    if is_organisation(name):
        return name
    family, given_name = family_and_given(name)
    return f"{family}, {given_name}" if given_name else family
