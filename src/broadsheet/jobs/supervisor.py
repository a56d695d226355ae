"""One supervisor for everything that runs in the background.

A job says when it is due and does its work; the supervisor does the rest: a thread, a lease
if the job is shared, back-off after failures, and a record of the last run. Whatever a run
raises is logged, recorded and retried; nothing ends the thread but ``close``.
"""

import datetime as dt
import errno
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from broadsheet.domain.errors import BroadsheetError, LeaseHeldError
from broadsheet.domain.jobs import JobState, JobStore
from broadsheet.jobs.leases import Lease, Leases

SAVE_SECONDS = 10.0
"""Successful runs of a job that only this home runs are saved at most this often."""
_REPEAT_SECONDS = 60.0
"""The same failure is logged at most this often."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait after a failure; doubles with each further one in a row."""

    first: float = 60.0
    longest: float = 3600.0

    def pause(self, failures: int) -> dt.timedelta:
        """How long to wait after so many consecutive failures (from 1)."""
        return dt.timedelta(seconds=min(self.first * 2.0 ** min(failures - 1, 30), self.longest))


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a run, in plain words.

    ``failed`` records the words as an error without back-off: the job itself decides when
    it is due again.
    """

    words: str
    failed: bool = False


@dataclass(frozen=True)
class Job:
    """Work that repeats in the background.

    ``due(now)`` decides whether to run (``now`` in UTC); it is asked every ``interval``
    seconds and must be quick. ``run(lease)`` does the work, ends soon after ``lease.stop``
    is set, and returns None if it found nothing to do. It must be safe to run again after
    it was cut off at any point.
    """

    name: str
    due: Callable[[dt.datetime], bool]
    run: Callable[[Lease], JobResult | None]
    interval: float = 30.0
    shared: bool = True
    """Run by one process of all that share the library; else by each home for itself."""
    backoff: Backoff = Backoff()
    close_timeout: float | None = 5.0
    """Seconds that closing waits for a run; None waits until it ends."""


class Supervisor:
    """Runs jobs, each in a thread of its own. Thread-safe; close it to stop them."""

    def __init__(
        self,
        store: JobStore,
        leases: Leases,
        place: str,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """``place`` names this home among all that share the library."""
        self._store = store
        self._leases = leases
        self._place = place
        self._now = now
        self._workers: dict[str, _Worker] = {}

    def start(self, jobs: Iterable[Job]) -> None:
        """Run these jobs whenever they are due, until closed; those that run already go on."""
        for job in jobs:
            if job.name not in self._workers:
                place = "" if job.shared else self._place
                self._workers[job.name] = _Worker(job, self._store, self._leases, place, self._now)

    def is_started(self, name: str) -> bool:
        """Whether the job runs here whenever it is due."""
        return name in self._workers

    @contextmanager
    def running(self, job: Job) -> Iterator[None]:
        """Run a job that is not started yet while the block runs."""
        self.start([job])
        try:
            yield
        finally:
            _close([self._workers.pop(job.name)])

    def states(self) -> Sequence[JobState]:
        """The last run of each job, here and in other processes, by name and place."""
        states = {(state.name, state.place): state for state in self._store.job_states()}
        for worker in list(self._workers.values()):
            if state := worker.state:
                states[state.name, state.place] = state
        return [states[key] for key in sorted(states)]

    def close(self) -> None:
        """Stop all jobs; waits for each run as its job says."""
        _close(list(self._workers.values()))
        self._workers.clear()


def _close(workers: Sequence["_Worker"]) -> None:
    for worker in workers:
        worker.stop()
    began = time.monotonic()
    for worker in workers:
        worker.join(began)


class _Worker:
    """One job and its thread."""

    def __init__(
        self,
        job: Job,
        store: JobStore,
        leases: Leases,
        place: str,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._job = job
        self._store = store
        self._leases = leases
        self._place = place
        self._now = now
        self._closing = threading.Event()
        self._lease: Lease | None = None
        self.state: JobState | None = None
        """Of the last run in this process."""
        self._saved_at = -SAVE_SECONDS
        self._unsaved = False
        self._logged: tuple[str, float] = ("", 0.0)
        self._thread = threading.Thread(target=self._follow, name=job.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        if lease := self._lease:
            lease.stop.set()

    def join(self, began: float) -> None:
        timeout = self._job.close_timeout
        left = None if timeout is None else max(0.0, began + timeout - time.monotonic())
        self._thread.join(left)

    def _follow(self) -> None:
        while True:
            started_at = self._now()
            try:
                self._run_if_due(started_at)
            except LeaseHeldError as error:
                log.debug("%s", error)
            except Exception as error:
                self._fail(started_at, error)
            self._save_if_time()
            if self._closing.wait(self._job.interval):
                self._save_if_time(at_once=True)
                return

    def _run_if_due(self, now: dt.datetime) -> None:
        if self._is_backing_off(now) or not self._job.due(now):
            return
        lease = Lease(self._job.name)
        self._lease = lease
        if self._closing.is_set():
            return
        with self._leases.hold(lease) if self._job.shared else nullcontext():
            # Another process may have run it until a moment ago.
            if self._job.shared and (self._is_backing_off(now) or not self._job.due(now)):
                return
            result = self._job.run(lease)
            if result is None:
                return
            failures = self._failures() + 1 if result.failed else 0
            words = ("", result.words) if result.failed else (result.words, "")
            self._record(JobState(*self._key, now, self._now(), *words, failures))

    @property
    def _key(self) -> tuple[str, str]:
        return self._job.name, self._place

    def _last(self) -> JobState | None:
        """The last run anywhere, for a shared job; else the last one here."""
        return self._store.find_job(*self._key) if self._job.shared else self.state

    def _failures(self) -> int:
        last = self._last()
        return last.failures if last else 0

    def _is_backing_off(self, now: dt.datetime) -> bool:
        last = self._last()
        if last is None or last.retry_at is None:
            return False
        # A time further off than any back-off was set under a wrong clock.
        return now < last.retry_at <= now + self._job.backoff.pause(last.failures)

    def _fail(self, started_at: dt.datetime, error: Exception) -> None:
        """Log, record and back off."""
        words = str(error) if isinstance(error, BroadsheetError) else _describe(error)
        try:
            failures = self._failures() + 1
        except Exception:  # the database itself may be the trouble
            failures = self.state.failures + 1 if self.state else 1
        now = self._now()
        pause = self._job.backoff.pause(failures)
        if self._logged[0] != words or time.monotonic() - self._logged[1] >= _REPEAT_SECONDS:
            self._logged = (words, time.monotonic())
            # Expected errors say all that a person can use; others need the traceback.
            log.warning(
                "%s failed, trying again in %s: %s",
                self._job.name,
                _in_words(pause),
                words,
                exc_info=None if _says_all(error) else error,
            )
        self._record(JobState(*self._key, started_at, now, "", words, failures, now + pause))

    def _record(self, state: JobState) -> None:
        previous, self.state = self.state, state
        changed = previous is None or previous.error != state.error
        self._unsaved = True
        self._save_if_time(at_once=changed or self._job.shared)

    def _save_if_time(self, at_once: bool = False) -> None:
        elapsed = time.monotonic() - self._saved_at
        if not self._unsaved or self.state is None or not (at_once or elapsed >= SAVE_SECONDS):
            return
        self._saved_at = time.monotonic()
        try:
            self._store.save_job(self.state)
            self._unsaved = False
        except Exception as error:  # a full disk, for instance; the state here still says it
            log.warning("how %s went could not be saved: %s", self._job.name, error)


def _says_all(error: Exception) -> bool:
    """Whether a person needs no traceback: errors that are expected, and a disk that takes nothing."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
    return full or isinstance(error, BroadsheetError)


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _in_words(pause: dt.timedelta) -> str:
    seconds = pause.total_seconds()
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
