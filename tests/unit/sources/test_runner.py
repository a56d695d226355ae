"""Runs of a handwritten source over a real database and a real server."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.sync import SourceRun
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.net.waiting import Clock, StoppedError
from broadsheet.sources.announcements import explain_quiet
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.opening import open_client
from broadsheet.sources.runner import Syncer
from broadsheet.sources.schedule import ARXIV, Every
from fake_source import FakeSource, Papers
from replicas.server import ReplicaServer, Reply, redirect

CLOCK = Clock(sleep=lambda seconds: None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as store:
        yield store


@pytest.fixture
def papers() -> Papers:
    return Papers(count=50)


@pytest.fixture
def server(papers: Papers) -> Iterator[ReplicaServer]:
    with ReplicaServer(papers) as server:
        yield server


@pytest.fixture
def syncer(store: SqlStore, tmp_path: Path) -> Syncer:
    def opened(configured: Any, find: Any, clock: Clock) -> Any:
        return open_client(tmp_path / "sources", "", ["127.0.0.1"], configured, find, clock)

    return Syncer(store, store.sources, opened, lambda scheme: iter(()))


Run = Callable[..., SourceRun]


@pytest.fixture
def run(syncer: Syncer, server: ReplicaServer) -> Run:
    def run(since: dt.date | None = None, clock: Clock = CLOCK, **changes: Any) -> SourceRun:
        source = FakeSource()
        configured = ConfiguredSource(
            source, source.Options(endpoint=server.address), True, source.policy.rhythm
        )
        return syncer.run(dataclasses.replace(configured, **changes), since, clock=clock)

    return run


def test_a_run_stores_every_page_and_goes_on_from_the_last(
    run: Run, store: SqlStore, papers: Papers
):
    first = run()
    assert (first.outcome, first.message) == ("done", "a first run, from the first paper on")
    assert (first.counts.read, first.counts.new, first.counts.rejected) == (50, 45, 5)
    assert store.count() == 45
    rejected = next(iter(store.iter_rejected()))
    assert rejected.origin.endswith("/list")
    assert rejected.position == "line 7"
    papers.count = 60
    second = run()
    assert (second.outcome, second.counts.read, second.counts.new) == ("done", 10, 9)
    third = run()
    assert (third.outcome, third.counts.read) == ("unchanged", 0)
    assert store.sources.last_runs()["fake"] == third


def test_progress_knows_its_share(syncer: Syncer, server: ReplicaServer):
    source = FakeSource()
    configured = ConfiguredSource(source, source.Options(endpoint=server.address), True, ARXIV)
    calls: list[tuple[int, float | None]] = []
    syncer.run(configured, None, lambda done, share: calls.append((done, share)), CLOCK)
    assert calls == [(20, 0.4), (40, 0.8), (50, 1.0)]


def test_since_wins_over_the_cursor(run: Run, store: SqlStore):
    run()
    again = run(since=dt.date(2024, 1, 1))
    assert (again.counts.read, again.counts.duplicates) == (50, 45)
    assert store.count() == 45
    assert store.count_rejected() == 5


@pytest.mark.parametrize(
    ("reply", "outcome", "words"),
    [
        (Reply(status=503), "unavailable", r"busy or under repair \(503\) \(tried 5 times\)"),
        (Reply(status=429, headers={"Retry-After": "9000"}), "unavailable", "left alone until"),
        (Reply(status=404), "refused", "404"),
        (Reply(b"<html>", content_type="text/html"), "refused", "is no list of papers"),
        (redirect("http://localhost/"), "refused", "private network"),
        (Reply(b"not json", headers={"x-next": "", "x-total": "1"}), "broken", "JSONDecodeError"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_error_keeps_the_pages_before_it_and_says_what_happened(
    reply: Reply, outcome: str, words: str, run: Run, server: ReplicaServer, store: SqlStore
):
    server.interject(None, *[reply] * 5)
    failed = run()
    assert failed.outcome == outcome
    assert failed.counts.read == 20
    assert store.count() == 18
    assert "the 20 records fetched before are kept" in failed.message
    assert re.search(words, failed.message)
    assert failed.failures == 1
    assert store.sources.cursor_of("fake") == {"from": "20"}


def test_after_an_error_the_next_run_loses_and_doubles_nothing(
    run: Run, server: ReplicaServer, store: SqlStore
):
    server.interject(None, Reply(status=404))
    run()
    again = run()
    assert (again.outcome, again.counts.new, again.counts.duplicates) == ("done", 27, 0)
    assert store.count() == 45
    assert store.count_rejected() == 5


def test_a_run_that_is_told_to_stop_stops_at_the_next_page(run: Run, store: SqlStore):
    checks = iter([None] * 6)

    def sleep(seconds: float) -> None:
        try:
            next(checks)
        except StopIteration:
            raise StoppedError from None

    stopped = run(clock=Clock(sleep=sleep))
    assert stopped.outcome == "stopped"
    assert 0 < stopped.counts.read < 50
    assert run().outcome == "done"
    assert store.count() == 45


def test_ctrl_c_is_written_down_and_passed_on(run: Run, store: SqlStore, papers: Papers):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(clock=Clock(sleep=interrupt))
    assert store.sources.last_runs()["fake"].outcome == "stopped"


def test_a_quiet_day_is_explained(run: Run, papers: Papers):
    source = FakeSource()
    source.policy = dataclasses.replace(source.policy, explain_quiet=explain_quiet)
    thanksgiving = Clock(
        now=lambda: dt.datetime(2026, 11, 27, 3, 15, tzinfo=dt.UTC), sleep=lambda seconds: None
    )
    run(source=source, clock=thanksgiving)
    # Also if the reader set times of their own.
    quiet = run(source=source, rhythm=Every(1), clock=thanksgiving)
    assert quiet.outcome == "unchanged"
    assert quiet.message.startswith("nothing new; arXiv announces nothing on Thanksgiving")


def test_a_moved_address_is_told(run: Run, server: ReplicaServer):
    server.interject(redirect("/list?from=0&moved=1", 301))
    moved = run()
    assert moved.outcome == "done"
    assert "has moved to" in moved.message
    assert "change it in the settings" in moved.message
