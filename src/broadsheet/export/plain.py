"""Papers as plain text, for a terminal: readable text, wrapped at 80 characters."""

import textwrap
from collections.abc import Iterable, Iterator

from broadsheet.domain.paper import Paper
from broadsheet.domain.summary import find_summary
from broadsheet.export.citation import one_line
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.sentences import finish

WIDTH = 80


def iter_text(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one block a paper, parted by blank lines."""
    for number, paper in enumerate(papers):
        yield ("\n" if number else "") + _block(paper) + "\n"


def _block(paper: Paper) -> str:
    facts = (
        ("id", paper.id),
        ("published", str(paper.published or "")),
        ("venue", paper.venue),
        ("publication", paper.publication.describe()),
        ("identifiers", ", ".join(map(str, paper.identifiers))),
        ("categories", ", ".join(paper.categories)),
        ("keywords", ", ".join(paper.keywords)),
        ("url", paper.url),
        ("code", paper.code_url),
        ("project", paper.project_url),
        ("comment", paper.comment),
        ("status", paper.status),
        ("sources", ", ".join(paper.sources)),
    )
    parts = [
        _wrapped(to_text(paper.title) or "(untitled)"),
        _wrapped(", ".join(one_line(author.name) for author in paper.authors)),
        "\n".join(f"{name + ':':<13}{one_line(value)}" for name, value in facts if value),
        _summary(paper),
        _wrapped(to_text(paper.abstract)),
    ]
    return "\n\n".join(part for part in parts if part)


def _summary(paper: Paper) -> str:
    summary = find_summary(paper.signals)
    return _wrapped(f"{summary.writer.label}: {finish(to_text(summary.text))}") if summary else ""


def _wrapped(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )
