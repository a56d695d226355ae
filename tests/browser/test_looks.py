"""Every page must be accessible, narrow enough for a phone, calm, printable."""

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = {
    "front": "/",
    "results": "/papers?q=language+model",
    "filtered": "/papers?q=network+after:2010",
    "nothing": "/papers?q=zyzzyva&mode=words",
    "help": "/papers?q=",
    "paper": "/papers/1706.03762",
    "why": "/papers/why?q=attention+translation+cat:cs.CL&id=1706.03762",
    "like": "/papers/like?text=attention+is+all+that+a+translator+needs",
    "status": "/status",
    "sources": "/settings/sources",
    "missing": "/papers/9999.99999",
    "week": "/papers/week/2017-W24",
    "year": "/papers/year/2017",
    "compact": "/papers/year/2017?view=compact",
    "headlines": "/papers/year/2017?view=headlines",
    "field": "/papers/year/2017?field=Language&order=newest",
    "quiet day": "/papers/date/2017-06-11",
    "calendar": "/calendar?year=2017",
    "trending": "/papers/trending",
    "editions": "/editions",
    "start": "/start",
    "ranking": "/about/ranking",
    "for you": "/for-you/start",
    "profile": "/for-you/profile",
    "screenings": "/screen",
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "light"), (1440, "dark")])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_no_violation(
    browser: Browser, address: str, axe: str, path: str, width: int, scheme: str
) -> None:
    with browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        bypass_csp=True,
    ) as context:
        page = context.new_page()
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        page.evaluate(axe)
        report = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert report["passes"]
    violations = [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
    assert violations == []


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_nothing_sticks_out_sideways(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1440])
def test_text_lines_are_no_longer_than_the_measure(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    page.goto("/papers/1706.03762")
    paragraph = page.locator(".text").first
    assert paragraph.evaluate("p => p.getBoundingClientRect().width / 16") < 50


def test_dark_mode_follows_the_system(browser: Browser, address: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        with browser.new_context(base_url=address, color_scheme=scheme) as context:
            page = context.new_page()
            page.goto("/")
            grounds.append(
                page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            )
    assert grounds == ["rgb(251, 249, 243)", "rgb(22, 21, 19)"]


def test_nothing_moves_for_those_who_asked_for_calm(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto("/")
        moving = page.evaluate(
            "[...document.querySelectorAll('*')].filter("
            "e => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"
        )
    assert moving == 0


def test_paper_prints_without_the_furniture(page: Page) -> None:
    page.goto("/papers?q=network")
    page.emulate_media(media="print")
    for furniture in ("form.search", ".filters", ".colophon", ".modes"):
        assert page.locator(furniture).is_hidden()
    assert page.locator(".hit h2").first.is_visible()


@pytest.mark.parametrize(("view", "least"), [("headlines", 12), ("compact", 6)])
def test_a_dense_view_shows_many_stories_without_scrolling(
    page: Page, view: str, least: int
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/papers/year/2017?view={view}")
    bottoms = page.eval_on_selector_all(
        "[data-stop]", "stops => stops.map(stop => stop.getBoundingClientRect().bottom)"
    )
    assert sum(bottom <= 900 for bottom in bottoms) >= least


def test_the_lead_takes_no_more_than_half_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/papers/year/2017?view=newspaper")
    assert page.locator(".lead").evaluate("lead => lead.getBoundingClientRect().height") <= 450


def test_the_top_navigation_is_reached_on_a_phone_without_scrolling(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto("/papers/year/2017")
    for link in page.locator(".top a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640
        assert box["x"] + box["width"] <= 360


def test_brackets_lead_to_the_issues_before_and_after(page: Page) -> None:
    page.goto("/papers/year/2017")
    page.keyboard.press("]")
    page.wait_for_url("**/papers/year/2018")
    page.keyboard.press("[")
    page.wait_for_url("**/papers/year/2017")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/papers/1*")
