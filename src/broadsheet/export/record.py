"""Papers as JSON objects: the one shape for files, the command line, the HTTP API and assistants.

``compose_record`` has text as it came, so that ``broadsheet import`` reads back what was exported.
``compose_reading`` is for readers: the same fields with LaTeX made readable, and the numbers that
pages show. Fields of which nothing is known are left out of both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from broadsheet.domain.daily import PlacedStory, TrendingStory
from broadsheet.domain.paper import Author, Paper, Publication
from broadsheet.domain.search import Fragment, Hit
from broadsheet.domain.signals import names_of
from broadsheet.domain.summary import find_summary
from broadsheet.text.latex.plain_text import to_text


def compose_record(paper: Paper) -> dict[str, Any]:
    """Return the fields of a paper with its text as it came, then its unmapped fields."""
    fields_ = _fields(paper)
    return fields_ | {name: value for name, value in paper.extra.items() if name not in fields_}


def compose_reading(paper: Paper) -> dict[str, Any]:
    """Return the parts of a paper that a reader sees: readable text, votes at other services, unmapped
    fields under ``extra``."""
    fields_ = _fields(paper)
    for name in ("title", "abstract"):
        if name in fields_:
            fields_[name] = to_text(fields_[name])
    summary = find_summary(paper.signals)
    numbers = {
        "votes": _sum(paper.signals, names_of("votes")),
        "citations": _first(paper.signals, names_of("citations")),
        "stars": _first(paper.signals, names_of("stars")),
    }
    return _without_unknown(
        {
            **fields_,
            **{name: value for name, value in numbers.items() if value},
            "summary": to_text(summary.text) if summary else None,
            "extra": dict(paper.extra),
        }
    )


def compose_hit(hit: Hit) -> dict[str, Any]:
    """Return a search result: its place and score, then the paper."""
    return {
        "rank": hit.rank,
        **compose_reading(hit.paper),
        "score": round(hit.score, 6),
        "snippet": _plain(hit.snippet),
        "alike": [other.id for other in hit.alike],
    }


def compose_story(story: PlacedStory) -> dict[str, Any]:
    """Return a story of an issue: its place, its standfirst and the reasons, with the paper."""
    return {
        "rank": story.rank,
        **compose_reading(story.paper),
        "field": story.section,
        "standfirst": story.standfirst,
        "score": round(story.score, 4),
        "why": [
            {"name": reason.name, "points": round(reason.points, 4), "words": reason.words}
            for reason in story.reasons
        ],
        "alike": [other.id for other in story.alike],
    }


def compose_trend(story: TrendingStory) -> dict[str, Any]:
    """Return a paper that gains attention: its place and the reasons, with the paper."""
    return {
        "rank": story.rank,
        **compose_reading(story.paper),
        "field": story.section,
        "standfirst": story.standfirst,
        "score": round(story.score, 4),
        "why": list(story.reasons),
    }


def _fields(paper: Paper) -> dict[str, Any]:
    return _without_unknown(
        {
            "id": paper.id,
            "title": paper.title,
            "abstract": paper.abstract,
            "authors": [author.name for author in paper.authors],
            "affiliations": _affiliations(paper.authors),
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
    )


def _affiliations(authors: Iterable[Author]) -> list[str]:
    """An entry for each author in their order; empty if none is known."""
    names = [author.affiliation for author in authors]
    return names if any(names) else []


def _publication(publication: Publication) -> dict[str, Any]:
    values = {field.name: getattr(publication, field.name) for field in fields(Publication)}
    values["editors"] = [editor.name for editor in publication.editors]
    return {name: value for name, value in values.items() if value}


def _without_unknown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _first(signals: Mapping[str, Any], names: Iterable[str]) -> int:
    return next((count for name in names if (count := _count(signals.get(name)))), 0)


def _sum(signals: Mapping[str, Any], names: Iterable[str]) -> int:
    return sum(_count(signals.get(name)) for name in names)


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0


def _plain(fragments: Iterable[Fragment]) -> str:
    return "".join(fragment.text for fragment in fragments)
