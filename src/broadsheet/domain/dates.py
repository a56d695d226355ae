"""Publication dates as they are known: a day, a month or only a year."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date known to the day, the month or the year (UTC).

    ``month`` and ``day`` are 0 if unknown, so that dates sort with the vaguer first.
    """

    year: int
    month: int = 0
    day: int = 0

    @classmethod
    def parse(cls, text: str) -> "PartialDate | None":
        """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (a time after it is ignored).

        Returns None for anything else and for days that do not exist.
        """
        match = _FORM.match(text.strip())
        if not match:
            return None
        year, month, day = (int(part or 0) for part in match.groups())
        if not 1000 <= year <= 9999 or month > 12:
            return None
        if day and (not month or day > calendar.monthrange(year, month)[1]):
            return None
        return cls(year, month, day)

    @classmethod
    def from_date(cls, date: dt.date) -> "PartialDate":
        return cls(date.year, date.month, date.day)

    @property
    def number(self) -> int:
        """As ``YYYYMMDD`` with zeros for unknown parts; sorts like the date."""
        return self.year * 10000 + self.month * 100 + self.day

    @classmethod
    def from_number(cls, number: int) -> "PartialDate":
        return cls(number // 10000, number // 100 % 100, number % 100)

    def first_day(self) -> dt.date:
        return dt.date(self.year, self.month or 1, self.day or 1)

    def last_day(self) -> dt.date:
        month = self.month or 12
        return dt.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def exact(self) -> dt.date | None:
        """The day, or None if only the month or year is known."""
        return self.first_day() if self.day else None

    def __str__(self) -> str:
        text = f"{self.year:04d}"
        if self.month:
            text += f"-{self.month:02d}"
        if self.day:
            text += f"-{self.day:02d}"
        return text
