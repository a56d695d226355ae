"""The supervisor: whatever a job raises is recorded and retried, and one process runs a shared job."""

import datetime as dt
import errno
import logging
import threading
import time as real_time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.jobs import JobState
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.jobs.leases import Lease, Leases
from broadsheet.jobs.supervisor import Backoff, Job, JobResult, Supervisor

PATIENCE = 20


class Time:
    at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.at


@pytest.fixture
def time() -> Time:
    return Time()


MakeSupervisor = Callable[[], Supervisor]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as store:
        yield store


@pytest.fixture
def make_supervisor(store: SqlStore, time: Time) -> Iterator[MakeSupervisor]:
    made: list[Supervisor] = []

    def make() -> Supervisor:
        made.append(Supervisor(store.jobs, Leases(store.jobs), f"home {len(made)}", time))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.close()


class Work:
    """A job's run: the effect of each call in turn; the last one repeats."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self, lease: Lease) -> JobResult | None:
        self.calls += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def wait_until(condition: Callable[[], object]) -> None:
    deadline = real_time.monotonic() + PATIENCE
    while not condition():
        assert real_time.monotonic() < deadline, "it did not happen"
        real_time.sleep(0.01)


def make_job(run: Callable[[Lease], JobResult | None], **changes: Any) -> Job:
    standard = {"interval": 0.01, "shared": False, "backoff": Backoff(60, 3600)}
    return Job("work", lambda now: True, run, **(standard | changes))


def only(supervisor: Supervisor) -> JobState:
    (state,) = supervisor.states()
    return state


@pytest.mark.parametrize("shared", [False, True])
def test_a_full_disk_is_logged_recorded_and_retried_with_back_off(
    make_supervisor: MakeSupervisor, time: Time, caplog: pytest.LogCaptureFixture, shared: bool
):
    full = OSError(errno.ENOSPC, "No space left on device")
    work = Work(full, full, JobResult("done"), None)
    supervisor = make_supervisor()
    supervisor.start([make_job(work, shared=shared)])
    wait_until(lambda: supervisor.states())
    first = only(supervisor)
    assert (first.failures, first.result) == (1, "")
    assert "No space left" in first.error
    assert first.retry_at == time.at + dt.timedelta(minutes=1)
    assert "Traceback" not in caplog.text
    real_time.sleep(0.2)
    assert work.calls == 1, "it waits"
    time.at += dt.timedelta(minutes=1)
    wait_until(lambda: only(supervisor).failures == 2)
    assert only(supervisor).retry_at == time.at + dt.timedelta(minutes=2)
    time.at += dt.timedelta(minutes=2)
    wait_until(lambda: only(supervisor).result == "done")
    assert (only(supervisor).failures, only(supervisor).error) == (0, "")
    wait_until(lambda: work.calls > 4)


def test_a_job_whose_due_time_cannot_be_told_is_retried(
    make_supervisor: MakeSupervisor, time: Time
):
    times: list[dt.datetime] = []

    def due(now: dt.datetime) -> bool:
        times.append(now)
        if len(times) == 1:
            raise RuntimeError("torn page")
        return True

    work, supervisor = Work(JobResult("done")), make_supervisor()
    supervisor.start([Job("work", due, work, interval=0.01, shared=False, backoff=Backoff(1, 1))])
    wait_until(lambda: supervisor.states())
    assert only(supervisor).error == "RuntimeError: torn page"
    time.at += dt.timedelta(seconds=1)
    wait_until(lambda: work.calls)


def test_an_expected_error_is_said_without_a_traceback_and_not_again_and_again(
    make_supervisor: MakeSupervisor, time: Time, caplog: pytest.LogCaptureFixture
):
    work, supervisor = Work(InvalidInputError("no such folder")), make_supervisor()
    supervisor.start([make_job(work)])
    wait_until(lambda: work.calls == 1)
    time.at += dt.timedelta(hours=1)
    wait_until(lambda: work.calls == 2)
    supervisor.close()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "work failed, trying again in 60 s: no such folder"
    ]
    assert "Traceback" not in caplog.text


def test_a_failure_that_the_job_reports_itself_needs_no_back_off(make_supervisor: MakeSupervisor):
    work, supervisor = Work(JobResult("404", failed=True)), make_supervisor()
    supervisor.start([make_job(work)])
    wait_until(lambda: work.calls > 3)
    supervisor.close()
    state = only(make_supervisor())
    assert (state.error, state.result, state.retry_at) == ("404", "", None)
    assert state.failures > 3


def test_a_shared_job_runs_in_one_process_at_a_time(make_supervisor: MakeSupervisor):
    at_once, most, runs = 0, 0, 0
    lock = threading.Lock()

    def run(lease: Lease) -> JobResult:
        nonlocal at_once, most, runs
        with lock:
            at_once += 1
            most, runs = max(most, at_once), runs + 1
        real_time.sleep(0.02)
        with lock:
            at_once -= 1
        return JobResult("done")

    for _ in range(4):
        make_supervisor().start([make_job(run, shared=True)])
    wait_until(lambda: runs > 8)
    assert most == 1


def test_processes_share_the_back_off_of_a_shared_job(make_supervisor: MakeSupervisor, time: Time):
    failing, other = Work(ValueError("no")), Work(JobResult("done"))
    one, two = make_supervisor(), make_supervisor()
    one.start([make_job(failing, shared=True)])
    wait_until(lambda: one.states())
    two.start([make_job(other, shared=True)])
    real_time.sleep(0.2)
    assert (failing.calls, other.calls) == (1, 0)
    time.at += dt.timedelta(minutes=1)
    wait_until(lambda: failing.calls == 2 or other.calls)


def test_homes_run_a_job_of_their_own_each_for_itself(make_supervisor: MakeSupervisor):
    one, two = make_supervisor(), make_supervisor()
    first, second = Work(JobResult("1")), Work(JobResult("2"))
    one.start([make_job(first)])
    two.start([make_job(second)])
    wait_until(lambda: first.calls and second.calls)
    one.close()
    two.close()
    states = [(state.place, state.result) for state in make_supervisor().states()]
    assert states == [("home 0", "1"), ("home 1", "2")]


def test_closing_asks_a_run_to_stop_and_waits_for_it(make_supervisor: MakeSupervisor):
    began, ended = threading.Event(), threading.Event()

    def run(lease: Lease) -> None:
        began.set()
        assert lease.stop.wait(PATIENCE)
        ended.set()

    supervisor = make_supervisor()
    supervisor.start([make_job(run, close_timeout=None)])
    assert began.wait(PATIENCE)
    supervisor.close()
    assert ended.is_set()


def test_a_run_that_does_not_stop_is_left_behind(make_supervisor: MakeSupervisor):
    began, release = threading.Event(), threading.Event()

    def run(lease: Lease) -> None:
        began.set()
        release.wait(PATIENCE)

    supervisor = make_supervisor()
    supervisor.start([make_job(run, close_timeout=0.1)])
    assert began.wait(PATIENCE)
    before = real_time.monotonic()
    supervisor.close()
    assert real_time.monotonic() - before < 5
    release.set()


def test_a_back_off_set_under_a_wrong_clock_ends(
    make_supervisor: MakeSupervisor, store: SqlStore, time: Time
):
    far = time.at + dt.timedelta(days=400)
    store.jobs.save_job(JobState("work", "", time.at, time.at, "", "no", 1, far))
    work, supervisor = Work(JobResult("done")), make_supervisor()
    supervisor.start([make_job(work, shared=True)])
    wait_until(lambda: work.calls)


def test_a_job_runs_during_a_block_only(make_supervisor: MakeSupervisor):
    work, supervisor = Work(JobResult("done")), make_supervisor()
    with supervisor.running(make_job(work)):
        wait_until(lambda: work.calls)
    calls = work.calls
    real_time.sleep(0.1)
    assert work.calls == calls
    assert not supervisor.is_started("work")


def test_a_state_that_cannot_be_saved_is_still_told(
    make_supervisor: MakeSupervisor, store: SqlStore, monkeypatch: pytest.MonkeyPatch
):
    def refuse(state: JobState) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.jobs, "save_job", refuse)
    work, supervisor = Work(ValueError("first"), JobResult("done")), make_supervisor()
    supervisor.start([make_job(work, backoff=Backoff(0, 0))])
    wait_until(lambda: work.calls > 1)
    wait_until(lambda: only(supervisor).result == "done")
