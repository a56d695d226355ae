"""Comments on papers in threads, flags, and the public log of moderation."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import BroadsheetError

CommentState = Literal["visible", "deleted", "removed"]
"""Deleted by whoever wrote it, removed by a curator."""

FLAG_REASONS = ("off topic", "spam", "unkind", "wrong place")
FLAGS_FOR_QUEUE = 2
"""So many flags put a comment before the curators."""
FLAGS_AFTER = dt.timedelta(days=7)
"""Accounts younger than this cannot flag."""
LONGEST_COMMENT = 10_000
COMMENTS_PER_HOUR = 20
DEEPEST = 6
"""Replies below this depth are shown at this depth."""


class CommentNotFoundError(BroadsheetError):
    """There is no comment with this number."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("there is no such comment")


class TooManyCommentsError(BroadsheetError):
    """An account comments too often."""

    code = "too_many"

    def __init__(self) -> None:
        super().__init__(f"at most {COMMENTS_PER_HOUR} comments an hour; try again later")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. ``text`` is Markdown, empty if it is deleted or removed."""

    id: int
    paper: int
    parent: int | None
    account: str
    author: str
    """The name of the account; "" if the account is deleted."""
    text: str
    state: CommentState
    created_at: dt.datetime
    edited_at: dt.datetime | None = None
    flags: int = 0
    depth: int = 0
    """In its thread; 0 for one that begins a thread."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An action of a moderator."""

    at: dt.datetime
    moderator: str
    action: str
    reason: str


class CommentStore(Protocol):
    """Comments in the library's database. Thread-safe; writes are durable."""

    def add(self, comment: Comment) -> Comment:
        """Keep a comment and give it its number."""
        ...

    def find(self, comment_id: int) -> Comment | None:
        """Return a comment."""
        ...

    def of_paper(self, paper: int) -> Sequence[Comment]:
        """Return all comments on a paper, the oldest first."""
        ...

    def counts(self, papers: Collection[int]) -> Mapping[int, int]:
        """Count the visible comments on each of these papers; those without any are left out."""
        ...

    def of_account(self, account: str) -> Sequence[Comment]:
        """Return an account's comments, the latest first."""
        ...

    def count_since(self, account: str, since: dt.datetime) -> int:
        """Count an account's comments since then."""
        ...

    def edit(self, comment_id: int, text: str, now: dt.datetime) -> None:
        """Change the text and keep the text before."""
        ...

    def history(self, comment_id: int) -> Sequence[tuple[dt.datetime, str]]:
        """Return earlier texts with the time at which each was replaced, the oldest first."""
        ...

    def set_state(self, comment_id: int, state: CommentState) -> None:
        """Delete, remove or restore; a deleted comment loses its text and history."""
        ...

    def flag(self, comment_id: int, account: str, reason: str, now: dt.datetime) -> None:
        """Keep one flag of an account on a comment."""
        ...

    def clear_flags(self, comment_id: int) -> None:
        """Forget the flags on a comment."""
        ...

    def flagged(self, flags: int) -> Sequence[Comment]:
        """Return visible comments with so many flags or more."""
        ...

    def add_log_entry(self, entry: LogEntry) -> None:
        """Append to the log of moderation."""
        ...

    def log(self, limit: int) -> Sequence[LogEntry]:
        """Return the log, the latest first."""
        ...

    def remove_account(self, account: str) -> None:
        """Delete an account's comments, which stay as "deleted", and its flags."""
        ...


class CommentService(Protocol):
    """Commenting and moderation. Raises CommentNotFoundError for an unknown number."""

    def add(self, principal: Principal, name: str, text: str, parent: int | None = None) -> Comment:
        """Comment on a paper, or answer a comment on it. Raises InvalidInputError for an empty
        or too long text, TooManyCommentsError."""
        ...

    def get(self, principal: Principal, comment_id: int) -> Comment:
        """Return a comment."""
        ...

    def thread(self, principal: Principal, paper: int) -> Sequence[Comment]:
        """Return the comments on a paper (its key), each below the one it answers."""
        ...

    def counts(self, papers: Collection[int]) -> Mapping[int, int]:
        """Count the visible comments on papers (keys); those without any are left out."""
        ...

    def own(self, principal: Principal) -> Sequence[Comment]:
        """Return one's own comments, the latest first."""
        ...

    def edit(self, principal: Principal, comment_id: int, text: str) -> Comment:
        """Change a comment of one's own; earlier texts stay readable."""
        ...

    def history(self, principal: Principal, comment_id: int) -> Sequence[tuple[dt.datetime, str]]:
        """Return earlier texts of a visible comment."""
        ...

    def remove(self, principal: Principal, comment_id: int, reason: str = "") -> Comment:
        """Delete a comment of one's own, or remove that of another as a curator, with a reason
        that goes into the public log."""
        ...

    def flag(self, principal: Principal, comment_id: int, reason: str) -> None:
        """Tell the curators of a comment. Raises ForbiddenError for a new account."""
        ...

    def queue(self, principal: Principal) -> Sequence[Comment]:
        """Return comments that were flagged twice or more, for curators."""
        ...

    def dismiss(self, principal: Principal, comment_id: int) -> None:
        """Keep a flagged comment, as a curator."""
        ...

    def log(self, limit: int = 200) -> Sequence[LogEntry]:
        """Return the public log of moderation, the latest first."""
        ...
