"""Suggestions below the search field, by keyboard and by mouse; without JavaScript a plain field."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser

OFFERED = [
    {"kind": "word", "text": "network", "query": "network"},
    {"kind": "author", "text": "Yann LeCun", "query": 'author:"Yann LeCun"'},
    {"kind": "title", "text": "Long <b>short</b>-term memory", "query": "Long short-term memory"},
]


@pytest.fixture
def requests(page: Page) -> list[str]:
    """The front page, with suggestions chosen by the test, and its requests."""
    requests: list[str] = []

    def answer(route: Route) -> None:
        requests.append(route.request.url.rpartition("q=")[2])
        offered = [] if "zzz" in route.request.url else OFFERED
        route.fulfill(content_type="application/json", body=json.dumps(offered))

    page.route("**/papers/complete?*", answer)
    page.goto("/")
    page.locator("#q").click()
    return requests


def test_suggestions_by_keyboard(page: Page, requests: list[str]) -> None:
    field = page.get_by_role("combobox", name="Search the library")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("ne")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    expect(options.nth(2)).to_contain_text("Long <b>short</b>-term memory")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    option = options.nth(1)
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "?")
    expect(field).to_be_focused()
    expect(field).to_have_value("ne")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=author%3A%22Yann\+LeCun%22$"))


def test_escape_closes_and_enter_searches_what_was_typed(page: Page, requests: list[str]) -> None:
    field = page.locator("#q")
    page.keyboard.type("netw")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("netw")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/papers\?q=netw$"))


def test_suggestions_by_mouse(page: Page, requests: list[str]) -> None:
    page.keyboard.type("lo")
    page.get_by_role("option").nth(2).click()
    expect(page).to_have_url(re.compile(r"q=Long\+short-term\+memory$"))


def test_leaving_the_field_closes_the_list(page: Page, requests: list[str]) -> None:
    page.keyboard.type("ne")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#q-list")).to_be_hidden()
    expect(page.get_by_role("button", name="Search")).to_be_focused()


def test_typing_on_asks_once_and_empty_answers_show_nothing(
    page: Page, requests: list[str]
) -> None:
    page.keyboard.type("network", delay=10)
    expect(page.get_by_role("option")).to_have_count(3)
    assert requests == ["network"]
    page.keyboard.type("zzz")
    expect(page.locator("#q-list")).to_be_hidden()
    page.locator("#q").fill("n")
    expect(page.locator("#q-list")).to_be_hidden()
    assert requests == ["network", "networkzzz"]


def test_a_server_without_answers_leaves_a_plain_field(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address) as context:
        page = context.new_page()
        page.route("**/papers/complete?*", lambda route: route.abort())
        page.goto("/")
        with page.expect_request("**/papers/complete?*"):
            page.locator("#q").fill("network")
        page.keyboard.press("Enter")
        expect(page.locator(".hit").first).to_be_visible()


def test_axe_finds_no_violation_in_the_open_list(browser: Browser, address: str, axe: str) -> None:
    for scheme in ("light", "dark"):
        with browser.new_context(base_url=address, color_scheme=scheme, bypass_csp=True) as context:
            page = context.new_page()
            page.route(
                "**/papers/complete?*",
                lambda route: route.fulfill(
                    content_type="application/json", body=json.dumps(OFFERED)
                ),
            )
            page.goto("/")
            page.locator("#q").press_sequentially("ne")
            expect(page.get_by_role("option")).to_have_count(3)
            page.keyboard.press("ArrowDown")
            page.evaluate(axe)
            report = page.evaluate("() => axe.run()")
        assert [violation["id"] for violation in report["violations"]] == []


def test_the_library_s_own_titles_lead_to_their_papers(page: Page) -> None:
    page.goto("/")
    page.locator("#q").press_sequentially("attention is al", delay=5)
    page.get_by_role("option", name="Attention Is All You Need").click()
    expect(page).to_have_url(re.compile(r"/papers/1706\.03762$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Attention Is All You Need")
