"""Watches over arXiv's query API, against a replica."""

import datetime as dt

import pytest

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.sources import arxiv_query
from broadsheet.sources.arxiv_query import ArxivQuerySource
from replicas.archive import Archive, invented
from replicas.arxiv_api import ArxivApiReplica
from replicas.server import ReplicaServer


@pytest.fixture
def archive():
    return Archive.of(35)  # 2024-03-01 to 2024-03-04


@pytest.fixture
def replica(archive):
    return ArxivApiReplica(archive)


@pytest.fixture
def server(replica):
    with ReplicaServer(replica) as server:
        yield server


@pytest.fixture
def watch(fetch, server):
    def run(*args, **more):
        options = {"endpoint": f"{server.address}/api/query", "queries": ["all:structure"]}
        return fetch(ArxivQuerySource(), *args, **{**options, "page_size": 10, **more})

    return run


def newest_first(archive):
    return [
        paper.id for paper in sorted(archive.alive(), key=lambda p: p.versions[0], reverse=True)
    ]


def test_all_pages_newest_first(watch, archive, server):
    run = watch()
    assert run.error is None
    assert run.names == newest_first(archive)
    assert server.requests[0].params == {
        "search_query": "all:structure", "start": "0", "max_results": "10",
        "sortBy": "submittedDate", "sortOrder": "descending",
    }  # fmt: skip
    assert [request.params["start"] for request in server.requests] == ["0", "10", "20", "30"]
    assert run.cursor == {"seen all:structure": "2024-03-04T00:00:34+00:00"}


def test_the_first_run_reaches_back_some_days_and_says_so(watch):
    run = watch(first_days=2)
    assert len(run.names) == 15
    assert run.notes == ["all:structure: first run, papers since 2024-03-02"]


def test_the_next_run_reads_a_week_beyond_what_was_seen(watch, archive, server):
    first = watch()
    archive.put(invented(900, dt.date(2024, 3, 14)))
    late = archive.put(invented(901, dt.date(2024, 3, 3)))  # held back for a check
    server.requests.clear()
    second = watch(first.cursor, now=dt.datetime(2024, 3, 15, tzinfo=dt.UTC))
    assert second.names[0] == "2403.00900"
    assert late.id in second.names
    third = watch(second.cursor, now=dt.datetime(2024, 3, 15, tzinfo=dt.UTC))
    assert third.names == ["2403.00900"]
    assert third.cursor == second.cursor


def test_new_versions_of_old_papers(watch, archive):
    archive.today = dt.date(2024, 3, 20)
    archive.revise("2403.00001", title="Anew")
    run = watch(
        {"seen all:structure": "2024-03-15T00:00:00+00:00"},
        sort="lastUpdatedDate",
        now=dt.datetime(2024, 3, 21, tzinfo=dt.UTC),
    )
    assert [record.title for record in run.records] == ["Anew"]


def test_authors_are_queries(watch, server):
    run = watch(queries=["cat:math.AG", "cat:math.AG"], authors=['Ada "A" Quill', "Bo Lindqvist"])
    queries_sent = {each.params["search_query"] for each in server.requests}
    assert queries_sent == {"cat:math.AG", 'au:"Ada  A  Quill"', 'au:"Bo Lindqvist"'}
    assert len(run.names) == 7 + 14


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_run_that_was_killed_goes_on(watch, archive, server, pages):
    killed = watch(most=pages)
    archive.put(invented(900, dt.date(2024, 3, 4)))  # moves the others down
    rest = watch(killed.cursor)
    assert set(newest_first(archive)) == {*killed.names, *rest.names, "2403.00900"}
    assert "2403.00900" in watch(rest.cursor).names
    assert rest.cursor.keys() == {"seen all:structure"}


def test_since_wins_over_what_was_seen(watch, archive):
    cursor = {"seen all:structure": "2024-03-04T00:00:34+00:00"}
    run = watch(cursor, since=dt.date(2024, 3, 1), now=dt.datetime(2024, 3, 30, tzinfo=dt.UTC))
    assert run.names == newest_first(archive)
    assert run.cursor == cursor


def test_since_leaves_no_gap_behind_what_was_seen(watch):
    cursor = {"seen all:structure": "2024-03-01T00:00:01+00:00"}
    run = watch(cursor, since=dt.date(2024, 3, 4))
    assert len(run.names) == 5
    assert run.cursor == cursor


def test_an_empty_feed_that_should_not_be_is_asked_for_again(watch, archive, replica, server):
    first = watch(most=1)
    replica.empty_answers = 2
    rest = watch(first.cursor)
    assert {*first.names, *rest.names} == set(newest_first(archive))
    assert rest.error is None


def test_an_empty_feed_that_stays_empty_ends_the_watch(watch, replica):
    replica.empty_answers = 4
    run = watch()
    assert isinstance(run.error, SourceUnavailableError)
    assert "arXiv gave no entries from number 0 on, though it counts 35" in str(run.error)


def test_nothing_found_is_no_error(watch, server):
    run = watch(queries=["all:zyzzogeton"])
    assert (run.error, run.names, len(server.requests)) == (None, [], 1)


def test_a_query_that_arxiv_does_not_understand_stops_no_other(watch, archive):
    run = watch(queries=["all:(", "all:structure"])
    assert run.names == newest_first(archive)
    assert isinstance(run.error, SourceRefusedError)
    assert str(run.error) == (
        "1 of 2 queries failed: all:(: arXiv answered with an error: "
        "malformed query: a term is missing"
    )


def test_more_results_than_arxiv_gives(watch, archive, replica, monkeypatch):
    monkeypatch.setattr(arxiv_query, "MOST_RESULTS", 25)
    replica.claimed = 40_000
    run = watch(first_days=0)
    assert run.error is None
    assert run.names == newest_first(archive)[:25]
    assert "all:structure: 40,000 results, of which arXiv gives the newest 25" in run.notes[0]
    assert run.cursor == {"seen all:structure": "2024-03-04T00:00:34+00:00"}


def test_without_a_query_it_says_where_to_put_one(watch):
    run = watch(queries=[])
    assert isinstance(run.error, SourceRefusedError)
    assert "[sources.arxiv-query]" in str(run.error)
