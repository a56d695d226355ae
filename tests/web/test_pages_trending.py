"""Trending papers with their evidence, and the editions."""

import datetime as dt

import lxml.html
import pytest
from fake_library import FakeLibrary
from fake_papers import make_paper

from broadsheet.domain.daily import FRONT_PAGE, Edition
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.signals import SignalGrowth
from broadsheet.web.app import create_app
from browsing import open_browser

TODAY = PartialDate(2026, 6, 5)


def browse(library: FakeLibrary, path: str) -> lxml.html.HtmlElement:
    client = open_browser(create_app(library.services), raise_server_exceptions=False)
    answer = client.get(path)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.text)


def titles(tree: lxml.html.HtmlElement) -> list[str]:
    return [each.text_content().strip() for each in tree.cssselect("[data-stop]")]


@pytest.fixture
def library() -> FakeLibrary:
    """Today's papers, most with 3 votes, and one of 2017 whose stars grew."""
    usual = [
        make_paper(n, listed=TODAY, title=f"Usual {n}", signals={"upvotes": 3})
        for n in range(1, 30)
    ]
    voted = make_paper(50, listed=TODAY, title="Voted for", signals={"upvotes": 40})
    starred = make_paper(60, listed=PartialDate(2017, 6, 12), title="Starred", signals={})
    library = FakeLibrary([*usual, voted, starred])
    day = dt.date(2026, 6, 3)
    library.growths = [SignalGrowth(60, "github", "github_stars", 380, day, dt.date(2026, 6, 5))]
    return library


def test_each_paper_says_what_speaks_for_it(library: FakeLibrary) -> None:
    tree = browse(library, "/papers/trending")
    assert titles(tree)[0] == "Voted for"
    first = tree.cssselect(".evidence")[0].text_content()
    assert first == "40 votes where 3 were expected."


def test_an_old_paper_trends_again_if_its_stars_grow(library: FakeLibrary) -> None:
    tree = browse(library, "/papers/trending?window=week")
    assert "Starred" in titles(tree)
    text = " ".join(tree.text_content().split())
    assert "+380 stars in 3 days" in text


def test_trends_go_by_field_and_by_edition(library: FakeLibrary) -> None:
    library.papers.append(make_paper(70, listed=TODAY, title="On proofs", categories=("math.LO",)))
    library.editions.append(Edition("stars", "Stars", query="starred"))
    assert titles(browse(library, "/papers/trending?field=Mathematics")) == ["On proofs"]
    assert titles(browse(library, "/e/stars/trending?window=week")) == ["Starred"]


def test_without_any_signal_the_page_says_which_sources_report_some() -> None:
    library = FakeLibrary([make_paper(1, listed=TODAY, signals={})])
    text = browse(library, "/papers/trending").text_content()
    assert "No votes, stars or citations were reported" in text


def test_long_after_the_last_paper_the_trends_are_those_of_its_time(library: FakeLibrary) -> None:
    library.now = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    tree = browse(library, "/papers/trending")
    assert titles(tree)[0] == "Voted for"
    assert "up to Friday, 5 June 2026" in " ".join(tree.text_content().split())


def test_the_formula_is_on_the_page_and_explained(library: FakeLibrary) -> None:
    tree = browse(library, "/papers/trending")
    assert "time / 22 h" in tree.text_content()
    assert "Why here?" in browse(library, "/about/ranking").text_content()


def test_an_unknown_window_is_refused_in_plain_words(library: FakeLibrary) -> None:
    client = open_browser(create_app(library.services))
    answer = client.get("/papers/trending?window=decade")
    assert answer.status_code == 400
    assert "day, week, month" in answer.text


def test_editions_are_shown_with_their_rule_and_the_headlines_of_the_latest_day() -> None:
    library = FakeLibrary(
        [
            make_paper(1, listed=TODAY, title="Deltas of agents", categories=("cs.AI",)),
            make_paper(2, listed=TODAY, title="Deltas of rivers", categories=("cs.CL",)),
        ]
    )
    library.editions = [
        FRONT_PAGE,
        Edition(
            "language", "Language daily", categories=("cs.CL", "cs.SD"), authors=("Ada Lovelace",)
        ),
        Edition("empty", "Empty", categories=("math",)),
    ]
    tree = browse(library, "/editions")
    text = " ".join(tree.text_content().split())
    assert "Everything that is followed." in text
    assert "Papers in Computation and Language or Sound, by Ada Lovelace." in text
    assert "No paper of that day is in this edition." in text
    assert titles(tree).count("Deltas of rivers") == 2
    assert titles(browse(library, "/e/language")) == ["Deltas of rivers"]


def test_an_edition_is_previewed_and_then_saved() -> None:
    library = FakeLibrary(
        [
            make_paper(1, listed=TODAY, title="Deltas of agents", categories=("cs.AI",)),
            make_paper(2, listed=TODAY, title="Deltas of rivers", categories=("cs.CL",)),
        ]
    )
    client = open_browser(create_app(library.services), follow_redirects=False)
    form = {"title": "My Rivers!", "query": "rivers", "categories": "cs.CL, math", "do": "preview"}
    text = " ".join(
        lxml.html.fromstring(client.post("/editions", data=form).text).text_content().split()
    )
    assert "My Rivers!, Friday, 5 June 2026: 1 paper Deltas of rivers" in text
    assert library.changes == []
    answer = client.post("/editions", data=form | {"do": "save"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/e/my-rivers")
    ((_, edition),) = library.changes
    assert edition == Edition("my-rivers", "My Rivers!", "rivers", categories=("cs.CL", "math"))
    assert client.post("/editions", data={"title": "!!"}).status_code == 400
