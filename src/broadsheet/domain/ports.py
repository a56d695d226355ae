"""What the use cases need from storage. Implemented under ``backends``."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from broadsheet.domain.ingest import ImportSummary, RawRecord, RejectedRecord, Rejection
from broadsheet.domain.paper import Change, Paper, Record


@dataclass(frozen=True, slots=True)
class Arrival:
    """A parsed record and what it was parsed from, on its way into the store."""

    record: Record
    raw: RawRecord
    format: str
    origin: str
    """File name or address it came from."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day and how many papers are listed under it."""

    day: dt.date
    papers: int


class PaperReader(Protocol):
    """Reading papers. Thread-safe: each call uses its own connection.

    Sees every transaction committed before the call. Times are UTC.
    """

    def get(self, name: str) -> Paper:
        """The paper with this id, identifier ("2401.00001v2", "doi:10.…") or former id.

        Raises PaperNotFoundError.
        """
        ...

    def get_many(self, keys: Sequence[int]) -> Mapping[int, Paper]:
        """Papers by key; keys that are gone are left out."""
        ...

    def iter_papers(self) -> Iterator[Paper]:
        """All papers by key, in constant memory."""
        ...

    def count(self) -> int:
        """How many papers there are."""
        ...

    def latest_day(self) -> dt.date | None:
        """The latest day, not after today, that has papers."""
        ...

    def papers_of_day(self, day: dt.date, limit: int, offset: int = 0) -> Sequence[Paper]:
        """A day's papers: most upvoted first, then by time added, then by id."""
        ...

    def count_of_day(self, day: dt.date) -> int: ...

    def neighbouring_days(self, day: dt.date) -> tuple[DayCount | None, DayCount | None]:
        """The nearest earlier and later day with papers."""
        ...


class ChangeFeed(Protocol):
    """The order in which papers changed; what every index is built from."""

    def last_change(self) -> int:
        """Number of the last committed change, 0 for none."""
        ...

    def changes_after(self, number: int, limit: int) -> Sequence[Change]:
        """Changes in order, from the one after ``number``; of several to one paper
        within the answer only the last is given. A paper's change always carries
        the number of its latest write."""
        ...


class PaperWriter(Protocol):
    """Writing. One writer at a time across processes; others wait."""

    def store(
        self,
        arrivals: Sequence[Arrival],
        rejections: Sequence[tuple[str, str, Rejection]],
    ) -> ImportSummary:
        """Decide and store a batch in one transaction, with its changes.

        ``rejections`` are (origin, format, rejection). All or nothing: after a
        crash the batch is wholly there or not at all.
        """
        ...

    def iter_rejected(self) -> Iterator[RejectedRecord]: ...

    def remove_rejected(self, numbers: Iterable[int]) -> None: ...
