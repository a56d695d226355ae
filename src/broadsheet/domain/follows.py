"""Following authors, venues, fields, members and searches, and the papers that are new from them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import BroadsheetError, InvalidInputError
from broadsheet.domain.paper import Paper

FollowKind = Literal["author", "member", "search", "venue", "category", "field", "edition"]
FOLLOW_KINDS: tuple[FollowKind, ...] = (
    "author",
    "member",
    "search",
    "venue",
    "category",
    "field",
    "edition",
)
"""The most telling first: a paper by a followed author stands before one of a followed field."""

MOST_FOLLOWS = 300
"""Follows of one account."""
LONGEST_NAME = 300
LONGEST_SEARCH = 1000

VISIT_ENDS_AFTER = dt.timedelta(minutes=30)
"""A reader who comes back after such a pause begins a new visit."""


class FollowNotFoundError(BroadsheetError):
    """The principal follows nothing of this number."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("you follow nothing of this number; `broadsheet follow list` shows all")


@dataclass(frozen=True, slots=True)
class Follow:
    """What one reader follows. ``value`` is a name, a category, a query or, of a member, the id of
    the account; ``label`` is what people call it."""

    number: int
    account: str
    kind: FollowKind
    value: str
    label: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class FollowedPaper:
    """A paper that is new from something that is followed."""

    paper: Paper
    follows: tuple[int, ...]
    """Numbers of the follows that it is new from."""
    reasons: tuple[str, ...]
    """As in "by Ada Lovelace"; the most telling first."""


@dataclass(frozen=True, slots=True)
class FollowNews:
    """The papers that are new since a time, the most telling reasons first, then the latest."""

    since: dt.datetime
    follows: Sequence[Follow]
    papers: Sequence[FollowedPaper]
    total: int
    """How many there are; ``papers`` may be fewer."""
    counts: Mapping[int, int]
    """New papers by the number of the follow."""


class FollowStore(Protocol):
    """Follows and visits in the library's database. Thread-safe; writes are durable. Times are UTC."""

    def add(self, follow: Follow) -> Follow:
        """Add a follow, unless the account follows the same; return it with its number."""
        ...

    def remove(self, account: str, number: int) -> bool:
        """Remove a follow of this account; False if it has no such follow."""
        ...

    def of_account(self, account: str) -> Sequence[Follow]:
        """Return an account's follows by kind and label. Members whose account is gone are left
        out."""
        ...

    def visit(self, account: str, now: dt.datetime) -> dt.datetime | None:
        """Note that an account reads now; return when its visit before this one ended, if ever."""
        ...


class FollowService(Protocol):
    """Following, and what is new."""

    def follow(self, principal: Principal, kind: str, value: str) -> Follow:
        """Follow something; the same twice is once. Raises InvalidInputError for an unknown kind
        or a value that cannot be followed."""
        ...

    def unfollow(self, principal: Principal, number: int) -> None:
        """Stop following. Raises FollowNotFoundError."""
        ...

    def follows(self, principal: Principal) -> Sequence[Follow]:
        """Return all that the principal follows."""
        ...

    def visit(self, principal: Principal) -> dt.datetime | None:
        """Note that the principal reads now; return when its last visit ended, if ever. Nothing is
        noted of visitors without an account."""
        ...

    def news(
        self, principal: Principal, since: str = "visit", only: int | None = None, limit: int = 200
    ) -> FollowNews:
        """Return the papers that are new since the last visit ("visit"), or within a "day", "week"
        or "month", or since a date; ``only`` from the follow of this number. Raises
        InvalidInputError for any other start, FollowNotFoundError."""
        ...


def check_kind(text: str) -> FollowKind:
    """Return the kind of this name; raises InvalidInputError for any other."""
    for kind in FOLLOW_KINDS:
        if text == kind:
            return kind
    raise InvalidInputError(
        f"{text[:40]!r} cannot be followed; choose one of {', '.join(FOLLOW_KINDS)}"
    )
