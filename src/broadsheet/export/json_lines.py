"""Papers as JSON lines: the form that ``broadsheet import`` reads back (papers-jsonl)."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from broadsheet.domain.paper import Paper, Publication


def render_json_lines(papers: Sequence[Paper]) -> str:
    """Return one object a line, text unchanged, without unknown fields."""
    return "".join(json.dumps(_values(paper), ensure_ascii=False) + "\n" for paper in papers)


def _publication(publication: Publication) -> dict[str, Any]:
    values = {field.name: getattr(publication, field.name) for field in fields(Publication)}
    values["editors"] = [editor.name for editor in publication.editors]
    return {name: value for name, value in values.items() if value}


def _values(paper: Paper) -> dict[str, Any]:
    values = {
        **paper.extra,
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": [author.name for author in paper.authors],
        "date": str(paper.published) if paper.published else None,
        "year": paper.published.year if paper.published else None,
        "updated": str(paper.updated) if paper.updated else None,
        "venue": paper.venue,
        "url": paper.url,
        "doi": next((name.value for name in paper.identifiers if name.scheme == "doi"), None),
        "identifiers": [str(name) for name in paper.identifiers],
        "categories": list(paper.categories),
        "keywords": list(paper.keywords),
        "code_url": paper.code_url,
        "project_url": paper.project_url,
        "comment": paper.comment,
        "status": paper.status,
        "publication": _publication(paper.publication),
        "versions": [
            {"version": version.number, "date": str(version.date) if version.date else None}
            for version in paper.versions
        ],
        "day": str(paper.listed),
        "sources": list(paper.sources),
        "signals": dict(paper.signals),
    }
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
