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
    found = [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
    assert found == []


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
