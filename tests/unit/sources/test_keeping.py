"""The schedule in the background: due sources run, and a waiting one delays no other."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import SyncRunningError
from broadsheet.domain.sync import SourceRun
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.jobs.leases import Lease, Leases
from broadsheet.jobs.supervisor import Supervisor
from broadsheet.net.waiting import Clock
from broadsheet.sources.configured import ConfiguredSources
from broadsheet.sources.keeping import OnRun, SourceKeeper
from broadsheet.sources.opening import open_client
from broadsheet.sources.runner import Syncer
from fake_source import FakeSource, Papers
from replicas.server import ReplicaServer, Reply

PATIENCE = 20
"""Seconds until a test gives up waiting for a thread."""


class Time:
    def __init__(self) -> None:
        self.at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as store:
        yield store


@pytest.fixture
def server() -> Iterator[ReplicaServer]:
    with ReplicaServer(Papers(30)) as server:
        yield server


@dataclass(frozen=True)
class Kept:
    """A keeper, and the supervisor that runs its jobs."""

    keeper: SourceKeeper
    supervisor: Supervisor

    def start(self, on_run: OnRun) -> None:
        self.supervisor.start(
            self.keeper.jobs([each.name for each in self.keeper.switched_on()], on_run)
        )


MakeKeeper = Callable[..., Kept]


@pytest.fixture
def make_keeper(
    store: SqlStore, server: ReplicaServer, tmp_path: Path, time: Time
) -> Iterator[MakeKeeper]:
    made: list[Kept] = []

    def make(endpoints: dict[str, str], opened: Any = None) -> Kept:
        def open_it(configured: Any, find: Any, clock: Clock) -> Any:
            return open_client(tmp_path / "sources", "", ["127.0.0.1"], configured, find, clock)

        syncer = Syncer(store, store.sources, opened or open_it, lambda scheme: iter(()))
        sources = [FakeSource(name) for name in endpoints]
        tables = {name: {"endpoint": url, "every": 1} for name, url in endpoints.items() if url}
        leases = Leases(store.jobs)
        keeper = SourceKeeper(
            lambda: ConfiguredSources(sources, tables),
            syncer,
            store.sources,
            leases,
            Clock(now=lambda: time.at),
            share_of=lambda name: 0.0,
            check_seconds=0.01,
        )
        made.append(Kept(keeper, Supervisor(store.jobs, leases, "here", now=lambda: time.at)))
        return made[-1]

    yield make
    for kept in made:
        kept.supervisor.close()


class Runs:
    """Collects runs that ended; ``wait_for(n)`` until there are so many."""

    def __init__(self) -> None:
        self.ended: list[SourceRun] = []
        self._changed = threading.Condition()

    def __call__(self, run: SourceRun) -> None:
        with self._changed:
            self.ended.append(run)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[SourceRun]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.ended) >= count, PATIENCE)
            return list(self.ended)


def test_what_is_due_runs_and_runs_again_an_hour_later(
    make_keeper: MakeKeeper, server: ReplicaServer, time: Time
):
    kept, runs = make_keeper({"one": server.address}), Runs()
    kept.start(runs)
    assert runs.wait_for(1)[0].outcome == "done"
    (status,) = kept.keeper.statuses()
    assert status.next_at == time.at + dt.timedelta(hours=1)
    time.at += dt.timedelta(hours=5)
    assert runs.wait_for(2)[1].outcome == "unchanged"
    (status,) = kept.keeper.statuses()
    assert status.next_at == time.at + dt.timedelta(hours=1)
    kept.supervisor.close()
    assert len(runs.ended) == 2


def test_one_that_waits_for_its_server_keeps_no_other_waiting(
    make_keeper: MakeKeeper, server: ReplicaServer
):
    with ReplicaServer(lambda request: Reply(status=503, headers={"Retry-After": "500"})) as slow:
        kept, runs = make_keeper({"slow": slow.address, "quick": server.address}), Runs()
        kept.start(runs)
        assert runs.wait_for(1)[0].source == "quick"
        while not slow.requests:
            threading.Event().wait(0.01)
        kept.supervisor.close()
        stopped = runs.wait_for(2)[1]
    assert (stopped.source, stopped.outcome) == ("slow", "stopped")


def test_one_that_fails_says_so_and_is_tried_again_later(make_keeper: MakeKeeper, time: Time):
    with ReplicaServer(lambda request: Reply(status=404)) as gone:
        kept, runs = make_keeper({"gone": gone.address}), Runs()
        kept.start(runs)
        first = runs.wait_for(1)[0]
        assert (first.outcome, first.failures) == ("refused", 1)
        time.at += dt.timedelta(hours=2)
        assert runs.wait_for(2)[1].failures == 2
        (status,) = kept.keeper.statuses()
        assert status.last_run is not None
        assert "404" in status.last_run.message
        assert status.next_at is not None
        assert status.next_at > time.at


def test_an_error_outside_of_a_run_does_not_end_the_schedule(
    make_keeper: MakeKeeper, time: Time, caplog: pytest.LogCaptureFixture
):
    kept, runs = make_keeper({"one": "http://a.example"}), Runs()
    failed = threading.Event()

    def run(*arguments: Any, **more: Any) -> SourceRun:
        if not failed.is_set():
            failed.set()
            raise OSError("the disk is full")
        return SourceRun(2, "one", time.at, time.at, "done")

    kept.keeper._syncer.run = run  # type: ignore[method-assign]
    kept.start(runs)
    assert failed.wait(PATIENCE)
    # The schedule reads this clock in its own thread, so it goes on until the next run.
    while not runs.ended:
        time.at += dt.timedelta(hours=1)
        threading.Event().wait(0.02)
    assert runs.ended[0].outcome == "done"
    assert "sync one failed" in caplog.text
    assert "the disk is full" in caplog.text


def test_how_sources_stand_is_told_also_of_those_that_are_off(
    make_keeper: MakeKeeper, server: ReplicaServer, store: SqlStore, time: Time
):
    keeper = make_keeper({"off": "", "on": server.address}).keeper
    on, off = keeper.statuses()
    assert (on.name, on.on, on.next_at, on.last_run) == ("on", True, time.at, None)
    assert (on.title, on.rhythm) == ("Fake papers", "every hour")
    assert (off.name, off.on, off.next_at) == ("off", False, None)


def test_a_run_whose_process_died_is_not_shown_as_running(
    make_keeper: MakeKeeper, server: ReplicaServer, store: SqlStore
):
    keeper = make_keeper({"one": server.address}).keeper
    store.sources.begin_run("one", dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC))
    with keeper._leases.hold(Lease("sync one")):
        (running,) = keeper.statuses()
    (dead,) = keeper.statuses()
    assert running.last_run is not None
    assert (running.last_run.outcome, running.next_at) == ("running", None)
    assert dead.last_run is not None
    assert dead.last_run.outcome == "broken"
    assert dead.next_at is not None


def test_one_source_runs_once_at_a_time(make_keeper: MakeKeeper, server: ReplicaServer):
    keeper = make_keeper({"one": server.address}).keeper
    (remaining,) = keeper.switched_on()
    with (
        keeper._leases.hold(Lease("sync one")),
        pytest.raises(SyncRunningError, match="running already"),
    ):
        keeper.run(remaining)
    assert keeper.run(remaining).outcome == "done"


def test_a_failed_run_is_recorded_as_a_failed_job(make_keeper: MakeKeeper):
    with ReplicaServer(lambda request: Reply(status=404)) as gone:
        kept, runs = make_keeper({"gone": gone.address}), Runs()
        kept.start(runs)
        runs.wait_for(1)
        kept.supervisor.close()
    (state,) = kept.supervisor.states()
    assert (state.name, state.place, state.failures) == ("sync gone", "", 1)
    assert "404" in state.error
    assert state.retry_at is None, "the schedule of the source decides"
