"""The days of a run: its first day, and its range cut into windows. Pure; UTC."""

import datetime as dt
from collections.abc import Iterator

from broadsheet.sources.source import SyncRequest


def read_day(text: str | None) -> dt.date | None:
    """Parse a day of a cursor; None if it is not one."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def first_day(request: SyncRequest, stored: str | None, first_days: int) -> dt.date:
    """The day to begin with: as asked for, else as the cursor has it, else some days ago."""
    today = request.now.date()
    first = request.since or read_day(stored)
    return min(first, today) if first else today - dt.timedelta(days=first_days)


def windows(first: dt.date, last: dt.date, days: int) -> Iterator[tuple[dt.date, dt.date]]:
    """Ranges of at most ``days`` days that cover ``first`` to ``last``, both inclusive."""
    while first <= last:
        end = min(first + dt.timedelta(days=days - 1), last)
        yield first, end
        first = end + dt.timedelta(days=1)
