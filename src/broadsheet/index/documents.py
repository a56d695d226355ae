"""The content of the index: a paper as a document."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.text.acronyms import find_acronyms
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import fold_name
from broadsheet.text.scripts import other_spellings
from broadsheet.text.sentences import split_sentences

MAX_AUTHORS = 200
"""A paper's first authors; collaborations print thousands."""
READING = 2
"""Raised whenever LaTeX or sentences are read otherwise than before, so that text which was
stored readable is read anew."""
TITLE_REPEATS = 2
"""How often the words of a title count."""
RANKED_AUTHORS = 20
"""Authors beyond these can be found by name, but are not among the ranked words."""
MAX_SENTENCES = 60
"""An abstract's first, of which snippets are made; some are whole books."""


@dataclass(frozen=True, slots=True)
class ReadableText:
    """A paper's text as readers see it."""

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
class StoredText:
    """The readable text of a paper as an index keeps it."""

    checksum: int
    """Of title and abstract as they came; see ``checksum_of``."""
    text: ReadableText
    """Title and abstract are empty if they were readable as they came."""
    as_it_came: bool

    @classmethod
    def of(cls, document: "IndexDocument") -> "StoredText":
        text = ReadableText.of(document.title, document.abstract)
        as_it_came = checksum_of(text.title, text.abstract) == document.checksum
        return cls(
            document.checksum, ReadableText("", "", text.starts) if as_it_came else text, as_it_came
        )

    def find_text(self, paper: Paper) -> ReadableText | None:
        """Return the readable text of ``paper``; None if this was made from another text."""
        if self.checksum != checksum_of(paper.title, paper.abstract):
            return None
        if self.as_it_came:
            return ReadableText(paper.title, paper.abstract, self.text.starts)
        return self.text


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
    updated: int = 0
    """First day of the last update, or ``day`` if none is known; 0 where neither is."""
    comment: str = ""
    report: str = ""
    """Report number."""
    has_code: bool = False
    has_project: bool = False
    identifiers: tuple[str, ...] = ()
    """"arxiv:2401.00001" and the like, lower case."""
    acronyms: Mapping[str, str] = field(default_factory=dict)
    """Acronyms that the abstract introduces, with their long forms."""
    checksum: int = 0
    """Of title and abstract as they came; see ``checksum_of``."""


def checksum_of(title: str, abstract: str) -> int:
    """Tells whether something was made of these texts, read as they are read now; CRC-32."""
    return zlib.crc32(f"{READING} {len(title)} {title}{abstract}".encode(errors="replace"))


def make_document(paper: Paper) -> IndexDocument:
    """Return the document of ``paper``, with readable text."""
    day = _number(paper.published)
    abstract = to_text(paper.abstract)
    return IndexDocument(
        key=paper.key,
        title=to_text(paper.title),
        abstract=abstract,
        authors=tuple(to_text(author.name) for author in paper.authors[:MAX_AUTHORS]),
        categories=paper.categories,
        keywords=tuple(to_text(keyword) for keyword in paper.keywords),
        sources=paper.sources,
        venue=to_text(paper.venue),
        day=day,
        updated=_number(paper.updated) or day,
        comment=to_text(paper.comment),
        report=paper.report_number,
        has_code=bool(paper.code_url),
        has_project=bool(paper.project_url),
        identifiers=tuple(
            dict.fromkeys((paper.id.lower(), *(str(name).lower() for name in paper.identifiers)))
        ),
        acronyms=find_acronyms(abstract),
        checksum=checksum_of(paper.title, paper.abstract),
    )


def _number(date: PartialDate | None) -> int:
    first = date.first_day() if date else None
    return first.year * 10000 + first.month * 100 + first.day if first else 0


def ranked_texts(document: IndexDocument) -> list[str]:
    """Return the texts of a paper that BM25 scores; a text that counts twice is there twice."""
    return [
        *[document.title] * TITLE_REPEATS,
        document.abstract,
        *document.keywords,
        *document.authors[:RANKED_AUTHORS],
        *other_spellings([document.title, document.abstract, *document.keywords]),
    ]


def category_levels(category: str) -> list[str]:
    """Return a category and all categories above it, in lower case: cs.lg, cs."""
    name = category.lower()
    return [name, *(name[:at] for at, sign in enumerate(name) if sign == "." and at)]


class Completion(NamedTuple):
    """A name or a long form that can be completed."""

    kind: str
    """A ``CompletionKind`` other than "word"."""
    typed: str
    """How it is typed: folded, without accents."""
    shown: str


def completions(document: IndexDocument) -> set[Completion]:
    """Return the names of a paper that can be completed, and its acronyms.

    A person is found by the given name and by the family name, a category and a venue by their
    beginnings, a long form by its acronym.
    """
    completions = {Completion("category", fold_name(name), name) for name in document.categories}
    if document.venue:
        completions.add(Completion("venue", fold_name(document.venue), document.venue))
    for author in document.authors[:RANKED_AUTHORS]:
        completions.add(Completion("author", fold_name(author), author))
        *given_names, family = author.split() or [""]
        if given_names:
            turned = fold_name(f"{family} {' '.join(given_names)}")
            completions.add(Completion("author", turned, author))
    for acronym, long_form in document.acronyms.items():
        completions.add(Completion("acronym", fold_name(acronym), long_form))
    return completions
