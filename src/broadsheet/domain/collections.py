"""Collections: ordered lists of papers with notes, private, shared by link, or public."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import BroadsheetError, InvalidInputError
from broadsheet.domain.paper import Paper

Sharing = Literal["private", "link", "public"]
"""Who may read a collection: its owner, whoever knows its address, or everybody, who also
finds it in the list."""

SHARINGS: tuple[Sharing, ...] = ("private", "link", "public")

LONGEST_TITLE = 120
LONGEST_TEXT = 4000
"""Characters of a description or note."""
MOST_COLLECTIONS = 500
"""Collections of one account."""
MOST_PAPERS = 5000
"""Papers of one collection."""


class CollectionNotFoundError(BroadsheetError):
    """There is no such collection, or the principal may not know of it."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("there is no collection here, or it is not shared with you")


@dataclass(frozen=True, slots=True)
class Collection:
    """A list of papers. ``id`` cannot be guessed, so that its address can be shared."""

    id: str
    account: str
    owner: str
    """The name of the account."""
    title: str
    description: str
    sharing: Sharing
    created_at: dt.datetime
    changed_at: dt.datetime
    size: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper (its key) on a collection, with a note."""

    paper: int
    note: str


class CollectionStore(Protocol):
    """Collections in the library's database. Thread-safe; writes are durable."""

    def save(self, collection: Collection) -> None:
        """Add a collection, or change title, description and sharing of the one with its id."""
        ...

    def find(self, collection_id: str) -> Collection | None:
        """Return a collection."""
        ...

    def of_account(self, account: str) -> Sequence[Collection]:
        """Return an account's collections, the latest changed first."""
        ...

    def public(self, limit: int) -> Sequence[Collection]:
        """Return public collections, the latest changed first."""
        ...

    def delete(self, collection_id: str) -> None:
        """Delete a collection."""
        ...

    def entries(self, collection_id: str) -> Sequence[Entry]:
        """Return the papers of a collection in their order."""
        ...

    def set_entry(self, collection_id: str, entry: Entry, now: dt.datetime) -> None:
        """Add a paper at the end, or change the note of one that is there."""
        ...

    def remove_entry(self, collection_id: str, paper: int, now: dt.datetime) -> None:
        """Take a paper off."""
        ...

    def move_entry(self, collection_id: str, paper: int, by: int, now: dt.datetime) -> None:
        """Move a paper up (negative) or down by some places."""
        ...


class CollectionService(Protocol):
    """Keeping and sharing collections. All calls raise CollectionNotFoundError for one that
    the principal may not read."""

    def create(
        self, principal: Principal, title: str, description: str = "", sharing: str = "private"
    ) -> Collection:
        """Start a collection. Raises InvalidInputError without a title."""
        ...

    def get(self, principal: Principal, collection_id: str) -> Collection:
        """Return a collection."""
        ...

    def papers(self, principal: Principal, collection_id: str) -> Sequence[tuple[Paper, str]]:
        """Return the papers of a collection in their order, each with its note."""
        ...

    def own(self, principal: Principal) -> Sequence[Collection]:
        """Return one's own collections, the latest changed first."""
        ...

    def public(self) -> Sequence[Collection]:
        """Return public collections, the latest changed first."""
        ...

    def change(
        self, principal: Principal, collection_id: str, title: str, description: str, sharing: str
    ) -> Collection:
        """Change a collection of one's own."""
        ...

    def delete(self, principal: Principal, collection_id: str) -> None:
        """Delete a collection of one's own; curators also public ones of others."""
        ...

    def add(self, principal: Principal, collection_id: str, name: str, note: str = "") -> Paper:
        """Add a paper by any of its names, or change its note."""
        ...

    def remove(self, principal: Principal, collection_id: str, name: str) -> None:
        """Take a paper off a collection of one's own."""
        ...

    def move(self, principal: Principal, collection_id: str, name: str, by: int) -> None:
        """Move a paper up (negative) or down in a collection of one's own."""
        ...


def check_sharing(text: str) -> Sharing:
    """Return the sharing of this name; raises InvalidInputError for any other."""
    for sharing in SHARINGS:
        if text == sharing:
            return sharing
    raise InvalidInputError(f"{text[:40]!r} is no way to share; use {', '.join(SHARINGS)}")
