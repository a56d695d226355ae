"""Protocols of storage, implemented under ``backends``."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from broadsheet.domain.community import Vote
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import (
    Arrival,
    ImportSummary,
    Plan,
    RecordStamp,
    RejectedRecord,
    Rejection,
    StoredPaper,
    StoredRecord,
)
from broadsheet.domain.paper import Change, Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.signals import Signal, SignalGrowth
from broadsheet.domain.sync import Outcome, SourceRun, Validators


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """A day, week, month or year, and how many papers are listed in it."""

    period: Period
    papers: int


@dataclass(frozen=True, slots=True)
class Story:
    """The facts of a paper that decide its place on a page, without its text."""

    key: int
    listed: PartialDate
    votes: int
    added_at: dt.datetime
    categories: tuple[str, ...]
    has_code: bool
    sources: tuple[str, ...]
    signals: Mapping[str, Any]


class PaperReader(Protocol):
    """Reading papers. Thread-safe: each call uses its own connection.

    Sees every transaction committed before the call. Times are UTC.
    """

    def find_doubles(self, key: int) -> Sequence[int]:
        """Return keys of at most 20 other papers with a record of the same title, the oldest
        first, without those that were parted from it by hand."""
        ...

    def get(self, name: str) -> Paper:
        """The paper with this id, identifier ("2401.00001v2", "doi:10.…") or former id.

        Raises PaperNotFoundError.
        """
        ...

    def get_many(self, keys: Sequence[int]) -> Mapping[int, Paper]:
        """Papers by key; keys that are gone are left out."""
        ...

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        """All papers with a key above ``after`` by key, in constant memory."""
        ...

    def count(self) -> int:
        """How many papers there are."""
        ...

    def records_of(self, key: int) -> Sequence[StoredRecord]:
        """The records a paper is merged from, in the order in which they first came."""
        ...

    def get_signals(self, key: int) -> Sequence[Signal]:
        """A paper's signals, by source, name and day: a row for each day of change."""
        ...

    def iter_signals(self, name: str, since: dt.date) -> Iterator[Signal]:
        """Changes of one signal ("upvotes") over all papers, by day from ``since`` on."""
        ...

    def growths_between(
        self, first: dt.date, last: dt.date, names: Collection[str]
    ) -> Sequence[SignalGrowth]:
        """How much these signals grew within some days, both included: a row for each paper,
        source and name that changed. The first number of a signal is no growth."""
        ...

    def latest_day(self, until: dt.date) -> dt.date | None:
        """The latest day, not after ``until``, that has papers."""
        ...

    def has_papers_beside(self, source: str) -> bool:
        """Whether any paper is known from another source than this one."""
        ...

    def stories_of(self, period: Period, limit: int) -> Sequence[Story]:
        """Papers of a period, the most upvoted first, then in the order they were added."""
        ...

    def stories_between(self, first: dt.date, last: dt.date, limit: int) -> Sequence[Story]:
        """Papers listed on a day between, both included; ordered as ``stories_of``."""
        ...

    def stories_by_key(self, keys: Sequence[int]) -> Mapping[int, Story]:
        """Stories by key; keys that are gone are left out."""
        ...

    def votes_of_voters(self, papers: Collection[int]) -> Sequence[Vote]:
        """Return all votes of the readers here who voted for any of these papers (keys)."""
        ...

    def votes_here(self, period: Period) -> Mapping[int, int]:
        """The votes of readers here by key, of the papers listed in ``period`` that have any."""
        ...

    def count_of(self, period: Period) -> int:
        """How many papers are listed in ``period``."""
        ...

    def neighbours_of(self, period: Period) -> tuple[PeriodCount | None, PeriodCount | None]:
        """The nearest earlier and later period of the same kind with papers."""
        ...

    def counts_by_day(self, first: dt.date, last: dt.date) -> Mapping[dt.date, int]:
        """How many papers are listed on each day between, both included; days without are
        left out."""
        ...


class ChangeFeed(Protocol):
    """The order in which papers changed; every index follows it."""

    def last_change(self) -> int:
        """Number of the last committed change, 0 for none."""
        ...

    def count_vote_changes(self) -> int:
        """How often the votes of readers here changed; what is derived from them may be kept as
        long as this number stays."""
        ...

    def last_changed_at(self) -> dt.datetime | None:
        """When a paper was last written (UTC); None in an empty library."""
        ...

    def changes_after(self, number: int, limit: int) -> Sequence[Change]:
        """Changes in order, from the one after ``number``; of several to one paper
        within the answer only the last is given. A paper's change always carries
        the number of its latest write."""
        ...


class Library(Protocol):
    """Reads for a decision, within the transaction that will write it.

    Every call takes a whole batch and answers for those of it that exist.
    """

    def next_key(self) -> int:
        """A paper key never given before."""
        ...

    def find_records(
        self, names: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], RecordStamp]:
        """Records kept under these (source, key)."""
        ...

    def find_seen(
        self, names: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Collection[int]]:
        """Return contents that arrived under these (source, key) and were replaced (``Plan.seen``)."""
        ...

    def find_by_identifiers(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, int]:
        """The key of the paper that owns each identifier."""
        ...

    def find_by_title_keys(self, title_keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The keys of papers with a record of this title key, ascending."""
        ...

    def find_parted(self, keys: Collection[int]) -> Mapping[int, Collection[int]]:
        """The papers that were parted by hand from each of these."""
        ...

    def find_ids(self, ids: Collection[str]) -> Collection[str]:
        """Which of these are, or once were, the id of a paper."""
        ...

    def find_former_ids(self, key: int) -> Collection[str]:
        """The former ids that lead to this paper."""
        ...

    def find_waiting(self, identifiers: Collection[Identifier]) -> Sequence[RejectedRecord]:
        """Rejected records that wait for a paper of one of these names."""
        ...

    def load(self, keys: Collection[int]) -> Mapping[int, StoredPaper]:
        """These papers with their records as kept."""
        ...


class Decide(Protocol):
    """Decide the writes for a batch; changes nothing itself."""

    def __call__(self, arrivals: Sequence[Arrival], library: Library, now: dt.datetime) -> Plan: ...

    def reread(self, keys: Collection[int], library: Library, now: dt.datetime) -> Plan:
        """Return the writes after all records of these papers are parsed again."""
        ...

    def join(self, key: int, other: int, library: Library, now: dt.datetime) -> Plan:
        """Return the writes that make the paper ``other`` a part of the paper ``key``."""
        ...

    def part(
        self,
        key: int,
        names: Collection[tuple[str, str]],
        library: Library,
        now: dt.datetime,
    ) -> Plan:
        """Return the writes that part a paper in two: the records of these (source, key), and the
        others. Raises InvalidInputError if either would have none."""
        ...


class PaperWriter(Protocol):
    """Writing. One writer at a time across processes; others wait.

    Raises LibraryUnavailableError when another writer does not finish in time.
    """

    def store(
        self,
        arrivals: Sequence[Arrival],
        rejections: Sequence[tuple[str, str, Rejection]],
    ) -> ImportSummary:
        """Decide and store a batch in one transaction, with its changes.

        ``rejections`` are (origin, format, rejection). All or nothing: after a
        crash the batch is wholly there or not at all. Text must be valid Unicode.
        """
        ...

    def reread(self, papers: int) -> ImportSummary | None:
        """Parse the records of the next ``papers`` papers again, in one transaction.

        How far it came is kept with it, so that a later call, also of another process,
        goes on there. None when the last paper was done before; then it starts anew.
        ``rejected`` counts records that cannot be read any more; they stay.
        """
        ...

    def join(self, key: int, other: int) -> None:
        """Make the paper ``other`` (key) a part of the paper ``key``; its id redirects there.
        What was said of them being two works is forgotten."""
        ...

    def part(self, key: int, names: Collection[tuple[str, str]]) -> int:
        """Give the records of these (source, key) to a paper of their own, or, if the paper's id is
        theirs, the others; return the key of the new paper. Later imports leave the two apart.
        Raises InvalidInputError if either would have no record."""
        ...

    def keep_apart(self, key: int, other: int) -> None:
        """Remember that two papers (keys) are two works."""
        ...

    def restart_rereading(self) -> None:
        """Let the next ``reread`` begin with the first paper."""
        ...

    def iter_rejected(self) -> Iterator[RejectedRecord]:
        """Rejected records by number, in constant memory."""
        ...

    def count_rejected(self) -> int:
        """How many rejected records are kept."""
        ...

    def remove_rejected(self, numbers: Iterable[int]) -> None:
        """Forget these; numbers that are not there are ignored."""
        ...


class Store(PaperReader, ChangeFeed, PaperWriter, Protocol):
    """One database: reads, writes and the feed of changes."""

    def iter_identifiers(self) -> Iterable[tuple[int, Identifier]]:
        """Every (paper key, identifier), in constant memory."""
        ...

    @property
    def place(self) -> str:
        """The database as people are told of it; never with a password."""
        ...

    def count_bytes(self) -> int:
        """Bytes that the database occupies on disk."""
        ...

    def close(self) -> None: ...


class SourceState(Protocol):
    """Cursors and runs of sources. Thread-safe; times are UTC.

    Raises LibraryUnavailableError as PaperWriter does.
    """

    def cursor_of(self, source: str) -> Mapping[str, str]:
        """Return the last saved cursor; empty if there is none."""
        ...

    def find_validators(self, source: str, address: str) -> Validators | None:
        """Return the validators last saved for an address."""
        ...

    def begin_run(self, source: str, now: dt.datetime) -> SourceRun:
        """A run of its own number. Runs of the source that never ended are closed as
        broken: the caller holds the source's lease, so their processes are dead."""
        ...

    def save_page(
        self,
        run: int,
        counts: ImportSummary,
        cursor: Mapping[str, str],
        validators: Mapping[str, Validators],
    ) -> None:
        """All in one transaction; ``counts`` are those of the run so far. To be called
        once the page is stored."""
        ...

    def end_run(
        self,
        run: int,
        now: dt.datetime,
        outcome: Outcome,
        message: str,
        retry_at: dt.datetime | None = None,
    ) -> SourceRun:
        """The run as it ended, with the failures in a row that it makes."""
        ...

    def last_runs(self) -> Mapping[str, SourceRun]:
        """The latest run of each source that ever ran."""
        ...

    def runs_of(self, source: str, limit: int) -> Sequence[SourceRun]:
        """The latest runs first. Old runs are forgotten (the latest 200 are kept)."""
        ...
