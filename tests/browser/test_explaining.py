"""“Why?” below a result with JavaScript, on its own page without; papers like a pasted text."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

RESULTS = "/papers?q=language+model"


def test_why_opens_below_its_result_by_keyboard(page: Page) -> None:
    page.goto(RESULTS)
    why = page.get_by_role("button", name=re.compile("Why")).first
    expect(why).to_have_attribute("aria-expanded", "false")
    why.focus()
    page.keyboard.press("Enter")
    panel = page.locator(".hit").first.locator(".why-panel")
    expect(panel.locator(".shares li")).to_have_count(2)
    expect(panel).to_contain_text("papers weighed")
    expect(why).to_have_attribute("aria-expanded", "true")
    expect(page).to_have_url(re.compile(r"q=language\+model$"))
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    page.keyboard.press("Enter")
    expect(panel.locator(".shares")).to_have_count(1)


def test_why_is_a_page_without_javascript(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(RESULTS)
        title = page.locator(".hit h2").first.inner_text()
        page.get_by_role("link", name=re.compile("Why")).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator(".shares li")).to_have_count(2)
        page.get_by_role("link", name="language model", exact=True).click()
        expect(page.locator(".hit h2").first).to_have_text(title)


def test_a_failing_server_leads_to_the_page(page: Page) -> None:
    page.goto(RESULTS)
    page.route("**/papers/why?*", lambda route: (
        route.fulfill(status=200, body="<p>nothing</p>", content_type="text/html")
        if route.request.resource_type == "fetch" else route.continue_()
    ))  # fmt: skip
    page.get_by_role("button", name=re.compile("Why")).first.click()
    expect(page).to_have_url(re.compile("/papers/why"))
    expect(page.locator(".shares")).to_be_visible()


TEXT = "A translator that attends to every word of a sentence at once."


def test_why_a_paper_is_like_a_text_opens_below_it(page: Page) -> None:
    page.goto("/papers/like")
    page.get_by_label("An abstract").fill(TEXT)
    page.get_by_role("button", name="Find papers").click()
    page.get_by_label("An abstract").fill("typed since, and not asked about")
    why = page.get_by_role("button", name=re.compile("Why")).first
    why.click()
    panel = page.locator(".hit").first.locator(".why-panel")
    expect(panel).to_contain_text("It is the first paper like your text.")
    expect(panel.locator(".shares")).to_contain_text("translator")
    expect(why).to_have_attribute("aria-expanded", "true")
    why.click()
    expect(panel).to_be_hidden()


def test_why_a_paper_is_like_a_text_without_javascript(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/papers/like")
        page.get_by_label("An abstract").fill(TEXT)
        page.get_by_role("button", name="Find papers").click()
        title = page.locator(".hit h2").first.inner_text()
        page.get_by_role("button", name=re.compile("Why")).first.click()
        expect(page).to_have_url(re.compile(r"/papers/like/why\?id="))
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator(".byline q")).to_have_text(TEXT)


def test_bars_are_as_long_as_their_shares(page: Page) -> None:
    page.goto(RESULTS)
    name = page.locator(".hit h2 a").first.get_attribute("href") or ""
    page.goto(f"/papers/why?q=language+model&id={name.removeprefix('/papers/')}")
    for row in page.locator(".shares li").all():
        percent = int(re.sub(r"\D", "", row.locator(".n").inner_text()))
        ground = row.locator(".ground").bounding_box()
        fill = row.locator(".fill").bounding_box()
        assert ground
        assert fill
        assert abs(fill["width"] / ground["width"] - percent / 100) < 0.03


def test_a_pasted_text_finds_papers(page: Page) -> None:
    page.goto("/papers?q=")
    page.get_by_role("link", name="search by a whole abstract").click()
    page.get_by_label("An abstract").fill(
        "We propose an architecture for translation that relies on attention alone."
    )
    page.get_by_role("button", name="Find papers like it").click()
    expect(page.locator(".hit h2").first).to_contain_text("Attention")
    expect(page.get_by_label("An abstract")).to_have_value(re.compile("relies on attention"))
