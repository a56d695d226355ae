"""Feeds of issues, trends and searches, read by an independent parser."""

import datetime as dt
import html
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from starlette.testclient import TestClient

from broadsheet.api import hub
from broadsheet.domain.access import OWNER
from broadsheet.feeds import routes
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser

FEEDS = [
    "/feeds/day",
    "/feeds/week",
    "/feeds/month",
    "/feeds/editions/front",
    "/feeds/trending/week",
]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    papers = tmp_path / "papers.jsonl"
    today = dt.datetime.now(dt.UTC).date()
    papers.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"arxiv:2612.0000{number}",
                    "title": title,
                    "abstract": f"We study maps. We show that {title} & <b>more</b> holds.",
                    "authors": ["Ada Lovelace", "Émilie du Châtelet"],
                    "date": str(today),
                    "categories": ["cs.CV", "stat.ML"],
                    "signals": {"upvotes": 10 * number, "hf_date": str(today)},
                }
            )
            + "\n"
            for number, title in enumerate(["Rivers & deltas", "Lakes <of> $x^2$", "Seas"], 1)
        )
    )
    with open_services(Home(tmp_path / "home").create()) as services:
        services.library.import_paths(OWNER, [str(papers)])
        yield open_browser(create_app(services, interfaces=[routes.router, hub.router]))


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_an_xml_feed_is_well_formed_and_names_every_paper(
    client: TestClient, path: str, ending: str
) -> None:
    answer = client.get(f"{path}.{ending}")
    assert answer.status_code == 200
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == {"atom": "atom10", "rss": "rss20"}[ending]
    assert {html.unescape(entry.title) for entry in feed.entries} == {
        "Rivers & deltas",
        "Lakes <of> x²",
        "Seas",
    }
    for entry in feed.entries:
        page = client.get(urlsplit(entry.link).path)
        assert page.status_code == 200


def test_a_json_feed_has_what_the_format_asks_for(client: TestClient) -> None:
    feed = client.get("/feeds/day.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    first = feed["items"][0]
    assert first["title"] == "Seas"
    assert [author["name"] for author in first["authors"]] == ["Ada Lovelace", "Émilie du Châtelet"]
    assert "We show that" in first["summary"]
    assert "<b>" not in first["content_html"]


def test_a_feed_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/feeds/day.atom")
    again = client.get("/feeds/day.atom", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_a_search_is_a_feed_of_its_newest_papers(client: TestClient) -> None:
    feed = feedparser.parse(client.get("/feeds/search.atom", params={"q": "title:lakes"}).content)
    assert len(feed.entries) == 1
    assert client.get("/feeds/search.atom").status_code == 400
    assert client.get("/feeds/day.pdf").status_code == 404


def test_a_token_of_another_service_does_not_keep_anybody_from_reading(client: TestClient) -> None:
    headers = {"Authorization": "Bearer hf_abcdefgh"}
    assert client.get("/api/daily_papers", headers=headers).status_code == 200
    assert client.post("/marks", headers=headers).status_code == 401
    ours = {"Authorization": "Bearer bs_unknown"}
    assert client.get("/api/daily_papers", headers=ours).status_code == 401
