"""Subscribing on the page, and the pages behind signed links."""

import datetime as dt
import email
import email.policy
import re
import time
import xml.etree.ElementTree as ElementTree

import feedparser
import pytest
from starlette.testclient import TestClient

from broadsheet.domain.access import OWNER
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services

ADDRESS = "reader@example.org"


@pytest.fixture
def services(tmp_path):
    home = Home(tmp_path / "home").create()
    papers = tmp_path / "papers.jsonl"
    today = dt.datetime.now(dt.UTC).date()
    papers.write_text(
        '{"id": "arxiv:2612.00001", "title": "Diffusion policy", "abstract": "We win.",'
        f' "authors": ["Ada"], "date": "{today}"}}\n'
    )
    with open_services(home) as services:
        services.library.import_paths(OWNER, [str(papers)])
        yield services


@pytest.fixture
def client(services):
    return TestClient(
        create_app(services),
        base_url="http://localhost",
        headers={"Origin": "http://localhost"},
        raise_server_exceptions=False,
        follow_redirects=False,
    )


@pytest.fixture
def links(services):
    request = SubscriptionRequest(address=ADDRESS, topic=Topic("trending"))
    subscription = services.digest.subscribe(OWNER, request, confirmed=True)
    return {
        purpose: address[address.index("/digest/") :]
        for purpose, address in services.digest.links(subscription).items()
    }


def state(services):
    return [each.state for each in services.digest.subscriptions(OWNER)]


def messages(tmp_path):
    deadline = time.monotonic() + 10
    folder = tmp_path / "home" / "mail"
    while time.monotonic() < deadline:
        files = list(folder.glob("*.eml")) if folder.exists() else []
        if files:
            return [
                email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                for file in files
            ]
        time.sleep(0.05)
    return []


def test_subscribing_takes_a_form_a_message_and_a_click(client, services, tmp_path):
    form = client.get("/digest")
    assert form.status_code == 200
    fields = {"address": ADDRESS, "kind": "search", "value": "diffusion", "every": "weekly:mon",
              "at": "18:30", "zone": "Europe/Berlin", "papers": "5"}  # fmt: skip
    answer = client.post("/digest", data=fields)
    assert answer.status_code == 200
    assert "inbox" in answer.text
    (message,) = messages(tmp_path)
    link = re.search(r"http://\S+(/digest/confirm/\S+)", message.get_body(("plain",)).get_content())
    assert state(services) == ["pending"]
    assert "Confirm" in client.get(link[1]).text
    assert state(services) == ["pending"], "a GET changes nothing"
    confirmed = client.post(link[1])
    assert "every Monday at 18:30 (Europe/Berlin)" in confirmed.text
    assert state(services) == ["active"]


def test_the_answer_does_not_tell_whether_an_address_is_known(client, services, links):
    repeated = client.post("/digest", data={"address": ADDRESS, "kind": "trending"})
    other = client.post("/digest", data={"address": "new@example.org", "kind": "trending"})
    assert (repeated.status_code, repeated.text) == (other.status_code, other.text)


def test_a_form_that_cannot_be_used_says_why_and_keeps_what_was_typed(client):
    answer = client.post("/digest", data={"address": "nobody", "kind": "search", "value": "a b"})
    assert answer.status_code == 400
    assert "mail address" in answer.text
    assert 'value="a b"' in answer.text


def test_link_scanners_do_not_unsubscribe_and_one_click_does(client, services, links):
    for _ in range(3):
        assert client.get(links["unsubscribe"]).status_code == 200
        assert client.head(links["unsubscribe"]).status_code == 200
    assert state(services) == ["active"]
    anyone = TestClient(client.app, base_url="http://localhost", follow_redirects=False)
    answer = anyone.post(links["unsubscribe"], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert state(services) == ["unsubscribed"]
    assert "You are unsubscribed" in client.get(links["unsubscribe"]).text


def test_a_reader_changes_and_pauses_by_a_link(client, services, links):
    page = client.get(links["change"])
    assert ADDRESS in page.text
    fields = {"kind": "search", "value": "maps", "every": "daily", "at": "06:00",
              "zone": "UTC", "papers": "3", "paused": "yes"}  # fmt: skip
    assert "paused" in client.post(links["change"], data=fields).text
    assert state(services) == ["paused"]
    del fields["paused"]
    client.post(links["change"], data=fields)
    (subscription,) = services.digest.subscriptions(OWNER)
    assert (subscription.state, subscription.topic, subscription.limit) == (
        "active",
        Topic("search", "maps"),
        3,
    )


def test_an_absent_reader_is_asked_and_stays_by_a_click(client, services, links, tmp_path):
    store = services.digest._store
    [subscription] = services.digest.subscriptions(OWNER)
    now = dt.datetime.now(dt.UTC)
    store.ask_absent(now + dt.timedelta(1), now)
    services.digest.send_due(OWNER, immediately=True)
    [message] = messages(tmp_path)
    for part in ("html", "plain"):
        text = message.get_body((part,)).get_content()
        assert "Are you still reading?" in text
        assert "/digest/stay/" in text
    store.pause_silent(now + dt.timedelta(1), "no answer")
    assert state(services) == ["paused"]
    assert "Keep it coming" in client.get(links["stay"]).text
    assert state(services) == ["paused"]
    assert "goes on" in client.post(links["stay"]).text
    assert state(services) == ["active"]
    assert store.find_subscription(subscription.id).asked_at is None


def test_links_cannot_be_forged_or_used_for_something_else(client, services, links):
    token = links["read"].rsplit("/", 1)[1]
    assert client.post(f"/digest/unsubscribe/{token}").status_code == 404
    assert client.post(links["unsubscribe"][:-3] + "abc").status_code == 404
    assert state(services) == ["active"]


def test_issues_are_read_on_the_web_and_as_a_feed(client, services, links):
    services.digest.send_due(OWNER, immediately=True)
    listing = client.get(links["read"])
    period = dt.datetime.now(dt.UTC).date().isoformat()
    assert f"{links['read']}/{period}" in listing.text
    issue = client.get(f"{links['read']}/{period}")
    assert "Diffusion policy" in issue.text
    assert "default-src 'none'" in issue.headers["content-security-policy"]
    feed = client.get(f"{links['read']}/feed")
    ElementTree.fromstring(feed.text)
    parsed = feedparser.parse(feed.text)
    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == ["Diffusion policy"]
    assert client.get(f"{links['read']}/2020-01-01").status_code == 404


def test_the_preview_shows_the_mail(client):
    answer = client.get("/digest/preview", params={"kind": "search", "value": "diffusion"})
    assert answer.status_code == 200
    assert "Diffusion policy" in answer.text
