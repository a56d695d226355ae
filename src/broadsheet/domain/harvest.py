"""Harvesting: all papers in the order in which they changed, page by page, for other programs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.paper import Paper


class BadTokenError(BroadsheetError):
    """A resumption token was not made by this library, or was damaged on its way."""

    code = "invalid"

    def __init__(self) -> None:
        super().__init__("this resumption token was not made here; begin the harvest again")


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """The changes to list. Times are UTC, in whole seconds and inclusive."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    categories: tuple[str, ...] = ()
    """Papers in one of these categories or archives only; none means all. Notices of papers that
    are gone are listed with every choice, since their categories are not known any more."""
    scheme: str = ""
    """Papers with an identifier of this scheme only."""
    form: str = ""
    """The caller's own name for the form of its answers; goes along with the token."""


@dataclass(frozen=True, slots=True)
class DatedChange:
    """The latest change to a paper."""

    number: int
    key: int
    at: dt.datetime
    former_id: str = ""
    """The paper's id if it was merged into another one and is gone."""


@dataclass(frozen=True, slots=True)
class HarvestedPaper:
    """A paper with the time of its latest change; without ``paper`` a notice that it is gone."""

    id: str
    at: dt.datetime
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class HarvestPage:
    """A page of a harvest."""

    request: HarvestRequest
    papers: Sequence[HarvestedPaper]
    position: int
    """How many papers the pages before this one had."""
    total: int | None
    """How many papers the harvest had when it began, if that was counted."""
    token: str
    """To be given for the next page; "" if this is the last."""


class HarvestStore(Protocol):
    """Changes with their times. Thread-safe.

    A paper has one change, its latest, so a paper that changes during a harvest moves to the end of
    it and is never missed.
    """

    def dated_changes(
        self, request: HarvestRequest, after: int, limit: int
    ) -> Sequence[DatedChange]:
        """Return changes by number, from the one after ``after``."""
        ...

    def count_changes(self, request: HarvestRequest) -> int:
        """Count the changes of a request."""
        ...

    def find_change(self, key: int) -> DatedChange | None:
        """Return the latest change of a paper."""
        ...

    def find_removal(self, former_id: str) -> DatedChange | None:
        """Return the change that took away the paper with this id."""
        ...

    def first_change_at(self) -> dt.datetime | None:
        """Return the earliest time of a change; None in an empty library."""
        ...


class HarvestService(Protocol):
    """Harvesting a library. Tokens are signed and hold the whole state, so they survive restarts
    and never expire."""

    def begin(self, request: HarvestRequest, size: int) -> HarvestPage:
        """Return the first page, of at most ``size`` papers."""
        ...

    def resume(self, token: str, size: int) -> HarvestPage:
        """Return the page after the one that gave the token. Raises BadTokenError."""
        ...

    def find(self, name: str) -> HarvestedPaper:
        """Return the paper with this id or identifier, or the notice that it is gone. Raises
        PaperNotFoundError."""
        ...

    def begins_at(self) -> dt.datetime:
        """Return a time before which nothing changed."""
        ...
