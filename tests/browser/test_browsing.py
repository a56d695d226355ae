"""A reader's steps: search, filter, open a paper, go back; by keyboard; without JavaScript."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

QUERY = "language model"


def test_search_filter_open_and_back(page: Page) -> None:
    page.goto("/")
    page.locator("#q").fill(QUERY)
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/papers\?q=language\+model$"))
    headlines = page.locator(".hit h2 a")
    assert headlines.count() > 3

    page.locator(".facet a").first.click()
    expect(page.locator(".active")).to_contain_text("Filtered by")
    filtered = page.url
    title = headlines.first.inner_text()

    headlines.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()
    expect(page).to_have_url(filtered)
    expect(headlines.first).to_have_text(title)

    page.locator(".active a").first.click()
    expect(page.locator(".active")).to_have_count(0)


def test_a_date_range_narrows_the_results(page: Page) -> None:
    page.goto("/papers?q=network")
    page.get_by_label("From").fill("2015")
    page.get_by_label("Before").fill("2017")
    page.get_by_role("button", name="Set dates").click()
    expect(page.locator(".active")).to_contain_text("From 2015")
    years = page.locator(".hit time").all_inner_texts()
    assert years
    assert all(year.endswith(("2015", "2016")) for year in years)


def test_previous_and_next_page(page: Page) -> None:
    page.goto("/papers?q=model")
    first = page.locator(".hit h2").first.inner_text()
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator(".hit h2").first).not_to_have_text(first)
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.locator(".hit h2").first).to_have_text(first)


def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.goto("/")
    for _ in range(3):  # past the skip link and the nameplate
        page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(QUERY)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=language\+model"))

    first = page.locator(".hit h2 a").first
    for _ in range(30):
        page.keyboard.press("Tab")
        if first.evaluate("link => link === document.activeElement"):
            break
    expect(first).to_be_focused()
    title = first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_every_focus_is_visible_and_in_reading_order(page: Page) -> None:
    page.goto("/papers?q=network")
    places = []
    for _ in range(25):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const box = document.activeElement.getBoundingClientRect();
                const style = getComputedStyle(document.activeElement);
                return [style.outlineStyle, parseFloat(style.outlineWidth), box.top + scrollY];
            }"""
        )
        assert focus[0] == "solid"
        assert focus[1] >= 2
        places.append(focus[2])
    # Within a line the tops differ by a few pixels; down the page they only grow.
    assert all(later > earlier - 30 for earlier, later in pairwise(places[1:]))


def test_shortcut_keys(page: Page) -> None:
    page.goto("/papers?q=network")
    stops = page.locator("[data-stop]")
    page.keyboard.press("j")
    expect(stops.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(stops.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(stops.nth(0)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("jk?/")
    expect(page.locator("#q")).to_have_value("jk?/")


def test_a_screening_by_two_keys(page: Page) -> None:
    page.goto("/screen?q=network")
    page.get_by_role("button", name="Start").click()
    tally = page.locator(".tally")
    expect(tally).to_contain_text("0 of")
    for key, text in (("y", "1 relevant"), ("n", "1 relevant"), ("u", "1 of"), ("u", "0 of")):
        page.keyboard.press(key)
        expect(tally).to_contain_text(text)
    page.get_by_label("Reason or note").press_sequentially("yny")
    expect(tally).to_contain_text("0 of")


def test_shortcut_keys_can_be_switched_off_for_good(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/")
        page.locator("#q").fill(QUERY)
        page.locator("#q").press("Enter")
        expect(page).to_have_url(re.compile(r"q=language\+model"))
        page.locator(".hit summary").first.click()
        expect(page.locator(".hit details p").first).to_be_visible()
        page.locator(".facet a").first.click()
        page.locator(".hit h2 a").first.click()
        expect(page.locator("pre.cite")).to_contain_text("@")
        expect(page.get_by_role("button", name="Keyboard")).to_be_hidden()
