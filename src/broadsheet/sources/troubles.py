"""Several addresses in one run: a failure must not stop the others, and must be reported."""

import datetime as dt

from broadsheet.domain.errors import (
    AddressRefusedError,
    BroadsheetError,
    SourceRefusedError,
    SourceUnavailableError,
)

FAILURES = (SourceUnavailableError, SourceRefusedError, AddressRefusedError)
"""Errors of one address that do not stop the others."""


class Troubles:
    """Failures of one run, by address or query."""

    def __init__(self) -> None:
        self._failed: list[tuple[str, BroadsheetError]] = []

    def add(self, what: str, error: BroadsheetError) -> None:
        self._failed.append((what, error))

    def raise_any(self, of: int, kind: str) -> None:
        """Raise one error for all failures, if there are any, out of ``of`` tries of a ``kind``
        ("feeds").

        A later try makes sense if it does for one of them.
        """
        if not self._failed:
            return
        messages = "; ".join(
            # Most errors of the network begin with the address already.
            str(error) if str(error).startswith(what) else f"{what}: {error}"
            for what, error in self._failed
        )
        message = messages if of == 1 else f"{len(self._failed)} of {of} {kind} failed: {messages}"
        waiting = [error for _, error in self._failed if isinstance(error, SourceUnavailableError)]
        if not waiting:
            raise SourceRefusedError(message)
        times: list[dt.datetime] = [error.retry_at for error in waiting if error.retry_at]
        raise SourceUnavailableError(message, min(times, default=None))
