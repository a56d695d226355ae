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
    found = watch()
    assert found.error is None
    assert found.names == newest_first(archive)
    assert server.asked[0].params == {
        "search_query": "all:structure", "start": "0", "max_results": "10",
        "sortBy": "submittedDate", "sortOrder": "descending",
    }  # fmt: skip
    assert [asked.params["start"] for asked in server.asked] == ["0", "10", "20", "30"]
    assert found.cursor == {"seen all:structure": "2024-03-04T00:00:34+00:00"}


def test_the_first_run_reaches_back_some_days_and_says_so(watch):
    found = watch(first_days=2)
    assert len(found.names) == 15
    assert found.notes == ["all:structure: first run, papers since 2024-03-02"]


def test_the_next_run_reads_a_week_beyond_what_was_seen(watch, archive, server):
    first = watch()
    archive.put(invented(900, dt.date(2024, 3, 14)))
    late = archive.put(invented(901, dt.date(2024, 3, 3)))  # held back for a check
    server.asked.clear()
    second = watch(first.cursor, now=dt.datetime(2024, 3, 15, tzinfo=dt.UTC))
    assert second.names[0] == "2403.00900"
    assert late.id in second.names
    third = watch(second.cursor, now=dt.datetime(2024, 3, 15, tzinfo=dt.UTC))
    assert third.names == ["2403.00900"]
    assert third.cursor == second.cursor


def test_new_versions_of_old_papers(watch, archive):
    archive.today = dt.date(2024, 3, 20)
    archive.revise("2403.00001", title="Anew")
    found = watch(
        {"seen all:structure": "2024-03-15T00:00:00+00:00"},
        sort="lastUpdatedDate",
        now=dt.datetime(2024, 3, 21, tzinfo=dt.UTC),
    )
    assert [record.title for record in found.records] == ["Anew"]


def test_authors_are_queries(watch, server):
    found = watch(queries=["cat:math.AG", "cat:math.AG"], authors=['Ada "A" Quill', "Bo Lindqvist"])
    asked = {each.params["search_query"] for each in server.asked}
    assert asked == {"cat:math.AG", 'au:"Ada  A  Quill"', 'au:"Bo Lindqvist"'}
    assert len(found.names) == 7 + 14


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
    found = watch(cursor, since=dt.date(2024, 3, 1), now=dt.datetime(2024, 3, 30, tzinfo=dt.UTC))
    assert found.names == newest_first(archive)
    assert found.cursor == cursor


def test_since_leaves_no_gap_behind_what_was_seen(watch):
    cursor = {"seen all:structure": "2024-03-01T00:00:01+00:00"}
    found = watch(cursor, since=dt.date(2024, 3, 4))
    assert len(found.names) == 5
    assert found.cursor == cursor


def test_an_empty_feed_that_should_not_be_is_asked_for_again(watch, archive, replica, server):
    first = watch(most=1)
    replica.empty_answers = 2
    rest = watch(first.cursor)
    assert {*first.names, *rest.names} == set(newest_first(archive))
    assert rest.error is None


def test_an_empty_feed_that_stays_empty_ends_the_watch(watch, replica):
    replica.empty_answers = 4
    found = watch()
    assert isinstance(found.error, SourceUnavailableError)
    assert "arXiv gave no entries from number 0 on, though it counts 35" in str(found.error)


def test_nothing_found_is_no_error(watch, server):
    found = watch(queries=["all:zyzzogeton"])
    assert (found.error, found.names, len(server.asked)) == (None, [], 1)


def test_a_query_that_arxiv_does_not_understand_stops_no_other(watch, archive):
    found = watch(queries=["all:(", "all:structure"])
    assert found.names == newest_first(archive)
    assert isinstance(found.error, SourceRefusedError)
    assert str(found.error) == (
        "1 of 2 queries failed: all:(: arXiv answered with an error: "
        "malformed query: a term is missing"
    )


def test_more_results_than_arxiv_gives(watch, archive, replica, monkeypatch):
    monkeypatch.setattr(arxiv_query, "MOST_RESULTS", 25)
    replica.claimed = 40_000
    found = watch(first_days=0)
    assert found.error is None
    assert found.names == newest_first(archive)[:25]
    assert "all:structure: 40,000 results, of which arXiv gives the newest 25" in found.notes[0]
    assert found.cursor == {"seen all:structure": "2024-03-04T00:00:34+00:00"}


def test_without_a_query_it_says_where_to_put_one(watch):
    found = watch(queries=[])
    assert isinstance(found.error, SourceRefusedError)
    assert "[sources.arxiv-query]" in str(found.error)
