"""One run of one source: fetch a page → parse → store → keep the cursor, and again.

A page is stored before its cursor is kept. Whatever ends a run in between (kill -9, a
full disk, a server that gives up), the next one fetches at most that page again, and
its records are duplicates then: nothing is lost, nothing doubled.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from broadsheet.domain.errors import (
    AddressRefusedError,
    BroadsheetError,
    InvalidInputError,
    RecordError,
    SourceRefusedError,
    SourceUnavailableError,
)
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import Arrival, ImportSummary, RawRecord, Rejection
from broadsheet.domain.ports import PaperWriter, SourceState
from broadsheet.domain.sync import Outcome, SourceRun, Validators
from broadsheet.ingest.formats.faults import parse_record
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.registry import get_format
from broadsheet.ingest.pipeline import MOST_NOTES, add_counts, store_batch
from broadsheet.net.port import Client
from broadsheet.net.waiting import Clock, StoppedError
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.source import Page, SyncRequest

BATCH = 2000
"""Records a transaction; a page beyond that is stored in several."""

log = logging.getLogger(__name__)


class RunClient(Client, Protocol):
    """The client of a run: requests, and the state to store after them."""

    @property
    def moved(self) -> Mapping[str, str]:
        """New addresses of pages that moved permanently."""
        ...

    def take_validators(self) -> Mapping[str, Validators]:
        """Return the validators since the last call; store them together with the pages."""
        ...


FindValidators = Callable[[str], Validators | None]
OpenClient = Callable[[ConfiguredSource, FindValidators, Clock], AbstractContextManager[RunClient]]

OnPage = Callable[[int, float | None], None]
"""Records read so far; share of the whole if the source tells it."""


class Syncer:
    """Runs sources. Thread-safe; the caller sees to it that a source runs once at a time."""

    def __init__(
        self,
        writer: PaperWriter,
        state: SourceState,
        open_client: OpenClient,
        identifiers: Callable[[str], Iterator[Identifier]],
    ) -> None:
        self._writer = writer
        self._state = state
        self._open_client = open_client
        self._identifiers = identifiers

    def run(
        self,
        source: ConfiguredSource,
        since: dt.date | None = None,
        on_page: OnPage = lambda records, share: None,
        clock: Clock | None = None,
    ) -> SourceRun:
        """Run a source to its end and return the outcome, also of a failure.

        The caller holds the source's lease. Raises LibraryUnavailableError if not even the run
        can be recorded. KeyboardInterrupt passes through once the run is recorded as stopped.
        """
        clock = clock or Clock()
        run = self._state.begin_run(source.name, clock.now())
        return _Run(self, source, run, since, on_page, clock).go()


class _Run:
    """The state of one run."""

    def __init__(
        self,
        syncer: Syncer,
        source: ConfiguredSource,
        run: SourceRun,
        since: dt.date | None,
        on_page: OnPage,
        clock: Clock,
    ) -> None:
        self._writer = syncer._writer
        self._state = syncer._state
        self._open_client = syncer._open_client
        self._identifiers = syncer._identifiers
        self._chosen = source
        self._run = run
        self._since = since
        self._on_page = on_page
        self._clock = clock
        self._counts = ImportSummary()
        self._moved: Mapping[str, str] = {}
        self._notes: list[str] = []

    def go(self) -> SourceRun:
        name = self._chosen.name
        try:
            self._fetch()
        except StoppedError:
            return self._end("stopped", f"stopped before it was done; {self._summary()}")
        except SourceUnavailableError as error:
            return self._end("unavailable", f"{error}; {self._summary()}", error.retry_at)
        except (SourceRefusedError, AddressRefusedError, InvalidInputError) as error:
            return self._end("refused", f"{error}; {self._summary()}")
        except BroadsheetError as error:
            return self._end("broken", f"{error}; {self._summary()}")
        except KeyboardInterrupt:
            self._end("stopped", f"stopped before it was done; {self._summary()}")
            raise
        except Exception as error:
            # A fault in one source must not stop the others, nor pass unseen.
            log.exception("%s: an error of this program", name)
            kind = type(error).__name__
            message = f"an error of this program ({kind}: {error}), to be reported with the log"
            return self._end("broken", f"{message}; {self._summary()}")
        if self._counts.new or self._counts.updated:
            return self._end("done", "; ".join(self._other_words()))
        return self._end("unchanged", self._quiet_words())

    def _fetch(self) -> None:
        name = self._chosen.name
        request = SyncRequest(
            options=self._chosen.options,
            cursor=self._state.cursor_of(name),
            since=self._since,
            now=self._clock.now(),
            identifiers=self._identifiers,
        )
        with self._open_client(self._chosen, self._find_validators, self._clock) as client:
            self._moved = client.moved
            for page in self._chosen.source.fetch_pages(client, request):
                self._store(page)
                if page.note:
                    self._notes.append(page.note)
                self._state.save_page(
                    self._run.number, self._counts, page.cursor, client.take_validators()
                )
                read = self._counts.read
                self._on_page(read, min(1.0, read / page.total) if page.total else None)
                self._clock.sleep(0)

    def _find_validators(self, address: str) -> Validators | None:
        # With a start date, unchanged pages are fetched too.
        return None if self._since else self._state.find_validators(self._chosen.name, address)

    def _store(self, page: Page) -> None:
        # Content of unknown format comes as rejections only.
        page_format = get_format(page.format) if page.format else None
        arrivals: list[Arrival] = []
        rejections: list[tuple[str, str, Rejection]] = []
        for piece in page.records:
            if isinstance(piece, Rejection):
                rejections.append((page.origin, page.format, piece))
            elif page_format is not None:
                try:
                    record = parse_record(page_format, piece.raw)
                    arrivals.append(Arrival(record, piece, page.format, page.origin))
                except RecordError as error:
                    rejections.append((page.origin, page.format, _rejected(error, piece)))
            if len(arrivals) + len(rejections) >= BATCH:
                self._flush(arrivals, rejections)
                arrivals, rejections = [], []
        if arrivals or rejections:
            self._flush(arrivals, rejections)

    def _flush(self, arrivals: list[Arrival], rejections: list[tuple[str, str, Rejection]]) -> None:
        self._counts = add_counts(self._counts, store_batch(self._writer, arrivals, rejections))

    def _end(
        self, outcome: Outcome, message: str, retry_at: dt.datetime | None = None
    ) -> SourceRun:
        return self._state.end_run(self._run.number, self._clock.now(), outcome, message, retry_at)

    def _summary(self) -> str:
        read = self._counts.read
        if not read:
            return "nothing was fetched"
        return f"the {read:,} records fetched before are kept, and the next run goes on from there"

    def _quiet_words(self) -> str:
        explain = self._chosen.source.policy.explain_quiet
        quiet = explain(self._clock.now()) if explain else ""
        return "; ".join(filter(None, ("nothing new", quiet, *self._other_words())))

    def _other_words(self) -> Iterator[str]:
        yield from self._notes[:MOST_NOTES]
        if len(self._notes) > MOST_NOTES:
            yield f"and {len(self._notes) - MOST_NOTES:,} more notes like these"
        for before, after in self._moved.items():
            yield f"{before} has moved to {after}: change it in the settings"


def _rejected(error: RecordError, piece: RawRecord) -> Rejection:
    return rejection(str(error), piece.position, piece.raw)
