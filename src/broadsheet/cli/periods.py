"""Reading the days, weeks, months and years that a command is given."""

from typing import TYPE_CHECKING

from broadsheet.domain.periods import Period

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
    return Period.read(text)
