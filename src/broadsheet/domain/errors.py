"""Every error a person can meet, with a stable code.

The code is mapped once to an exit status (``cli``) and once to an HTTP status
(``web``); the message names the place, the legal values and the next step.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

ErrorCode = Literal[
    "invalid",
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "too_many",
    "unavailable",
    "internal",
]


class BroadsheetError(Exception):
    """Base of all expected errors; ``str(error)`` is fit for a person."""

    code: ClassVar[ErrorCode] = "internal"


class InvalidInputError(BroadsheetError):
    """The caller's input is unusable; the message lists the legal values."""

    code = "invalid"


class UnauthorizedError(BroadsheetError):
    """Nobody is signed in, and the action needs somebody who is."""

    code = "unauthorized"


class ForbiddenError(BroadsheetError):
    """The principal's role does not permit the action."""

    code = "forbidden"


class EditionNotFoundError(BroadsheetError):
    """No edition has this name."""

    code = "not_found"

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(f"there is no edition {name!r}; the editions are: {', '.join(names)}")


class PaperNotFoundError(BroadsheetError):
    """No paper has this id or identifier."""

    code = "not_found"

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"no paper {wanted!r} in this library; "
            "`broadsheet search` finds papers by words or meaning"
        )
        self.wanted = wanted


class RecordError(BroadsheetError):
    """One record cannot be used; it goes to the rejected list with this reason."""

    code = "invalid"


class SourceUnavailableError(BroadsheetError):
    """A source cannot be reached, keeps failing, or its day's budget is used up.

    ``retry_at`` (UTC) is when to try again, if the server or the budget says so.
    """

    code = "unavailable"

    def __init__(self, message: str, retry_at: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class SourceRefusedError(BroadsheetError):
    """A source refused a request, or its answer breaks its protocol; do not repeat the request.

    The message quotes the server; ``status`` is the HTTP status if that was the refusal.
    """

    code = "invalid"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AddressRefusedError(BroadsheetError):
    """An address that must not be asked: no web address, or in a private network."""

    code = "invalid"


class SyncRunningError(BroadsheetError):
    """The source is running already, in this process or another."""

    code = "conflict"

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source} is running already, here or in another process (`broadsheet up` runs "
            "sources in the background); `broadsheet status` shows how far it is"
        )
        self.source = source


class LeaseHeldError(BroadsheetError):
    """Another thread or process holds the lease."""

    code = "conflict"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is running already, here or in another process")
        self.name = name


class IndexUnavailableError(BroadsheetError):
    """The index is missing, damaged or of another make; says how to rebuild it."""

    code = "unavailable"


class LibraryUnavailableError(BroadsheetError):
    """The database cannot be opened, read or written: no permission, a full disk, a server
    that is gone, a busy writer, or tables of a newer program."""

    code = "unavailable"


class LibraryDamagedError(LibraryUnavailableError):
    """The database can be opened, but a part of it cannot be read."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place}: the library's database is damaged ({reason}). Stop every `broadsheet` that "
            "uses it and restore it from a backup (`broadsheet restore`); the index is updated "
            "from it. `broadsheet doctor` says what else is damaged. Without a backup, copy the file, then try `sqlite3 COPY .recover` (or PostgreSQL's own "
            "tools) to save the rows that can still be read"
        )


class IndexLockedError(BroadsheetError):
    """Another process writes to the index."""

    code = "conflict"

    def __init__(self, index: Path | str) -> None:
        super().__init__(
            f"{index}: another process is writing to the index; wait until it is done, "
            "or stop the `broadsheet` that runs it"
        )


class EmbedderMismatchError(BroadsheetError):
    """The stored vectors came from another embedder."""

    code = "conflict"

    def __init__(self, index: Path | str, stored: str, configured: str) -> None:
        super().__init__(
            f"{index}: vectors were built with {stored!r} but the configured embedder is "
            f"{configured!r}; run `broadsheet index rebuild` or set embedder = {stored!r}"
        )
        self.stored = stored
        self.configured = configured
