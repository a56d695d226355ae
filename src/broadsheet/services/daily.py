"""The papers of each day over the store; implements DailyService."""

import datetime as dt
from collections.abc import Sequence

from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import DayCount, PaperReader


class LocalDailyService:
    """See DailyService."""

    def __init__(self, papers: PaperReader) -> None:
        self._papers = papers

    def latest_day(self) -> dt.date | None:
        """See DailyService."""
        return self._papers.latest_day()

    def papers_of_day(self, day: dt.date, limit: int, offset: int = 0) -> Sequence[Paper]:
        """See DailyService."""
        return self._papers.papers_of_day(day, limit, offset)

    def count_of_day(self, day: dt.date) -> int:
        """See DailyService."""
        return self._papers.count_of_day(day)

    def neighbouring_days(self, day: dt.date) -> tuple[DayCount | None, DayCount | None]:
        """See DailyService."""
        return self._papers.neighbouring_days(day)
