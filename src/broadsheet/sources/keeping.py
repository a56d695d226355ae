"""Keeping all sources up: on request, on a schedule, and saying how they stand."""

import dataclasses
import datetime as dt
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence

from broadsheet.domain.errors import BroadsheetError, SyncRunningError
from broadsheet.domain.ports import SourceState
from broadsheet.domain.sync import FAILURES, SourceRun, SourceStatus
from broadsheet.net.waiting import Clock, stoppable
from broadsheet.sources.configured import ConfiguredSource, ConfiguredSources
from broadsheet.sources.runner import OnPage, Syncer
from broadsheet.sources.schedule import decide_next

LOOK_SECONDS = 5.0
"""How often the schedule is looked at."""

_RUNNING_ELSEWHERE = dt.timedelta(minutes=2)
_UNWRITABLE = dt.timedelta(minutes=15)
_LET_GO_SECONDS = 5.0
"""How long closing waits for runs to stop; their stored pages are safe anyway."""

_DIED = "the process that ran it has ended; the next run goes on from the last page stored"

OnRun = Callable[[SourceRun], None]

log = logging.getLogger(__name__)


def share_of(name: str) -> float:
    """A source's own part of the jitter on this machine, 0 … 1; always the same."""
    return random.Random(f"{name} {uuid.getnode()}").random()


class SourceKeeper:
    """The sources of a library. Thread-safe; close it to stop the schedule.

    Settings are read at the first call: a library is searched without them.
    """

    def __init__(
        self,
        load: Callable[[], ConfiguredSources],
        syncer: Syncer,
        state: SourceState,
        clock: Clock | None = None,
        share_of: Callable[[str], float] = share_of,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """``load`` reads the settings; it may raise InvalidInputError."""
        self._load = load
        self._syncer = syncer
        self._state = state
        self._clock = clock or Clock()
        self._share_of = share_of
        self._look_seconds = look_seconds
        self._loaded: ConfiguredSources | None = None
        self._stopping = threading.Event()
        self._schedule: threading.Thread | None = None
        self._running: dict[str, threading.Thread] = {}
        self._not_before: dict[str, dt.datetime] = {}

    def close(self) -> None:
        """Stop the schedule and let runs under way end at their next page."""
        self._stopping.set()
        ends = time.monotonic() + _LET_GO_SECONDS
        for thread in filter(None, (self._schedule, *self._running.values())):
            thread.join(max(0.0, ends - time.monotonic()))

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
        """Run one source now; as ``Syncer.run``."""
        return self._syncer.run(source, since, on_page, self._clock)

    def statuses(self) -> Sequence[SourceStatus]:
        """How each source stands: those switched on first, then the others."""
        sources, last = self._sources(), self._state.last_runs()
        statuses = [self._status(sources.get(name), last.get(name)) for name in sources.names()]
        return sorted(statuses, key=lambda status: not status.on)

    def runs_of(self, name: str, limit: int) -> Sequence[SourceRun]:
        """The latest runs of a source first."""
        return self._state.runs_of(name, limit)

    def _sources(self) -> ConfiguredSources:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _status(self, source: ConfiguredSource, last: SourceRun | None) -> SourceStatus:
        if last and last.outcome == "running" and not self._syncer.is_running(source.name):
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

    # The schedule

    def start(self, sources: Sequence[ConfiguredSource], on_run: OnRun = lambda run: None) -> None:
        """Run these sources when they are due, in the background, until closed.

        Each run has a thread of its own, so that one that waits or fails keeps no
        other waiting. ``on_run`` is told of each that ended, in its thread.
        """
        self._schedule = threading.Thread(
            target=self._follow, args=(sources, on_run), name="schedule", daemon=True
        )
        self._schedule.start()

    def _follow(self, sources: Sequence[ConfiguredSource], on_run: OnRun) -> None:
        while True:
            try:
                for each in self._due(sources):
                    thread = threading.Thread(
                        target=self._run, args=(each, on_run), name=f"sync {each.name}", daemon=True
                    )
                    self._running[each.name] = thread
                    thread.start()
            except BroadsheetError:
                log.exception("the schedule of sources cannot be read; trying again")
            if self._stopping.wait(self._look_seconds):
                return

    def _due(self, sources: Sequence[ConfiguredSource]) -> Iterator[ConfiguredSource]:
        now, last = self._clock.now(), self._state.last_runs()
        for each in sources:
            thread = self._running.get(each.name)
            waiting = self._not_before.get(each.name, now) > now
            if (thread and thread.is_alive()) or waiting:
                continue
            if decide_next(each.rhythm, last.get(each.name), now, self._share_of(each.name)) <= now:
                yield each

    def _run(self, source: ConfiguredSource, on_run: OnRun) -> None:
        try:
            clock = dataclasses.replace(self._clock, sleep=stoppable(self._stopping).sleep)
            run = self._syncer.run(source, clock=clock)
            if run.outcome in FAILURES:
                log.warning("%s: %s", source.name, run.message)
            on_run(run)
        except SyncRunningError:
            self._not_before[source.name] = self._clock.now() + _RUNNING_ELSEWHERE
        except Exception:
            log.exception("%s could not be run; trying again later", source.name)
            self._not_before[source.name] = self._clock.now() + _UNWRITABLE
