"""The front page and the page of each day."""

import datetime as dt

import lxml.html
import pytest
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.dates import PartialDate


def headlines(html: str) -> list[str]:
    return [e.text_content().strip() for e in lxml.html.fromstring(html).cssselect(".story h2")]


def test_front_page_is_the_latest_day_with_papers(client: TestClient) -> None:
    for path in ("/", "/papers"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Thursday, 4 June 2026" in answer.text


def test_a_day_lists_its_papers_with_the_first_as_lead(client: TestClient) -> None:
    html = client.get("/papers/date/2026-06-02").text
    assert len(headlines(html)) == 20
    tree = lxml.html.fromstring(html)
    (lead,) = tree.cssselect(".story.lead h2")
    assert lead.text_content().strip().endswith("part 1")
    assert "45 papers, page 1 of 3" in tree.text_content()


def test_every_paper_of_a_long_day_is_on_exactly_one_page(client: TestClient) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        seen += headlines(client.get(f"/papers/date/2026-06-02?page={number}").text)
    assert len(seen) == len(set(seen)) == 45


def test_a_story_says_who_what_and_how_it_was_received(client: TestClient) -> None:
    story = lxml.html.fromstring(client.get("/papers/date/2026-06-02").text).cssselect(".story")[1]
    text = " ".join(story.text_content().split())
    for words in (
        "physics.geo-ph",
        "Ada Lovelace and Émilie du Châtelet",
        "We model river deltas.",
    ):
        assert words in text
    for words in (
        "1 June 2026",
        "41 votes",
        "142 citations",
        "Proceedings of the Deltas",
        "Code of",
    ):
        assert words in text


def test_many_authors_are_counted_not_listed() -> None:
    from broadsheet.domain.paper import Author

    paper = make_paper(authors=tuple(Author(f"Person {n}") for n in range(500)))
    assert "Person 0, Person 1, Person 2 and 497 others" in make_client(paper).get("/").text


def test_neighbouring_days_are_linked(client: TestClient) -> None:
    tree = lxml.html.fromstring(client.get("/papers/date/2026-06-02").text)
    assert [a.get("href") for a in tree.cssselect(".days a")] == [
        "/papers/date/2026-05-30",
        "/papers/date/2026-06-04",
    ]


def test_a_day_without_papers_names_the_nearest_days_with_some(client: TestClient) -> None:
    answer = client.get("/papers/date/2026-05-31")
    assert answer.status_code == 200
    assert "No papers are listed under this day" in answer.text
    assert "Saturday, 30 May 2026" in answer.text
    assert "Tuesday, 2 June 2026" in answer.text


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "2026-06", "2026-6-2", "0000-00-00"])
def test_what_is_no_day_is_not_found_in_plain_words(client: TestClient, day: str) -> None:
    answer = client.get(f"/papers/date/{day}")
    assert answer.status_code == 404
    assert f"“{day}” is not a day" in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "4", "1e9", "9" * 400, "²"])
def test_a_page_that_does_not_exist_is_not_found(client: TestClient, page: str) -> None:
    assert client.get("/papers/date/2026-06-02", params={"page": page}).status_code == 404


def test_an_empty_library_says_how_to_fill_it() -> None:
    html = make_client().get("/").text
    assert "broadsheet import PATH" in html
    assert "make run PAPERS=" in html


def test_a_paper_may_lack_nearly_everything() -> None:
    paper = make_paper(
        title="",
        abstract="",
        authors=(),
        published=None,
        updated=None,
        venue="",
        categories=(),
        code_url="",
        signals={},
    )
    answer = make_client(paper).get(f"/papers/date/{dt.date(2026, 6, 2)}")
    assert answer.status_code == 200
    assert "Untitled" in answer.text


def test_a_story_is_dated_only_where_the_page_is_not() -> None:
    def dates(published: PartialDate) -> list[str]:
        html = make_client(make_paper(published=published)).get("/").text
        return [e.text_content() for e in lxml.html.fromstring(html).cssselect(".story time")]

    assert dates(PartialDate(2026, 6, 2)) == []
    assert dates(PartialDate(1950)) == ["1950"]
