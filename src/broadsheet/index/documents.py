"""What of a paper goes into the index."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from broadsheet.domain.paper import Paper
from broadsheet.text.acronyms import find_acronyms
from broadsheet.text.sentences import split_sentences

MAX_AUTHORS = 200
"""A paper's first authors; collaborations print thousands."""
READING = 1
"""Raised whenever LaTeX or sentences are read otherwise than before, so that text which was
stored readable is read anew."""
MAX_SENTENCES = 60
"""An abstract's first, of which snippets are made; some are whole books."""


@dataclass(frozen=True, slots=True)
class ReadableText:
    """What readers see of a paper's text."""

    title: str
    abstract: str
    """Its first ``MAX_SENTENCES``, joined by spaces."""
    starts: tuple[int, ...]
    """Where each sentence begins in ``abstract``, and where one more would."""

    @classmethod
    def of(cls, title: str, abstract: str) -> "ReadableText":
        """Both readable already."""
        sentences = split_sentences(abstract)[:MAX_SENTENCES]
        starts = accumulate([len(sentence) + 1 for sentence in sentences], initial=0)
        return cls(title, " ".join(sentences), tuple(starts))

    def sentence(self, number: int) -> str:
        return self.abstract[self.starts[number] : self.starts[number + 1] - 1]


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
    checksum: int = 0
    """Of title and abstract as they came; see ``checksum_of``."""


def checksum_of(title: str, abstract: str) -> int:
    """Tells whether something was made of these texts, read as they are read now; CRC-32."""
    return zlib.crc32(f"{READING} {len(title)} {title}{abstract}".encode(errors="replace"))


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
        checksum=checksum_of(paper.title, paper.abstract),
    )
