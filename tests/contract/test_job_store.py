"""Leases and states of jobs, over every store."""

import datetime as dt
import threading
import time
from collections.abc import Callable

from broadsheet.backends.sql.store import SqlStore
from broadsheet.domain.jobs import LONGEST_LEASE, JobState, LeaseState

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

OpenStore = Callable[[], SqlStore]


def test_one_holder_at_a_time(open_store: OpenStore):
    one, other = open_store().jobs, open_store().jobs
    assert one.find_lease("digest") is None
    assert one.take_lease("digest", "a", 60)
    assert not other.take_lease("digest", "b", 60)
    assert not one.take_lease("digest", "a", 60), "a holder takes its own lease once"
    assert other.find_lease("digest") == LeaseState("digest", "a", expired=False)
    assert other.take_lease("trending", "b", 60), "another lease is free"


def test_only_the_holder_renews_and_releases(open_store: OpenStore):
    store = open_store().jobs
    store.take_lease("digest", "a", 60)
    assert store.renew_lease("digest", "a", 60)
    assert not store.renew_lease("digest", "b", 60)
    store.release_lease("digest", "b")
    assert not store.take_lease("digest", "b", 60)
    store.release_lease("digest", "a")
    assert store.find_lease("digest") is None
    assert not store.renew_lease("digest", "a", 60)
    assert store.take_lease("digest", "b", 60)


def test_a_lease_that_is_not_renewed_expires(open_store: OpenStore):
    one, other = open_store().jobs, open_store().jobs
    assert one.take_lease("digest", "a", 1)
    assert not other.take_lease("digest", "b", 60)
    deadline = time.monotonic() + 10
    while not (lease := other.take_lease("digest", "b", 60)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert lease
    assert not one.renew_lease("digest", "a", 60), "the former holder learns that it lost it"
    one.release_lease("digest", "a")
    assert one.find_lease("digest") == LeaseState("digest", "b", expired=False)


def test_a_lease_is_kept_by_renewing_it(open_store: OpenStore):
    store = open_store().jobs
    assert store.take_lease("digest", "a", 2)
    for _ in range(8):
        time.sleep(0.4)
        assert store.renew_lease("digest", "a", 2)
        assert not store.take_lease("digest", "b", 2)


def test_a_lease_taken_under_a_clock_far_ahead_is_no_obstacle(open_store: OpenStore):
    store = open_store().jobs
    assert store.take_lease("digest", "a", LONGEST_LEASE + 3600)
    assert store.find_lease("digest") == LeaseState("digest", "a", expired=True)
    assert store.take_lease("digest", "b", 60)


def test_a_named_holder_can_be_replaced(open_store: OpenStore):
    store = open_store().jobs
    store.take_lease("digest", "dead", 60)
    assert not store.take_lease("digest", "b", 60, instead_of="another")
    assert store.take_lease("digest", "b", 60, instead_of="dead")
    assert not store.take_lease("digest", "c", 60, instead_of="dead")


def test_of_many_at_once_one_gets_it(open_store: OpenStore):
    stores = [open_store().jobs for _ in range(3)]
    for name in ("first", "second"):
        winners: list[int] = []
        start = threading.Barrier(9)

        def take(number: int, name: str = name) -> None:
            start.wait()  # noqa: B023
            if stores[number % 3].take_lease(name, str(number), 60):
                winners.append(number)  # noqa: B023

        threads = [threading.Thread(target=take, args=(number,)) for number in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(winners) == 1


def test_the_state_of_a_job_is_replaced(open_store: OpenStore):
    store = open_store().jobs
    assert store.find_job("digest", "") is None
    failed = JobState("digest", "", NOON, NOON, "", "é: disk full", 2, NOON + dt.timedelta(hours=1))
    store.save_job(failed)
    assert open_store().jobs.find_job("digest", "") == failed
    done = JobState("digest", "", NOON, NOON + dt.timedelta(minutes=1), "3 sent")
    here = JobState("digest", "here", NOON, NOON, "3 sent")
    store.save_job(here)
    store.save_job(done)
    assert store.job_states() == [done, here]


def test_a_job_that_did_not_run_for_a_month_is_forgotten(open_store: OpenStore):
    store = open_store().jobs
    store.save_job(JobState("sync gone", "", NOON, NOON, "1 new, 0 updated"))
    later = NOON + dt.timedelta(days=31)
    recent = JobState("sync arxiv", "", later, later, "1 new, 0 updated")
    store.save_job(recent)
    assert store.job_states() == [recent]
