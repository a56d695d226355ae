"""Reading the days, weeks, months and years that a command is given."""

from typing import TYPE_CHECKING

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.periods import PERIOD_KINDS, Period

if TYPE_CHECKING:
    from broadsheet.domain.services import DailyService


def choose_period(daily: "DailyService", text: str | None) -> Period:
    """Return the period of this name, "today", or without one the latest day with papers.

    Raises InvalidInputError for any other text.
    """
    today = daily.today()
    if text == "today":
        return Period("day", today)
    if text is None:
        return Period("day", daily.latest_day() or today)
    for kind in PERIOD_KINDS:
        if period := Period.parse(kind, text):
            return period
    raise InvalidInputError(
        f"{text!r} is not a date; write a day (2026-06-02, or today), a week (2026-W23), "
        "a month (2026-06) or a year (2026)"
    )
