"""Days, weeks, months and years of papers, and when a day begins.

A paper is listed under a ``PartialDate``: a day, or, if no day is known, a month or a year.
A day or week holds papers listed under one of its days. A month or year holds those too, and
the papers known to that month or year only.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError

PeriodKind = Literal["day", "week", "month", "year"]
PERIOD_KINDS: tuple[PeriodKind, ...] = ("day", "week", "month", "year")

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_NOON = dt.time(12)


@dataclass(frozen=True, slots=True)
class RollOver:
    """When a new day begins: a time of day in a time zone.

    A time from noon on is that of the evening before: with 21:30 the papers of Tuesday are
    those that come from 21:30 on Monday until 21:30 on Tuesday.
    """

    time: dt.time = dt.time(0)
    zone: str = "UTC"
    """An IANA name, as "Europe/Berlin"."""

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The day to which ``moment`` (aware) belongs."""
        local = moment.astimezone(ZoneInfo(self.zone))
        day = local.date()
        if self.time >= _NOON:
            return day + dt.timedelta(1) if local.time() >= self.time else day
        return day - dt.timedelta(1) if local.time() < self.time else day

    def begin_of(self, day: dt.date) -> dt.datetime:
        """The moment (UTC) at which ``day`` begins."""
        on = day - dt.timedelta(1) if self.time >= _NOON else day
        return dt.datetime.combine(on, self.time, ZoneInfo(self.zone)).astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A day, an ISO week, a month or a year."""

    kind: PeriodKind
    first: dt.date
    """Its first day; a week begins on Monday."""

    @classmethod
    def containing(cls, kind: PeriodKind, day: dt.date) -> "Period":
        """The period of this kind that holds ``day``."""
        match kind:
            case "day":
                return cls(kind, day)
            case "week":
                return cls(kind, day - dt.timedelta(min(day.weekday(), day.toordinal() - 1)))
            case "month":
                return cls(kind, day.replace(day=1))
            case "year":
                return cls(kind, day.replace(month=1, day=1))

    @classmethod
    def parse(cls, kind: PeriodKind, name: str) -> "Period | None":
        """Read the name of a period: 2026-06-02, 2026-W23, 2026-06 or 2026.

        None for any other spelling, and for days and weeks that do not exist.
        """
        if kind == "week":
            match = _WEEK.fullmatch(name)
            if not match:
                return None
            try:
                monday = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
            except ValueError:
                return None
            return cls(kind, monday)
        date = PartialDate.parse(name)
        if date is None or str(date) != name:
            return None
        precision: PeriodKind = "day" if date.day else "month" if date.month else "year"
        return cls(kind, date.first_day()) if precision == kind else None

    @classmethod
    def read(cls, name: str) -> "Period":
        """Return the day, week, month or year of this name. Raises InvalidInputError."""
        for kind in PERIOD_KINDS:
            if period := cls.parse(kind, name):
                return period
        raise InvalidInputError(
            f"{name[:40]!r} is not a date; write a day (2026-06-02, or today), a week (2026-W23), "
            "a month (2026-06) or a year (2026)"
        )

    @classmethod
    def of_listing(cls, listed: PartialDate) -> "Period":
        """The day, or if no day is known the month or year, that a listing names."""
        return cls("day" if listed.day else "month" if listed.month else "year", listed.first_day())

    @property
    def last(self) -> dt.date:
        """Its last day."""
        match self.kind:
            case "day":
                return self.first
            case "week":
                # The calendar ends with the year 9999.
                room = dt.date.max.toordinal() - self.first.toordinal()
                return self.first + dt.timedelta(min(6, room))
            case "month":
                return PartialDate(self.first.year, self.first.month).last_day()
            case "year":
                return dt.date(self.first.year, 12, 31)

    @property
    def days_only(self) -> bool:
        """Whether papers known only to a month or year have no place in it."""
        return self.kind in ("day", "week")

    @property
    def numbers(self) -> tuple[int, int]:
        """The least and the greatest ``PartialDate.number`` of its papers."""
        match self.kind:
            case "month":
                first = PartialDate(self.first.year, self.first.month)
            case "year":
                first = PartialDate(self.first.year)
            case _:
                first = PartialDate.from_date(self.first)
        return first.number, PartialDate.from_date(self.last).number

    def holds(self, listed: PartialDate) -> bool:
        """Whether a paper listed under ``listed`` is one of its papers."""
        low, high = self.numbers
        return low <= listed.number <= high and not (self.days_only and not listed.day)

    def previous(self) -> "Period | None":
        """The period of this kind before it; None at the beginning of the calendar."""
        if self.first <= dt.date(1000, 1, 1):
            return None
        return Period.containing(self.kind, self.first - dt.timedelta(1))

    def following(self) -> "Period | None":
        """The period of this kind after it; None at the end of the calendar."""
        if self.last >= dt.date.max:
            return None
        return Period.containing(self.kind, self.last + dt.timedelta(1))

    def __str__(self) -> str:
        match self.kind:
            case "week":
                year, week, _ = self.first.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case "month":
                return f"{self.first.year:04d}-{self.first.month:02d}"
            case "year":
                return f"{self.first.year:04d}"
            case _:
                return self.first.isoformat()
