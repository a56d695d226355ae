"""An issue of the daily paper: the papers of a day, week, month or year, with reasons."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.ports import PeriodCount

EditionOrder = Literal["front", "newest", "votes"]
"""By the score of the front page; the latest added first; the most voted first."""
IssueOrder = Literal[EditionOrder, "for-me"]
"""Or by the interests of the reader, which are no edition's."""
ISSUE_ORDERS: tuple[IssueOrder, ...] = ("front", "newest", "votes", "for-me")

ReaderOrder = Callable[[Sequence[int]], Sequence[int]]
"""Orders the keys of papers by a reader's interests, the most interesting first."""

Window = Literal["day", "week", "month"]
WINDOWS: Mapping[Window, int] = {"day": 1, "week": 7, "month": 30}
"""Spans of trends, in days."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a story's score."""

    name: str
    """"votes", "featured", "newsworthy" …; see ``discovery.leading``."""
    points: float
    words: str
    """Words for the reader: "41 votes where 3 is usual for this issue"."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A named newspaper: which papers it prints, how many, and in which order."""

    name: str
    """As in addresses: "front", "my-field"."""
    title: str
    query: str = ""
    """In the query language; every part is required."""
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    featured: bool = False
    """Whether it prints only papers on lists curated elsewhere or here."""
    size: int = 40
    """Stories on its first page."""
    order: EditionOrder = "front"


FRONT_PAGE = Edition("front", "Front page")
FEATURED = Edition("featured", "Featured", featured=True)


@dataclass(frozen=True, slots=True)
class PlacedStory:
    """A paper in its place."""

    rank: int
    """From 1."""
    paper: Paper
    section: str
    score: float
    reasons: tuple[Reason, ...] = ()
    standfirst: str = ""
    """The finding in a sentence; readable text."""
    alike: tuple[Paper, ...] = ()
    """Papers that are nearly the same text, folded into this one."""
    submitted: str = ""
    """Who submitted it, with the note: "submitted by Max: worth reading"."""
    featured: str = ""
    """Who featured it here and why: "featured by Cleo because it is new"."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an issue: the papers of one field."""

    name: str
    total: int
    stories: Sequence[PlacedStory] = ()


@dataclass(frozen=True, slots=True)
class Leader:
    """The most voted paper of a day, week or month."""

    periods: tuple[Period, ...]
    """The shorter first; several if one paper leads them all."""
    paper: Paper
    votes: int


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """Which issue to print, and how much of it."""

    period: Period
    edition: str = "front"
    section: str = ""
    """Only stories of this section."""
    source: str = ""
    has_code: bool = False
    last_visit: dt.datetime | None = None
    """When the reader was last here, if that is known (UTC)."""
    new_only: bool = False
    """Only stories that came in since then."""
    order: IssueOrder | None = None
    """The edition's own unless given."""
    page: int = 1
    size: int | None = None
    """Stories on a page; the edition's own unless given."""

    @property
    def narrowed(self) -> bool:
        """Whether less than the whole issue, or another order of it, is asked for."""
        return bool(self.section or self.source or self.has_code or self.new_only or self.order)


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue. ``front`` and ``sections`` are its first page; ``stories`` is a page of the whole,
    or of the reader's selection from it.
    """

    period: Period
    edition: Edition
    order: IssueOrder
    total: int
    """Papers of the issue."""
    matching: int
    """Papers that pass the reader's filters."""
    today: dt.date
    front: Sequence[PlacedStory] = ()
    sections: Sequence[Section] = ()
    stories: Sequence[PlacedStory] = ()
    page: int = 1
    pages: int = 1
    sources: Sequence[tuple[str, int]] = ()
    with_code: int = 0
    new: int = 0
    """Papers that came in since the reader's last visit."""
    leaders: Sequence[Leader] = ()
    """The papers of the day, week and month around the issue, as far as votes were given."""
    earlier: PeriodCount | None = None
    later: PeriodCount | None = None
    quiet: Sequence[str] = ()
    """Sentences that say why there are no papers."""
    notes: Sequence[str] = ()
    """Notes for the reader on this issue: papers that a source left out …"""
    by_day: Mapping[dt.date, int] = field(default_factory=dict)
    """Papers of each day of a week, month or year."""


@dataclass(frozen=True, slots=True)
class TrendingStory:
    """A paper in the trends, with the reasons for its place."""

    rank: int
    paper: Paper
    section: str
    score: float
    reasons: Sequence[str]
    """As in "+38 stars in 3 days"."""
    standfirst: str = ""


@dataclass(frozen=True, slots=True)
class Trends:
    """The trends of a window, in an edition or a field."""

    window: Window
    edition: Edition
    section: str
    stories: Sequence[TrendingStory]
    sections: Sequence[tuple[str, int]]
    since: dt.date
    until: dt.date
    """The last day of the window: today, or the latest day with papers if that is long ago."""
    today: dt.date
    signals: Sequence[str] = ()
    """The kinds of signals that were reported within the window."""
