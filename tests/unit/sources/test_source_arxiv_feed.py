"""arXiv's daily feeds, against a replica."""

import pytest

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.sources.arxiv_feed import ArxivFeedSource
from replicas.archive import Archive
from replicas.arxiv_feeds import ArxivFeedsReplica
from replicas.server import ReplicaServer, Reply


@pytest.fixture
def replica():
    archive = Archive.of(25)
    archive.revise("2403.00005", title="A better title")
    announced = [
        ("2403.00000", "new"), ("2403.00010", "cross"), ("2403.00005", "replace"),
        ("2403.00015", "replace-cross"), ("2403.00001", "new"),
    ]  # fmt: skip
    return ArxivFeedsReplica(archive, announced)


@pytest.fixture
def server(replica):
    with ReplicaServer(replica) as server:
        yield server


@pytest.fixture
def read(fetch, server):
    def run(*args, kind="rss", **more):
        options = {"endpoint": f"{server.address}/{kind}", "categories": ["cs.LG", "cs.CL"]}
        return fetch(ArxivFeedSource(), *args, **{**options, **more})

    return run


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_what_was_announced_today(read, server, kind):
    run = read(kind=kind)
    assert run.error is None
    assert run.names == ["2403.00000", "2403.00010", "2403.00005", "2403.00015", "2403.00001"]
    assert run.records[2].title == "A better title"
    assert [record.extra["announce_type"] for record in run.records[:2]] == ["new", "cross"]
    assert server.requests[0].path == f"/{kind}/cs.LG+cs.CL"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("announcements", "names"),
    [
        (["new"], ["2403.00000", "2403.00001"]),
        (["replace", "replace-cross"], ["2403.00005", "2403.00015"]),
    ],
)
def test_only_some_announcements(read, announcements, names):
    assert read(announcements=announcements).names == names


def test_an_unchanged_feed_costs_nothing(read, server):
    assert len(read().names) == 5
    again = read()
    assert (again.error, again.pages) == (None, [])
    assert "if-none-match" in server.requests[1].headers


def test_a_weekend_is_no_error(read, replica):
    replica.announced = []
    run = read()
    assert (run.error, run.names) == (None, [])
    assert run.notes == ["the feed is empty"]


def test_a_page_for_people_is_refused(read, server):
    server.interject(Reply("<!DOCTYPE html><html><body>Hm</body></html>", content_type="text/html"))
    run = read()
    assert isinstance(run.error, SourceRefusedError)
    assert "this is no feed: '<!DOCTYPE html>" in str(run.error)


def test_without_a_category_it_says_where_to_put_one(read):
    assert "[sources.arxiv-feed]" in str(read(categories=[]).error)
