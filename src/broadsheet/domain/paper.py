"""Papers, and the records they are merged from."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier

RETRACTED = "retracted"
WITHDRAWN = "withdrawn"
REMOVED = "removed"
PARTLY_RETRACTED = "partly retracted"
QUESTIONED = "expression of concern"
MARKS = (RETRACTED, WITHDRAWN, REMOVED, PARTLY_RETRACTED, QUESTIONED)
"""Statuses that warn readers, the gravest first: taken back by the journal, or by authors or
archive; no longer listed by its source; taken back in part; under doubt."""


@dataclass(frozen=True, slots=True)
class Author:
    """A name as printed, given name first, and if known the affiliation."""

    name: str
    affiliation: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper: number from 1, and the day it appeared."""

    number: int
    date: PartialDate | None = None


TYPES = (
    "article", "paper", "chapter", "book", "proceedings", "thesis", "report", "preprint",
    "dataset", "software", "patent", "web page", "presentation",
)  # fmt: skip
"""Kinds of publication; a "paper" stands in the proceedings of a meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """How a work was published: the fields of a reference list besides authors, title, venue and
    date. An empty string or tuple means unknown.
    """

    type: str = ""
    """One of ``TYPES``, or "" if it is none of them."""
    series: str = ""
    volume: str = ""
    number: str = ""
    """Of the issue of a journal, or of a report or patent."""
    pages: str = ""
    """ "1–10", or the article's number if it has no pages."""
    publisher: str = ""
    place: str = ""
    institution: str = ""
    """Institution of a thesis or report."""
    genre: str = ""
    """A finer type in the source's words: "PhD thesis", "Technical report"."""
    edition: str = ""
    isbn: str = ""
    issn: str = ""
    editors: tuple[Author, ...] = ()

    def describe(self) -> str:
        """One line for readers: "volume 12, number 3, pages 1–10, edited by Ann Lee"."""
        named = (("volume", self.volume), ("number", self.number))
        parts = [self.genre, *(f"{name} {text}" for name, text in named if text)]
        if self.pages:
            parts.append(f"pages {self.pages}" if "–" in self.pages else f"page {self.pages}")
        parts += [f"edition {self.edition}" if self.edition else "", self.series]
        parts += [self.institution, self.publisher, self.place]
        if self.editors:
            parts.append("edited by " + ", ".join(editor.name for editor in self.editors))
        return ", ".join(filter(None, parts))


UNPUBLISHED = Publication()
"""Nothing is known of the publication."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """The bibliographic fields of a work.

    Text is as it came (LaTeX and all); an empty string, tuple or None means unknown.
    ``categories`` has the primary first.
    """

    title: str = ""
    abstract: str = ""
    authors: tuple[Author, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    published: PartialDate | None = None
    updated: PartialDate | None = None
    venue: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    code_url: str = ""
    project_url: str = ""
    comment: str = ""
    status: str = ""
    """One of ``MARKS``, else as the source says: "Poster", "Oral" …"""
    versions: tuple[Version, ...] = ()
    publication: Publication = UNPUBLISHED
    signals: Mapping[str, Any] = field(default_factory=dict)
    """Numbers and dates that speak for a paper: citations, votes, listing day."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every field that has no place above, under its source's name; JSON values."""

    @property
    def report_number(self) -> str:
        """The report number that arXiv's records have; "" without one."""
        number = self.extra.get("report-no")
        return number if isinstance(number, str) else ""


@dataclass(frozen=True, kw_only=True)
class Record(Work):
    """One source's account of a work.

    ``key`` is the source's own name for the work if it has one, else the normalised title (see
    ``text.titles``). A record replaces an earlier one of the same source, key, account and newest
    version (see ``catalogue.versions.name_of``).
    """

    source: str
    """Name of its source: "arxiv", "hf-papers", "acl", "bibtex" … Decides precedence."""
    key: str
    abstract_truncated: bool = False
    account: str = ""
    """Which of several accounts this source gives of a work, each with fields of its own:
    "feed", "query" … Empty for its fullest. Accounts stand beside each other."""


@dataclass(frozen=True, kw_only=True)
class Paper(Work):
    """The paper that readers see: merged from its records by fixed precedence."""

    id: str
    """Stable public name: its first identifier ("arxiv:2401.00001", "doi:10.…"), or "local:" and a
    hash of title and first author if it had none.
    """
    key: int
    """The store's row number, used by indexes. Never shown."""
    listed: PartialDate
    """The day under which it is listed, or the month or year if no day is known: see
    docs/glossary.md, "day"."""
    added_at: dt.datetime
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Paper ``key`` was written or removed; ``number`` grows by commit order."""

    number: int
    key: int
    removed: bool
