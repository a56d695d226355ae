"""Holding a lease: renewed while the work goes on, lost, and left behind by a dead process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import LeaseHeldError
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.jobs.leases import Lease, Leases

HOLD = """
import sys, time
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.jobs import leases

database, machine, seconds = sys.argv[1:]
if machine:
    leases._machine = lambda: machine
with SqlStore(database, Decider(parse_kept)) as store:
    with leases.Leases(store.jobs, int(seconds)).hold(leases.Lease("digest")):
        print("held", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def store(database: Path) -> Iterator[SqlStore]:
    with SqlStore(database, Decider(parse_kept)) as store:
        yield store


def hold_elsewhere(database: Path, machine: str, seconds: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database), machine, str(seconds)],
        env=os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_held_lease_is_renewed_and_given_back(store: SqlStore):
    leases, others = Leases(store.jobs, seconds=1), Leases(store.jobs)
    with leases.hold(Lease("digest")) as _:
        for _ in range(5):
            time.sleep(0.5)
            assert others.is_held("digest")
            with pytest.raises(LeaseHeldError, match="digest is running already"):
                others.hold(Lease("digest")).__enter__()
    assert not others.is_held("digest")
    with others.hold(Lease("digest")):
        assert leases.is_held("digest")


def test_a_lost_lease_stops_the_work(store: SqlStore):
    leases, lease = Leases(store.jobs, seconds=1), Lease("digest")
    with leases.hold(lease):
        current = store.jobs.find_lease("digest")
        assert current
        assert store.jobs.take_lease("digest", "thief", 60, instead_of=current.holder)
        assert lease.stop.wait(10)
    assert leases.is_held("digest"), "the lease of another is not given back"


def test_a_process_killed_here_is_replaced_at_once(store: SqlStore, database: Path):
    process = hold_elsewhere(database, "", 3000)
    leases = Leases(store.jobs)
    assert leases.is_held("digest")
    with pytest.raises(LeaseHeldError):
        leases.hold(Lease("digest")).__enter__()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not leases.is_held("digest")
    with leases.hold(Lease("digest")):
        assert leases.is_held("digest")


def test_the_lease_of_a_machine_that_died_expires(store: SqlStore, database: Path):
    process = hold_elsewhere(database, "another machine", 2)
    leases = Leases(store.jobs)
    time.sleep(2.5)
    assert leases.is_held("digest"), "it is renewed while its holder lives"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert leases.is_held("digest"), "from here nobody can know that it is dead"
    deadline = time.monotonic() + 15
    while leases.is_held("digest") and time.monotonic() < deadline:
        time.sleep(0.05)
    with leases.hold(Lease("digest")):
        pass
