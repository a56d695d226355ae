"""Background work of one open library, including indexing."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from broadsheet.domain.errors import IndexLockedError, IndexUnavailableError
from broadsheet.domain.jobs import JobState
from broadsheet.domain.services import OnIndexed, ignore_progress
from broadsheet.index.indexer import Indexer
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Backoff, Job, JobResult, Supervisor

POLL_SECONDS = 0.2
"""Interval between looks for newly committed papers, also those of other processes."""
INDEXING = "indexing"

log = logging.getLogger(__name__)


class Background:
    """The background jobs of a library. Thread-safe; close it to stop them."""

    def __init__(
        self,
        supervisor: Supervisor,
        indexer: Indexer,
        jobs: Sequence[Job],
        helper: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """``jobs`` run besides indexing and the sources. ``helper`` indexes in a separate
        process during the block; large imports use it to keep two cores busy."""
        self._supervisor = supervisor
        self._indexer = indexer
        self._jobs = jobs
        self._helper = helper

    def start(self, more: Sequence[Job] = ()) -> None:
        """Run indexing, the jobs of this library and ``more`` until closed."""
        self._supervisor.start([self._indexing(), *self._jobs, *more])

    def states(self) -> Sequence[JobState]:
        """The last run of each job, by name and place."""
        return self._supervisor.states()

    def close(self) -> None:
        """Stop all jobs."""
        self._supervisor.close()

    def index_once(self, on_progress: OnIndexed = ignore_progress) -> None:
        """Apply all changes so far; see ``AdminService.index_pending``."""
        try:
            self._indexer.catch_up(on_progress)
        except IndexLockedError:
            log.info("another process is indexing")

    def follow(self, wait: Callable[[], object]) -> None:
        """Index new papers until ``wait()`` returns, then once more."""
        with self._supervisor.running(self._indexing()):
            wait()
        self.index_once()

    @contextmanager
    def indexing(self, large: bool = False) -> Iterator[None]:
        """Index while the block runs, and the rest after it. ``large``: in a separate process."""
        if self._supervisor.is_started(INDEXING):
            yield
            return
        with self._helper() if large else self._supervisor.running(self._indexing()):
            yield
        try:
            self.index_once()
        except (IndexUnavailableError, OSError) as error:  # a full disk
            log.warning("the stored papers cannot be searched yet: %s", error)

    def _indexing(self) -> Job:
        """The job that applies changes. Each home has its own index, so each home runs it.

        An index that cannot be used is left to maintenance, or to the person at the command
        line: building a large one again takes a while.
        """

        def due(now: dt.datetime) -> bool:
            return self._indexer.fits() and self._indexer.behind() > 0

        def run(lease: Lease) -> JobResult | None:
            try:
                return JobResult(f"papers indexed: {self._indexer.catch_up():,}")
            except IndexLockedError:
                log.debug("another process is indexing")
                return None

        return Job(
            INDEXING,
            due,
            run,
            interval=POLL_SECONDS,
            shared=False,
            backoff=Backoff(first=1, longest=60),
            close_timeout=None,
        )
