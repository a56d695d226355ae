"""Papers that arXiv leaves out silently: a feed that serves yesterday's batch as today's."""

import pytest

from broadsheet.domain.sync import LEFT_OUT
from broadsheet.sources.arxiv_feed import ArxivFeedSource
from broadsheet.sources.arxiv_listing import parse_listing
from replicas.archive import Archive
from replicas.arxiv_api import ArxivApiReplica
from replicas.arxiv_feeds import ArxivFeedsReplica
from replicas.arxiv_listing import ArxivListingReplica
from replicas.server import NOT_FOUND, ReceivedRequest, ReplicaServer, Reply

STALE = [("2403.00000", "new"), ("2403.00010", "cross")]
"""The feed: the batch of the day before."""
TODAY = [("2403.00005", "new"), ("2403.00015", "cross"), ("2403.00000", "replace")]
"""The batch announced today, all in cs.LG."""


class Site:
    """Feed, query API and listings of one archive."""

    def __init__(self) -> None:
        archive = Archive.of(25)
        self.feeds = ArxivFeedsReplica(archive, list(STALE))
        self.listing = ArxivListingReplica(archive, list(TODAY))
        self.api = ArxivApiReplica(archive)
        self.listing_is_down = False

    def __call__(self, request: ReceivedRequest) -> Reply:
        if request.path.startswith("/list/"):
            return NOT_FOUND if self.listing_is_down else self.listing(request)
        if request.path.startswith("/api/"):
            return self.api(request)
        return self.feeds(request)


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def server(site):
    with ReplicaServer(site) as server:
        yield server


@pytest.fixture
def read(fetch, server):
    def run(**more):
        options = {
            "endpoint": f"{server.address}/rss",
            "listing": f"{server.address}/list",
            "query_endpoint": f"{server.address}/api/query",
            "categories": ["cs.LG"],
        }
        return fetch(ArxivFeedSource(), **{**options, **more})

    return run


def test_a_stale_batch_under_the_current_date_is_noticed_and_made_good(read):
    run = read()
    assert run.error is None
    assert run.names == ["2403.00000", "2403.00010", "2403.00005", "2403.00015"]
    assert run.notes == [f"fetched 2 papers {LEFT_OUT}"]


def test_a_feed_that_is_whole_costs_one_more_request(read, site, server):
    site.feeds.announced = list(TODAY)
    run = read()
    assert run.notes == []
    assert [request.path for request in server.requests] == ["/rss/cs.LG", "/list/cs.LG/new"]


def test_an_unchanged_feed_is_compared_too(read, site):
    site.listing.announced = list(STALE)
    assert read().notes == []
    site.listing.announced = list(TODAY)
    assert read().notes == [f"fetched 2 papers {LEFT_OUT}"]


def test_a_listing_that_cannot_be_read_harms_nothing(read, site):
    site.listing_is_down = True
    run = read()
    assert (run.error, run.names) == (None, ["2403.00000", "2403.00010"])


def test_replacements_are_not_missing():
    page = """<h3>Showing new listings for Monday, 4 March 2024</h3>
        <h3>New submissions (showing 2 of 2 entries)</h3>
        <a href ="/abs/2403.00005" title="Abstract">arXiv:2403.00005</a>
        <a href="/pdf/2403.00005">pdf</a> <a href="/abs/hep-th/9901001">arXiv:hep-th/9901001</a>
        <h3>Cross submissions (showing 1 of 1 entries)</h3> <a href='/abs/2403.00015'>x</a>
        <h3>Replacement submissions (showing 1 of 1 entries)</h3> <a href="/abs/2403.00001">x</a>"""
    assert parse_listing(page) == ["2403.00005", "hep-th/9901001", "2403.00015"]
