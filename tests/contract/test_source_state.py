"""Cursors and runs of sources, over every store."""

import datetime as dt
from collections.abc import Callable

import pytest

from broadsheet.backends.sql.store import SqlStore
from broadsheet.domain.ingest import ImportSummary
from broadsheet.domain.sync import Validators

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(hours=1)


def test_a_source_that_never_ran_has_nothing(store: SqlStore):
    assert store.sources.cursor_of("arxiv") == {}
    assert store.sources.find_validators("arxiv", "https://a.example/") is None
    assert store.sources.last_runs() == {}
    assert store.sources.runs_of("arxiv", 10) == []


def test_a_page_is_kept_with_its_cursor_counts_and_validators(
    open_store: Callable[[], SqlStore],
):
    state = open_store().sources
    run = state.begin_run("arxiv", NOON)
    counts = ImportSummary(10, 4, 3, 2, 1)
    state.save_page(run.number, counts, {"token": "é|1"}, {"https://a.example/": Validators('"1"')})
    state.save_page(run.number, counts, {"from": "2026-03-02"}, {})
    again = open_store().sources
    assert again.cursor_of("arxiv") == {"from": "2026-03-02"}
    assert again.cursor_of("other") == {}
    assert again.find_validators("arxiv", "https://a.example/") == Validators('"1"', "")
    running = again.last_runs()["arxiv"]
    assert (running.outcome, running.finished_at, running.counts) == ("running", None, counts)
    done = again.end_run(run.number, LATER, "done", "")
    assert (done.started_at, done.finished_at, done.outcome) == (NOON, LATER, "done")
    assert done.counts == counts
    assert again.runs_of("arxiv", 10) == [done]


def test_failures_in_a_row_are_counted(store: SqlStore):
    outcomes = ["unavailable", "refused", "stopped", "broken", "unchanged", "unavailable", "done"]
    counts = []
    for outcome in outcomes:
        run = store.sources.begin_run("arxiv", NOON)
        counts.append(store.sources.end_run(run.number, LATER, outcome, "why", LATER).failures)
    assert counts == [1, 2, 2, 3, 0, 1, 0]
    assert store.sources.last_runs()["arxiv"].retry_at == LATER


def test_a_run_whose_process_died_is_closed_by_the_next(store: SqlStore):
    dead = store.sources.begin_run("arxiv", NOON)
    other = store.sources.begin_run("feed", NOON)
    run = store.sources.begin_run("arxiv", LATER)
    assert run.number > dead.number
    latest, before = store.sources.runs_of("arxiv", 10)
    assert (latest.outcome, latest.failures) == ("running", 1)
    assert (before.outcome, before.finished_at) == ("broken", LATER)
    assert "next run goes on" in before.message
    assert store.sources.runs_of("feed", 10) == [other]


@pytest.mark.parametrize("limit", [1, 500])
def test_old_runs_are_forgotten(store: SqlStore, limit: int):
    for hour in range(203):
        store.sources.begin_run("feed", NOON + dt.timedelta(hours=hour))
    runs = store.sources.runs_of("feed", limit)
    assert len(runs) == min(limit, 200)
    assert runs[0].started_at == NOON + dt.timedelta(hours=202)
