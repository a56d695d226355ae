"""Feeds of any kind, from a real server."""

import pytest

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.sources.feed import FeedSource
from replicas.server import NOT_FOUND, ReplicaServer, Reply

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Notes</title>
<link>https://notes.example/</link><item><title>Gödel &amp; co</title>
<link>https://notes.example/1</link><guid>https://notes.example/1</guid>
<description>&lt;p&gt;On incompleteness.&lt;/p&gt;</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Journal</title><id>tag:j,1:f</id>
<entry><id>tag:j,1:a</id><title>A result</title><updated>2024-03-01T00:00:00Z</updated>
<link href="https://doi.org/10.5555/abc"/><summary>Short.</summary></entry></feed>"""
JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": '
    '[{"id": "7", "title": "Seven", "content_html": "<p>Lucky &amp; prime</p>"}]}'
)
PAGE = """<!DOCTYPE html><html><head><title>Blog</title>
<link rel="alternate" type="application/atom+xml" href="/atom.xml"></head><body/></html>"""


@pytest.fixture
def served():
    return {
        "/rss": Reply(RSS, content_type="application/rss+xml", headers={"ETag": '"1"'}),
        "/atom": Reply(ATOM, content_type="application/atom+xml"),
        "/json": Reply(JSON, content_type="application/feed+json"),
    }


@pytest.fixture
def server(served):
    with ReplicaServer(lambda request: served.get(request.path, NOT_FOUND)) as server:
        yield server


@pytest.fixture
def read(fetch, server):
    def run(*paths, **more):
        return fetch(FeedSource(), addresses=[f"{server.address}{path}" for path in paths], **more)

    return run


def test_three_kinds(read):
    run = read("/rss", "/atom", "/json")
    assert run.error is None
    assert [(record.title, record.abstract) for record in run.records] == [
        ("Gödel & co", "On incompleteness."), ("A result", "Short."), ("Seven", "Lucky & prime"),
    ]  # fmt: skip


def test_one_broken_feed_stops_no_other(read, server):
    run = read("/gone", "/rss", "/json")
    assert [record.title for record in run.records] == ["Gödel & co", "Seven"]
    assert isinstance(run.error, SourceRefusedError)
    # The address once, not twice.
    assert str(run.error).startswith(f"1 of 3 feeds failed: {server.address}/gone ")


def test_a_busy_feed_is_worth_a_later_try(fetch, server):
    busy = Reply(status=503, headers={"Retry-After": "7200"})
    with ReplicaServer(lambda request: busy) as other:
        run = fetch(
            FeedSource(),
            addresses=[f"{server.address}/gone", other.address, f"{server.address}/rss"],
        )
    assert [record.title for record in run.records] == ["Gödel & co"]
    assert isinstance(run.error, SourceUnavailableError)
    assert run.error.retry_at is not None
    assert "2 of 3 feeds failed" in str(run.error)


def test_an_unchanged_feed_is_not_read_again(read, server):
    assert len(read("/rss", "/atom").records) == 2
    again = read("/rss", "/atom")
    assert [record.title for record in again.records] == ["A result"]


def test_a_web_page_names_its_feed(read, served, server):
    served["/"] = Reply(PAGE, content_type="text/html")
    run = read("/")
    assert isinstance(run.error, SourceRefusedError)
    assert str(run.error) == (
        f"{server.address}/: this is a web page, not a feed; "
        f"the feed it names is {server.address}/atom.xml"
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (RSS.encode("utf-16"), "application/xml"),
        (RSS.encode("latin-1"), "application/rss+xml; charset=ISO-8859-1"),
        (RSS.replace("?>", ' encoding="windows-1252"?>', 1).encode("cp1252"), "text/xml"),
    ],
)
def test_other_encodings(read, served, body, content_type):
    served["/other"] = Reply(body, content_type=content_type)
    assert [record.title for record in read("/other").records] == ["Gödel & co"]


def test_damage_costs_one_entry(read, served):
    torn = RSS.replace(
        "</item>", "</item><item><title>A < B &</title></item><item><title>C</title></item>"
    )
    served["/torn"] = Reply(torn)
    run = read("/torn")
    assert [record.title for record in run.records][0::2] == ["Gödel & co", "C"]


def test_without_a_feed_it_says_where_to_put_one(fetch):
    assert "[sources.feed]" in str(fetch(FeedSource()).error)
