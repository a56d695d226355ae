"""Feeds of issues, trends and searches, read by an independent parser."""

import datetime as dt
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from starlette.testclient import TestClient

from broadsheet.api import hub
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.feeds import routes
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser

PASSWORD = "a horse and a staple"
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
    strong = first.headers["etag"].removeprefix("W/")
    for tags in (f'"another", {strong}', "*"):
        answer = client.get("/feeds/day.atom", headers={"If-None-Match": tags})
        assert answer.status_code == 304
    assert client.get("/feeds/day.rss", headers={"If-None-Match": strong}).status_code == 200


def test_no_two_feeds_have_one_name(client: TestClient) -> None:
    names = {feedparser.parse(client.get(f"{path}.atom").content).feed.id for path in FEEDS}
    assert len(names) == len(FEEDS)


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


@pytest.fixture
def group(tmp_path: Path) -> Iterator[LocalServices]:
    """A private library with a member, and a paper of today that the member commented on."""
    file = tmp_path / "paper.jsonl"
    today = str(dt.datetime.now(dt.UTC).date())
    line = {"id": "arxiv:2612.00001", "title": "Rivers", "authors": ["Ada"], "date": today}
    file.write_text(json.dumps(line))
    with open_services(Home(tmp_path / "home").create(), Settings(mode="private")) as services:
        services.library.import_paths(OWNER, [str(file)])
        services.admin.index_pending(OWNER)
        services.accounts.add(OWNER, "Max", "member", PASSWORD)
        yield services


def _sign_in(services: LocalServices) -> TestClient:
    app = create_app(services, interfaces=[routes.router])
    browser = open_browser(app, follow_redirects=False)
    assert browser.post("/sign-in", data={"name": "Max", "password": PASSWORD}).status_code == 303
    return browser


def _token_page(browser: TestClient, *scopes: str) -> str:
    token = re.search(r'name="form-token" value="(\w+)"', browser.get("/account").text)
    assert token
    form = {"form-token": token[1], "name": "reader", "scope": list(scopes)}
    return html.unescape(browser.post("/account/tokens", data=form).text)


def test_a_feed_reader_reads_ones_own_feeds_by_a_secret_address(group: LocalServices) -> None:
    _, principal = group.accounts.find_token(_secret(group, "read", "write")) or (None, OWNER)
    group.follows.follow(principal, "author", "Ada")
    addresses = re.findall(r"http://\S+\?token=\S+", _token_page(_sign_in(group), "feeds"))
    assert [urlsplit(each).path for each in addresses] == [
        "/feeds/for-you.atom",
        "/feeds/following.atom",
    ]
    reader = TestClient(create_app(group, interfaces=[routes.router]), base_url="http://127.0.0.1")
    answer = reader.get(urlsplit(addresses[1]).path + "?" + urlsplit(addresses[1]).query)
    feed = feedparser.parse(answer.content)
    assert [entry.title for entry in feed.entries] == ["Rivers"]
    assert "by Ada" in feed.entries[0].content[0].value
    assert "token" not in feed.feed.id
    liked = reader.get(f"/feeds/for-you.atom?{urlsplit(addresses[0]).query}")
    assert liked.status_code == 200
    token = urlsplit(addresses[0]).query.removeprefix("token=")
    for path in ("/following", "/account", "/papers?q=rivers"):
        assert reader.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 403
        assert reader.get(path, params={"token": token}).status_code in (303, 401)
    assert reader.get("/feeds/following.atom").status_code == 401
    assert reader.get("/feeds/following.atom?token=bs_x").status_code == 401
    wide = _secret(group, "read")
    assert reader.get(f"/feeds/following.atom?token={wide}").status_code == 403


def _secret(services: LocalServices, *scopes: str) -> str:
    _, secret = services.accounts.create_token_for(OWNER, "Max", "script", list(scopes))
    return secret


def test_members_and_collections_have_feeds(group: LocalServices) -> None:
    _, principal = group.accounts.find_token(_secret(group, "read", "write")) or (None, OWNER)
    comment = group.comments.add(principal, "2612.00001", "A *fine* map & more.")
    group.submissions.submit(principal, "2612.00001", "Read it today")
    collection = group.collections.create(principal, "Waters", sharing="public")
    group.collections.add(principal, collection.id, "2612.00001", "Read this first.")
    browser = _sign_in(group)
    for page, title, words in (
        ("/members/Max", "Max", "fine"),
        (f"/collections/{collection.id}", "Waters", "Read this first."),
    ):
        (path,) = re.findall(
            rf'rel="alternate" type="application/atom\+xml" title="{title}" href="(.*?)"',
            browser.get(page).text,
        )
        feed = feedparser.parse(browser.get(path).content)
        assert not feed.bozo
        assert feed.feed.title == title
        assert words in "".join(entry.summary for entry in feed.entries)
    member = feedparser.parse(browser.get("/feeds/members/Max.rss").content)
    assert any("Read it today" in entry.summary for entry in member.entries)
    links = [entry.link for entry in member.entries]
    assert any(each.endswith(f"/papers/2612.00001#comment-{comment.id}") for each in links)
    assert browser.get("/feeds/members/Nobody.atom").status_code == 404
    assert browser.get("/feeds/collections/none.atom").status_code == 404


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/papers?q=title:lakes", "/feeds/search.atom?q=title%3Alakes"),
        ("/papers/trending?window=week", "/feeds/trending/week.atom"),
        ("/for-you", "/feeds/for-you.atom"),
        ("/following", "/feeds/following.atom"),
        ("/e/featured", "/feeds/editions/featured.atom?kind=day"),
    ],
)
def test_pages_name_their_feed(client: TestClient, page: str, feed: str) -> None:
    if page == "/for-you":
        community = client.app.state.services.community
        community.set_mark(OWNER, "arxiv:2612.00001", "voted", True)
    links = re.findall(r'rel="alternate" .*? href="(.*?)"', client.get(page).text)
    assert feed in links
    assert feedparser.parse(client.get(feed).content).version == "atom10"
