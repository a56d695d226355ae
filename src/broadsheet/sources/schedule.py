"""When a source runs next. Pure: decides from the last run, the clock and nothing else."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from broadsheet.domain.sync import SourceRun
from broadsheet.sources.announcements import EASTERN, EVENINGS

FIRST_RETRY = dt.timedelta(minutes=15)
"""Doubles with each further failure in a row."""
LONGEST_RETRY = dt.timedelta(hours=12)
_LATEST_START = dt.timedelta(minutes=20)
"""Sources of one rhythm, and libraries all over the world, start within this span."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Every:
    """Again so many hours after the last run began."""

    hours: float

    def slot_after(self, moment: dt.datetime) -> dt.datetime:
        """The first time to run after a run at ``moment`` (UTC)."""
        return moment + dt.timedelta(hours=self.hours)

    def jitter(self, share: float) -> dt.timedelta:
        """How much later to start: up to a twentieth of the time between."""
        return min(_LATEST_START, dt.timedelta(hours=self.hours / 20)) * share

    def __str__(self) -> str:
        count, unit = self.hours, "hour"
        if self.hours < 1:
            count, unit = self.hours * 60, "minute"
        elif self.hours % 24 == 0:
            count, unit = self.hours / 24, "day"
        return f"every {unit}" if count == 1 else f"every {count:g} {unit}s"


@dataclass(frozen=True, slots=True)
class At:
    """At these times of day in a zone, on these days of the week (0 is Monday).

    Times follow the zone's clock, summer time included. A time that the clock leaps
    over is an hour later by it, one that comes twice counts the first time.
    """

    times: tuple[dt.time, ...]
    zone: str = "UTC"
    weekdays: frozenset[int] = frozenset(range(7))
    words: str = ""
    """Said in place of times and days; "" for none."""

    def slot_after(self, moment: dt.datetime) -> dt.datetime:
        """The first time to run after ``moment`` (UTC)."""
        zone = ZoneInfo(self.zone)
        day = moment.astimezone(zone).date() - dt.timedelta(1)
        while True:
            if day.weekday() in self.weekdays:
                # Compare in UTC: within a zone, Python compares local clock times.
                slots = (
                    dt.datetime.combine(day, time, zone).astimezone(dt.UTC) for time in self.times
                )
                later = [slot for slot in slots if slot > moment]
                if later:
                    return min(later)
            day += dt.timedelta(1)

    def jitter(self, share: float) -> dt.timedelta:
        """How much later to start."""
        return _LATEST_START * share

    def __str__(self) -> str:
        if self.words:
            return self.words
        times = " and ".join(f"{time:%H:%M}" for time in sorted(self.times))
        days = "" if len(self.weekdays) == 7 else f", {_days(sorted(self.weekdays))}"
        return f"at {times} {self.zone}{days}"


def _days(numbers: Sequence[int]) -> str:
    return " ".join(WEEKDAYS[number] for number in numbers)


Rhythm = Every | At

DAILY = Every(24)

ARXIV = At(
    # Announced at 20:00; the harvesting interface follows by 22:00, the feeds at midnight.
    (dt.time(20, 5), dt.time(22, 15)),
    EASTERN,
    EVENINGS,
    "after each arXiv announcement (20:00 US Eastern, Sunday to Thursday)",
)
ARXIV_FEEDS = At(
    (dt.time(0, 20),),
    EASTERN,
    frozenset(range(5)),
    "after arXiv makes its feeds (midnight US Eastern, Monday to Friday)",
)


def decide_next(
    rhythm: Rhythm, last: SourceRun | None, now: dt.datetime, share: float
) -> dt.datetime:
    """When to run (UTC); at or before ``now`` means at once.

    ``share`` (0 … 1) is the source's own part of the jitter: always the same, so that a
    restart moves nothing. However many times were missed, the next run is one run.
    """
    if last is None or last.outcome == "stopped":
        return now
    regular = rhythm.slot_after(last.started_at) + rhythm.jitter(share)
    if last.outcome in ("done", "unchanged"):
        return regular
    if last.retry_at is not None:
        return last.retry_at + _LATEST_START * (share / 4)
    # A run without an end either goes on, and its lock keeps others out, or has died.
    ended = last.finished_at or last.started_at
    retry = ended + retry_pause(max(1, last.failures)) * (1 + share / 4)
    # A refusal lasts until somebody acts: retry no sooner than the regular time.
    return max(retry, regular) if last.outcome == "refused" else retry


def retry_pause(failures: int) -> dt.timedelta:
    """How long to wait after so many failures in a row."""
    return min(FIRST_RETRY * 2.0 ** min(failures - 1, 20), LONGEST_RETRY)
