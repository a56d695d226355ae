"""Attachments of readers to papers: votes, saved papers, read marks and the like."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import InvalidInputError

Mark = Literal[
    "voted",
    "saved",
    "later",
    "read",
    "more_like",
    "less_like",
    "not_interested",
    "hidden",
    "pinned",
    "ignored",
]
"""What a reader says about a paper. Votes are counted for everybody; the rest is private. A pinned
paper counts more in the reader's own ranking, an ignored one nothing."""

MARKS: tuple[Mark, ...] = (
    "voted",
    "saved",
    "later",
    "read",
    "more_like",
    "less_like",
    "not_interested",
    "hidden",
    "pinned",
    "ignored",
)

REPLACED: Mapping[Mark, frozenset[Mark]] = {
    "later": frozenset({"read"}),
    "read": frozenset({"later"}),
    "saved": frozenset({"ignored"}),
    "voted": frozenset({"ignored"}),
    "more_like": frozenset({"less_like", "not_interested", "ignored"}),
    "less_like": frozenset({"more_like", "ignored"}),
    "not_interested": frozenset({"more_like", "ignored"}),
    "pinned": frozenset({"ignored"}),
    "ignored": frozenset({"pinned"}),
}
"""Marks that a new mark takes away, because both cannot hold. Whatever is said anew about a paper
counts again."""

RANKING_MARKS: frozenset[Mark] = frozenset({"more_like", "less_like", "pinned", "ignored"})
"""Marks that say something to the reader's own ranking and nothing else."""

HIDING: frozenset[Mark] = frozenset({"hidden", "not_interested"})
"""Marks of papers that are not shown in lists any more."""


@dataclass(frozen=True, slots=True)
class ReaderMark:
    """One mark of one reader on one paper (its key)."""

    account: str
    paper: int
    mark: Mark
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class PaperMarks:
    """What a page shows of some papers: the reader's marks, and everybody's votes, by key."""

    own: Mapping[int, frozenset[Mark]] = field(default_factory=dict)
    votes: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarkState:
    """A mark after a change, and the paper's votes."""

    mark: Mark
    on: bool
    votes: int


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote of a reader here. Times are UTC."""

    account: str
    paper: int
    """The paper's key."""
    at: dt.datetime
    joined_at: dt.datetime | None
    """When the account was made; None for the one person who needs none."""


class CommunityStore(Protocol):
    """Marks in the library's database. Thread-safe; writes are durable before they return."""

    def set_mark(self, mark: ReaderMark, on: bool) -> int:
        """Set or remove a mark and those it replaces; return the paper's votes.

        Setting it twice is the same as once. A change of votes changes the signal "votes_here" of
        the source "here" of that day in the same transaction.
        """
        ...

    def paper_marks(self, account: str, papers: Collection[int]) -> PaperMarks:
        """Return an account's marks on papers, and the votes on them."""
        ...

    def marks_of(self, account: str, marks: Collection[Mark], limit: int) -> Sequence[ReaderMark]:
        """Return an account's marks of these kinds, the latest first."""
        ...

    def remove_account(self, account: str, now: dt.datetime) -> None:
        """Remove an account's marks, collections, ranking, screenings, follows and submissions;
        its votes no longer count."""
        ...

    def withdraw_votes(self, account: str, now: dt.datetime) -> int:
        """Remove all votes of an account; return how many there were."""
        ...


class CommunityService(Protocol):
    """What readers do with papers."""

    def set_mark(self, principal: Principal, name: str, mark: str, on: bool) -> MarkState:
        """Set or remove a mark on a paper, by any of its names. Members vote; every reader
        keeps the other marks. Raises PaperNotFoundError, InvalidInputError for an unknown mark."""
        ...

    def paper_marks(self, principal: Principal, papers: Collection[int]) -> PaperMarks:
        """Return the principal's marks on papers (keys), and the votes on them."""
        ...

    def marks(
        self, principal: Principal, marks: Collection[Mark] = MARKS, limit: int = 10_000
    ) -> Sequence[ReaderMark]:
        """Return the principal's own marks, the latest first."""
        ...


def check_mark(text: str) -> Mark:
    """Return the mark of this name; raises InvalidInputError for any other."""
    for mark in MARKS:
        if text == mark:
            return mark
    raise InvalidInputError(f"{text[:40]!r} is no mark; the marks are: {', '.join(MARKS)}")
