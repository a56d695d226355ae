"""Several addresses in one run: what fails must not stop the others, and must be said."""

import datetime as dt

from broadsheet.domain.errors import (
    AddressRefusedError,
    BroadsheetError,
    SourceRefusedError,
    SourceUnavailableError,
)

FAILURES = (SourceUnavailableError, SourceRefusedError, AddressRefusedError)
"""What one address may fail with while others go on."""


class Troubles:
    """Failures of one run, by what was asked for."""

    def __init__(self) -> None:
        self._failed: list[tuple[str, BroadsheetError]] = []

    def add(self, what: str, error: BroadsheetError) -> None:
        self._failed.append((what, error))

    def raise_any(self, of: int, kind: str) -> None:
        """Raise one error for all that failed, if any did; ``of`` were tried, of a ``kind``
        ("feeds"). It is worth a later try where one of them is."""
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
