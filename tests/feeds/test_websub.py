"""A hub, a small HTTP server, is told when feeds change; feeds name it."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import SourceUnavailableError
from broadsheet.feeds import routes
from broadsheet.home import Home
from broadsheet.jobs.leases import Lease
from broadsheet.net.client import PoliteClient
from broadsheet.net.port import RequestLimits
from broadsheet.net.waiting import RetryPolicy
from broadsheet.services.local import LocalServices
from broadsheet.services.websub import PAUSE, HubNotifier
from broadsheet.sources.opening import open_polite_client
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser
from replicas.server import ReplicaServer, Reply

PUBLIC = "https://papers.example.org"
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def hub() -> Iterator[ReplicaServer]:
    with ReplicaServer(lambda request: Reply("", status=202)) as server:
        yield server


@pytest.fixture
def services(tmp_path: Path) -> Iterator[LocalServices]:
    with open_services(Home(tmp_path / "home").create()) as opened:
        yield opened


def _import(services: LocalServices, folder: Path, number: int) -> None:
    line = {"id": f"arxiv:2612.0000{number}", "title": "Rivers", "date": "2026-12-01"}
    file = folder / "paper.jsonl"
    file.write_text(json.dumps(line))
    services.library.import_paths(OWNER, [str(file)])


@pytest.fixture
def notifier(tmp_path: Path, services: LocalServices, hub: ReplicaServer) -> HubNotifier:
    def open_client() -> PoliteClient:
        limits, retry = RequestLimits(spacing=0), RetryPolicy(tries=1)
        return open_polite_client(tmp_path, "", ["127.0.0.1"], "websub", limits, "", retry)

    papers = services.library._store
    return HubNotifier(papers, services.daily, hub.address, PUBLIC, open_client, lambda: NOW)


def test_the_hub_is_told_of_every_feed_once_after_a_change(
    services: LocalServices, notifier: HubNotifier, hub: ReplicaServer, tmp_path: Path
) -> None:
    job = notifier.job()
    _import(services, tmp_path, 1)
    assert job.due(NOW)
    assert job.run(Lease("websub"))
    assert {request.params["hub.mode"] for request in hub.requests} == {"publish"}
    feeds = [request.params["hub.url"] for request in hub.requests]
    assert len(feeds) == len(set(feeds))
    assert f"{PUBLIC}/feeds/day.atom" in feeds
    browser = open_browser(create_app(services, interfaces=[routes.router]))
    for feed in feeds:
        assert browser.get(feed.removeprefix(PUBLIC)).status_code == 200
    assert not job.due(NOW + PAUSE)
    _import(services, tmp_path, 2)
    assert not job.due(NOW + PAUSE / 2)
    assert job.due(NOW + PAUSE)


def test_a_hub_that_fails_is_told_again(
    services: LocalServices, notifier: HubNotifier, hub: ReplicaServer, tmp_path: Path
) -> None:
    _import(services, tmp_path, 1)
    hub.interject(Reply("busy", status=503))
    with pytest.raises(SourceUnavailableError):
        notifier.job().run(Lease("websub"))
    assert notifier.job().due(NOW)


def test_public_feeds_name_the_hub_and_themselves(services: LocalServices, tmp_path: Path) -> None:
    _import(services, tmp_path, 1)
    hub = "https://hub.example.org/"
    app = create_app(services, interfaces=[routes.router], websub_hub=hub)
    browser = open_browser(app)
    for path in ("/feeds/day.atom", "/feeds/editions/front.rss", "/feeds/trending/week.atom"):
        answer = browser.get(path)
        links = {link.rel: link.href for link in feedparser.parse(answer.content).feed.links}
        assert links["hub"] == hub
        assert answer.links["hub"]["url"] == hub
        assert answer.links["self"]["url"] == links["self"]
    assert browser.get("/feeds/day.json").json()["hubs"] == [{"type": "WebSub", "url": hub}]
    assert "hub" not in browser.get("/feeds/search.atom?q=rivers").links


@pytest.mark.parametrize(
    ("settings", "announced"),
    [({}, True), ({"public_url": ""}, False), ({"mode": "private"}, False)],
)
def test_a_hub_is_announced_only_if_it_can_read_the_feeds(
    settings: dict[str, str], announced: bool
) -> None:
    values = {"websub_hub": "https://hub.example.org", "public_url": PUBLIC, **settings}
    assert bool(Settings.model_validate(values).announced_hub) == announced


def test_no_hub_no_messages(services: LocalServices, notifier: HubNotifier) -> None:
    silent = HubNotifier(services.library._store, services.daily, "", PUBLIC, notifier._open_client)
    assert not silent.job().due(NOW)
