"""The sources of a library: run on request, as background jobs, and their state."""

import dataclasses
import datetime as dt
import logging
import random
import uuid
from collections.abc import Callable, Sequence

from broadsheet.domain.errors import LeaseHeldError, SyncRunningError
from broadsheet.domain.ports import SourceState
from broadsheet.domain.sync import FAILURES, SourceRun, SourceStatus
from broadsheet.jobs.leases import Lease, Leases
from broadsheet.jobs.supervisor import Backoff, Job, JobResult
from broadsheet.net.waiting import Clock, stoppable
from broadsheet.sources.configured import ConfiguredSource, ConfiguredSources
from broadsheet.sources.runner import OnPage, Syncer
from broadsheet.sources.schedule import decide_next

CHECK_SECONDS = 5.0
"""Interval between two looks at the schedule."""

_DIED = "the process that ran it has ended; the next run goes on from the last page stored"

OnRun = Callable[[SourceRun], None]

log = logging.getLogger(__name__)


def share_of(name: str) -> float:
    """A source's own part of the jitter on this machine, 0 … 1; always the same."""
    return random.Random(f"{name} {uuid.getnode()}").random()


def job_name(source: str) -> str:
    """The name of a source's job, and of its lease."""
    return f"sync {source}"


class SourceKeeper:
    """The sources of a library. Thread-safe.

    One run of a source at a time, over all processes that share the library. Settings are
    read at the first call: a library is searched without them.
    """

    def __init__(
        self,
        load: Callable[[], ConfiguredSources],
        syncer: Syncer,
        state: SourceState,
        leases: Leases,
        clock: Clock | None = None,
        share_of: Callable[[str], float] = share_of,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        """``load`` reads the settings; it may raise InvalidInputError."""
        self._load = load
        self._syncer = syncer
        self._state = state
        self._leases = leases
        self._clock = clock or Clock()
        self._share_of = share_of
        self._check_seconds = check_seconds
        self._loaded: ConfiguredSources | None = None
        self._requested: set[str] = set()

    def choose(self, names: Sequence[str]) -> Sequence[ConfiguredSource]:
        """As ``ConfiguredSources.choose``."""
        return self._sources().choose(names)

    def switched_on(self) -> Sequence[ConfiguredSource]:
        """As ``ConfiguredSources.switched_on``."""
        return self._sources().switched_on()

    def run(
        self,
        source: ConfiguredSource,
        since: dt.date | None = None,
        on_page: OnPage = lambda records, share: None,
    ) -> SourceRun:
        """Run one source now; see ``Syncer.run``. Raises SyncRunningError if it is running
        already, in this process or another."""
        lease = Lease(job_name(source.name))
        try:
            with self._leases.hold(lease):
                return self._run(source, lease, since, on_page)
        except LeaseHeldError:
            raise SyncRunningError(source.name) from None

    def jobs(self, names: Sequence[str], on_run: OnRun = lambda run: None) -> Sequence[Job]:
        """Background jobs that run these sources by their schedules. ``on_run`` receives each
        finished run, in the thread of its job."""
        return [self._job(name, lambda source: True, on_run) for name in names]

    def all_jobs(self) -> Sequence[Job]:
        """Background jobs of all sources. Those that the settings switch on run by their
        schedules, the others only when a run is requested; a change of the settings counts
        from the next check on."""
        return [self._job(name, lambda source: source.on) for name in self._sources().names()]

    def request_run(self, name: str) -> None:
        """Let the background run a source at its next check. Raises InvalidInputError."""
        self._sources().get(name)
        self._requested.add(name)

    def reload(self) -> None:
        """Read the settings again at their next use."""
        self._loaded = None

    def statuses(self) -> Sequence[SourceStatus]:
        """How each source stands: those switched on first, then the others."""
        sources, last = self._sources(), self._state.last_runs()
        problems = sources.problems
        statuses = [
            self._status(sources.get(name), last.get(name))
            for name in sources.names()
            if name not in problems
        ]
        titles = sources.titles()
        statuses += [
            SourceStatus(name, titles.get(name, name), False, "", last.get(name), None, problem)
            for name, problem in problems.items()
        ]
        return sorted(statuses, key=lambda status: not status.on)

    def runs_of(self, name: str, limit: int) -> Sequence[SourceRun]:
        """The latest runs of a source first."""
        return self._state.runs_of(name, limit)

    def _sources(self) -> ConfiguredSources:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _status(self, source: ConfiguredSource, last: SourceRun | None) -> SourceStatus:
        if last and last.outcome == "running" and not self._leases.is_held(job_name(source.name)):
            last = dataclasses.replace(last, outcome="broken", message=_DIED)
        due = source.on and not (last and last.outcome == "running")
        return SourceStatus(
            name=source.name,
            title=source.source.title,
            on=source.on,
            rhythm=str(source.rhythm),
            last_run=last,
            next_at=self._next(source, last) if due else None,
        )

    def _next(self, source: ConfiguredSource, last: SourceRun | None) -> dt.datetime:
        now, share = self._clock.now(), self._share_of(source.name)
        return max(now, decide_next(source.rhythm, last, now, share))

    def _job(
        self,
        name: str,
        is_scheduled: Callable[[ConfiguredSource], bool],
        on_run: OnRun = lambda run: None,
    ) -> Job:
        def due(now: dt.datetime) -> bool:
            sources = self._sources()
            if name in sources.problems:
                return False
            source = sources.get(name)
            if name in self._requested:
                return True
            if not is_scheduled(source):
                return False
            last = self._state.last_runs().get(name)
            return decide_next(source.rhythm, last, now, self._share_of(name)) <= now

        def run(lease: Lease) -> JobResult:
            self._requested.discard(name)
            source = self._sources().get(name)
            finished = self._run(source, lease)
            failed = finished.outcome in FAILURES
            if failed:
                log.warning("%s: %s", source.name, finished.message)
            on_run(finished)
            counts = finished.counts
            words = (
                finished.message if failed else f"{counts.new:,} new, {counts.updated:,} updated"
            )
            return JobResult(words, failed)

        # What a run cannot even write down is tried again later; all else is in the schedule.
        return Job(
            job_name(name),
            due,
            run,
            interval=self._check_seconds,
            backoff=Backoff(first=900, longest=43_200),
        )

    def _run(
        self,
        source: ConfiguredSource,
        lease: Lease,
        since: dt.date | None = None,
        on_page: OnPage = lambda records, share: None,
    ) -> SourceRun:
        clock = dataclasses.replace(self._clock, sleep=stoppable(lease.stop).sleep)
        return self._syncer.run(source, since, on_page, clock)
