"""Papers in the JSON form that the client ``huggingface_hub`` reads."""

import datetime as dt
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper


def compose_entry(paper: Paper) -> dict[str, Any]:
    """Return a paper with every field both on top and under "paper".

    The client reads some fields from the top level only and others from "paper" first. Fields
    of which nothing is known are left out, because it cannot read null for all of them.
    """
    fields = _fields(paper)
    return {**fields, "paper": fields}


def _fields(paper: Paper) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": paper.id.removeprefix("arxiv:"),
        "title": paper.title,
        "summary": paper.abstract,
        "authors": [{"name": author.name, "hidden": False} for author in paper.authors],
        "publishedAt": _midnight(paper.published or paper.listed),
        "submittedOnDailyAt": _midnight(paper.listed),
        "upvotes": _count(paper, "upvotes") + _count(paper, "votes_here"),
        "numComments": _count(paper, "num_comments"),
    }
    if paper.keywords:
        fields["ai_keywords"] = list(paper.keywords)
    if paper.project_url:
        fields["projectPage"] = paper.project_url
    if paper.code_url:
        fields["githubRepo"] = paper.code_url
    if stars := _count(paper, "github_stars"):
        fields["githubStars"] = stars
    return fields


def _midnight(date: PartialDate) -> str:
    """The beginning of a date; the client demands milliseconds and the ending Z."""
    return dt.datetime.combine(date.first_day(), dt.time()).isoformat() + ".000Z"


def _count(paper: Paper, name: str) -> int:
    value = paper.signals.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0
