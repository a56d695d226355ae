"""Robots keep off the archives of dates, and a client that walks them is slowed down."""

import re

import pytest
from group import open_group
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from broadsheet.web.budget import MOST_CLIENTS, ArchiveBudgetMiddleware

ARCHIVES = (
    "/papers/date/2026-06-02",
    "/papers/week/2026-W23",
    "/papers/month/2026-06",
    "/papers/year/2026",
    "/e/front/date/2026-06-02",
    "/calendar",
)
OTHERS = ("/", "/papers/1706.03762", "/papers/trending", "/editions", "/e/featured")


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    with open_group(tmp_path_factory.mktemp("crawled"), "open", archive_pages=3) as opened:
        yield opened


def test_robots_are_kept_off_archives_and_may_read_papers(group):
    browser = group.browser()
    lines = browser.get("/robots.txt").text.splitlines()
    closed = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]
    # RFC 9309, 2.2.3: a rule fits the beginning of a path, and "*" any part of it.
    rules = [re.compile(".*".join(map(re.escape, rule.split("*")))) for rule in closed]
    refused = [path for path in (*ARCHIVES, *OTHERS) if any(rule.match(path) for rule in rules)]
    assert refused == [*ARCHIVES]


def test_a_client_spends_its_budget_on_archives_alone(group):
    browser = group.browser()
    answers = [browser.get(path) for path in (*ARCHIVES, *ARCHIVES)]
    assert {answer.status_code for answer in answers[:3]} == {200}
    refused = answers[-1]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert "faster than this service" in refused.text
    assert [browser.get(path).status_code for path in OTHERS] == [200] * len(OTHERS)
    member = group.browser("member")
    assert {member.get(path).status_code for path in (*ARCHIVES, *ARCHIVES)} == {200}


async def _page(scope, receive, send):
    await PlainTextResponse("a day")(scope, receive, send)


def _refuse(request: Request, status: int, words: str, headers=None) -> PlainTextResponse:
    return PlainTextResponse(words, status)


def test_the_budget_fills_again_and_is_of_each_client():
    now = [0.0]
    app = ArchiveBudgetMiddleware(_page, 6, _refuse, clock=lambda: now[0])

    def read(host: str) -> int:
        return TestClient(app, client=(host, 1)).get("/papers/date/2026-06-02").status_code

    assert [read("192.0.2.1") for _ in range(7)] == [200] * 6 + [429]
    assert read("192.0.2.2") == 200
    now[0] = 9.9
    assert read("192.0.2.1") == 429
    now[0] = 10.0
    assert [read("192.0.2.1") for _ in range(2)] == [200, 429]
    # One subscriber has a whole /64 of IPv6.
    assert [read(f"2001:db8::{n}") for n in range(7)] == [200] * 6 + [429]
    assert read("2001:db8:0:1::1") == 200


def test_many_clients_take_bounded_memory_and_no_budget_is_no_limit():
    app = ArchiveBudgetMiddleware(_page, 6, _refuse)
    for number in range(MOST_CLIENTS + 50):
        client = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1)
        app._spend(Request({"type": "http", "client": client, "headers": []}))
    assert len(app._clients) == MOST_CLIENTS
    unlimited = TestClient(ArchiveBudgetMiddleware(_page, 0, _refuse))
    assert {unlimited.get("/calendar").status_code for _ in range(20)} == {200}
