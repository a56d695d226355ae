"""What of a paper goes into the index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broadsheet.domain.paper import Paper
from broadsheet.text.acronyms import find_acronyms

MAX_AUTHORS = 200
"""A paper's first authors; collaborations print thousands."""


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """A paper as the index sees it: readable text and values to filter by."""

    key: int
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    venue: str = ""
    day: int = 0
    """First day of the publication date as YYYYMMDD, 0 where unknown."""
    has_code: bool = False
    has_project: bool = False
    identifiers: tuple[str, ...] = ()
    """"arxiv:2401.00001" and the like, lower case."""
    acronyms: Mapping[str, str] = field(default_factory=dict)
    """Those that the abstract introduces, with what they stand for."""


def make_document(paper: Paper, clean: Callable[[str], str]) -> IndexDocument:
    """The document of ``paper``; ``clean`` turns text as it came into readable text."""
    first = paper.published.first_day() if paper.published else None
    abstract = clean(paper.abstract)
    return IndexDocument(
        key=paper.key,
        title=clean(paper.title),
        abstract=abstract,
        authors=tuple(clean(author.name) for author in paper.authors[:MAX_AUTHORS]),
        categories=paper.categories,
        keywords=tuple(clean(keyword) for keyword in paper.keywords),
        sources=paper.sources,
        venue=clean(paper.venue),
        day=first.year * 10000 + first.month * 100 + first.day if first else 0,
        has_code=bool(paper.code_url),
        has_project=bool(paper.project_url),
        identifiers=tuple(
            dict.fromkeys((paper.id.lower(), *(str(name).lower() for name in paper.identifiers)))
        ),
        acronyms=find_acronyms(abstract),
    )
