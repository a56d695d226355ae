"""Home, the issues of days, weeks, months and years, and the calendar."""

import datetime as dt

import lxml.html
import pytest
from fake_library import FakeLibrary
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Author
from broadsheet.domain.sync import LEFT_OUT, SourceRun, SourceStatus
from broadsheet.web.app import create_app
from browsing import open_browser

DAY = "/papers/date/2026-06-02"


def tree_of(html: str) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(html)


def headlines(html: str) -> list[str]:
    return [each.text_content().strip() for each in tree_of(html).cssselect("[data-stop]")]


def browser_of(library: FakeLibrary) -> TestClient:
    return open_browser(
        create_app(library.services), follow_redirects=False, raise_server_exceptions=False
    )


def words_of(html: str) -> str:
    return " ".join(tree_of(html).text_content().split())


def test_home_is_the_latest_day_with_papers_and_says_how_old_it_is(client: TestClient) -> None:
    for path in ("/", "/papers"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Thursday, 4 June 2026" in answer.text
        assert "yesterday’s issue is the latest" in answer.text


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/papers/date/today", "/papers/date/2026-06-05"),
        ("/papers/week/this", "/papers/week/2026-W23"),
        ("/papers/month/this", "/papers/month/2026-06"),
        ("/e/featured/date/today", "/e/featured/date/2026-06-05"),
    ],
)
def test_today_and_this_lead_to_their_dates(client: TestClient, path: str, target: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, target)


def test_the_first_page_has_a_lead_a_front_and_the_best_of_each_field(client: TestClient) -> None:
    tree = tree_of(client.get(DAY).text)
    assert len(tree.cssselect(".story.lead")) == 1
    assert len(tree.cssselect(".edition .story")) == 10
    (field,) = tree.cssselect(".field-title")
    assert field.text_content().split() == ["Physics", "45", "papers"]
    stories = headlines(client.get(DAY).text)
    assert len(stories) == len(set(stories)) == 40


def test_every_paper_of_a_large_issue_is_on_exactly_one_page_of_the_whole() -> None:
    client = make_client(*(make_paper(number) for number in range(1, 251)))
    stories: list[str] = []
    for number in (1, 2, 3):
        answer = client.get(DAY, params={"order": "front", "page": number})
        assert "250 papers" in words_of(answer.text)
        stories += headlines(answer.text)
    assert len(stories) == len(set(stories)) == 250


def test_a_reader_narrows_an_issue_to_a_field_to_code_and_to_a_source() -> None:
    client = make_client(
        make_paper(1, categories=("cs.CV",), title="Seeing rivers"),
        make_paper(2, categories=("cs.CL", "cs.CV"), title="Speaking of rivers", code_url=""),
        make_paper(3, categories=("biophysics",), title="Living rivers", sources=("biorxiv",)),
        make_paper(4, categories=(), title="Rivers"),
    )
    html = client.get(DAY).text
    fields = [a.text_content().split()[0] for a in tree_of(html).cssselect(".fields a")]
    assert fields == ["All", "Language", "Vision", "Biophysics", "Other"]
    for parameters, titles in (
        ({"field": "Vision"}, ["Seeing rivers"]),
        ({"field": "Biophysics"}, ["Living rivers"]),
        ({"code": "1", "field": "Language"}, []),
        ({"source": "biorxiv"}, ["Living rivers"]),
    ):
        assert headlines(client.get(DAY, params=parameters).text) == titles


def test_a_reader_chooses_the_order() -> None:
    client = make_client(
        make_paper(1, title="Old", signals={"upvotes": 90}),
        make_paper(2, title="New", signals={"upvotes": 2}, code_url=""),
    )
    assert headlines(client.get(DAY, params={"order": "votes"}).text) == ["Old", "New"]
    assert headlines(client.get(DAY, params={"order": "newest"}).text) == ["New", "Old"]
    assert client.get(DAY, params={"order": "best"}).status_code == 400


def test_a_view_is_remembered_without_an_account(client: TestClient) -> None:
    answer = client.get(DAY, params={"view": "headlines"})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert tree_of(answer.text).cssselect("ol.headlines")
    later = client.get("/")
    assert tree_of(later.text).cssselect("ol.headlines")
    assert "set-cookie" not in later.headers
    assert tree_of(client.get(DAY, params={"view": "poster"}).text).cssselect("ol.headlines")


def test_a_story_says_who_what_and_how_it_was_received(client: TestClient) -> None:
    story = tree_of(client.get(DAY).text).cssselect(".story")[1]
    text = " ".join(story.text_content().split())
    for words in (
        "Geophysics",
        "Ada Lovelace and Émilie du Châtelet",
        "We model river deltas.",
        "1 June 2026",
        "41 votes",
        "142 citations",
        "Proceedings of the Deltas",
        "Code of",
    ):
        assert words in text


def test_a_story_says_why_it_stands_where_it_does(client: TestClient) -> None:
    (why,) = tree_of(client.get(DAY).text).cssselect(".lead .why-here")
    text = " ".join(why.text_content().split())
    assert "41 votes where 41 is usual for this issue" in text
    assert "code is available" in text


def test_many_authors_are_counted_not_listed() -> None:
    paper = make_paper(authors=tuple(Author(f"Person {n}") for n in range(500)))
    assert "Person 0, Person 1, Person 2 and 497 others" in make_client(paper).get("/").text


def test_other_issues_are_linked_and_reached_by_key(client: TestClient) -> None:
    links = tree_of(client.get(DAY).text).cssselect(".days a")
    assert [(a.get("href"), a.get("data-key")) for a in links] == [
        ("/papers/date/2026-05-30", "["),
        ("/papers/week/2026-W23", None),
        ("/papers/month/2026-06", None),
        ("/calendar?year=2026", None),
        ("/papers/date/2026-06-04", "]"),
    ]


@pytest.mark.parametrize(
    ("path", "title", "papers"),
    [
        ("/papers/week/2026-W23", "Week 23, 1 to 7 June 2026", 46),
        ("/papers/month/2026-05", "May 2026", 1),
        ("/papers/year/2026", "2026", 47),
    ],
)
def test_weeks_months_and_years_are_issues_too(
    client: TestClient, path: str, title: str, papers: int
) -> None:
    html = client.get(path).text
    assert tree_of(html).cssselect("h1")[0].text_content().strip() == title
    assert f"{papers} paper" in words_of(html)


def test_a_paper_known_to_its_month_is_in_the_month_and_in_none_of_its_days() -> None:
    client = make_client(make_paper(listed=PartialDate(2026, 8), title="Of some day in August"))
    assert headlines(client.get("/papers/month/2026-08").text) == ["Of some day in August"]
    for day in ("2026-08-01", "2026-08-31"):
        assert headlines(client.get(f"/papers/date/{day}").text) == []
    assert headlines(client.get("/papers/week/2026-W36").text) == []
    # Home has no day to show; the year it shows instead holds the paper.
    assert headlines(client.get("/").text) == ["Of some day in August"]


def test_a_day_without_papers_names_the_nearest_days_with_some(client: TestClient) -> None:
    answer = client.get("/papers/date/2026-05-31")
    assert answer.status_code == 200
    assert "No papers are listed under this day" in answer.text
    assert "Saturday, 30 May 2026" in answer.text
    assert "Tuesday, 2 June 2026" in answer.text


def arxiv(outcome: str, message: str = "") -> SourceStatus:
    started = dt.datetime(2026, 6, 5, 6, tzinfo=dt.UTC)
    run = SourceRun(1, "arxiv", started, started, outcome=outcome, message=message)  # type: ignore[arg-type]
    at = dt.datetime(2026, 6, 5, 18, 30, tzinfo=dt.UTC)
    return SourceStatus("arxiv", "arXiv (OAI-PMH)", True, "daily", run, at)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-05-31", "It is a weekend: arXiv announces nothing"),
        (
            "2026-01-20",
            "arXiv announced nothing in the evening before: Martin Luther King Jr. Day.",
        ),
        ("2026-06-05", "arXiv’s next announcement is due at 00:00 on Monday, 8 June (UTC)."),
        ("2026-06-05", "arXiv (OAI-PMH) runs next at 18:30 on Friday, 5 June (UTC)."),
        ("2026-06-05", "arXiv (OAI-PMH) has trouble: it answered 503."),
        ("2026-06-09", "This day is still to come."),
    ],
)
def test_an_empty_day_says_why(library: FakeLibrary, day: str, words: str) -> None:
    library.sources = [arxiv("unavailable", "it answered 503")]
    assert words in words_of(browser_of(library).get(f"/papers/date/{day}").text)


def test_a_day_says_what_was_missing_from_it(library: FakeLibrary) -> None:
    library.sources = [arxiv("done")]
    started = dt.datetime(2026, 6, 4, 6, tzinfo=dt.UTC)
    words = f"first run; fetched 2 papers {LEFT_OUT}"
    library.past_runs = {"arxiv": [SourceRun(1, "arxiv", started, outcome="done", message=words)]}
    text = words_of(browser_of(library).get("/papers/date/2026-06-04").text)
    assert f"arXiv (OAI-PMH): fetched 2 papers {LEFT_OUT}." in text
    assert LEFT_OUT not in words_of(browser_of(library).get(DAY).text)


@pytest.mark.parametrize(
    "path",
    [
        "/papers/date/2026-02-30",
        "/papers/date/yesterday",
        "/papers/date/2026-06",
        "/papers/date/2026-6-2",
        "/papers/week/2026-W54",
        "/papers/week/23",
        "/papers/month/2026-13",
        "/papers/year/MMXXVI",
        "/calendar?year=26",
    ],
)
def test_what_is_no_day_or_week_is_not_found_in_plain_words(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "is not a " in answer.text


@pytest.mark.parametrize("page", ["0", "-1", "x", "4", "1e9", "9" * 400, "²"])
def test_a_page_that_does_not_exist_is_not_found(client: TestClient, page: str) -> None:
    assert client.get(DAY, params={"page": page}).status_code == 404


def test_an_edition_that_does_not_exist_names_those_that_do(client: TestClient) -> None:
    answer = client.get("/e/sports")
    assert answer.status_code == 404
    assert "front, featured" in answer.text


def test_an_empty_library_says_how_to_fill_it() -> None:
    html = make_client().get("/").text
    assert "broadsheet import PATH" in html
    assert "make run PAPERS=" in html


def test_the_starter_library_is_named_as_such_and_is_no_news() -> None:
    papers = (make_paper(1, sources=("starter",)), make_paper(2, sources=("starter",)))
    html = make_client(*papers).get("/").text
    assert "The starter library" in html
    assert "2 landmark papers, none of them new" in html
    assert "Choose your fields" in html
    assert len(headlines(html)) == 2


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
    for view in ("newspaper", "compact", "headlines"):
        answer = make_client(paper).get(DAY, params={"view": view})
        assert answer.status_code == 200
        assert "Untitled" in answer.text


def test_a_story_is_dated_only_if_the_page_is_not() -> None:
    def dates(published: PartialDate) -> list[str]:
        html = make_client(make_paper(published=published)).get("/").text
        return [e.text_content() for e in tree_of(html).cssselect(".story time")]

    assert dates(PartialDate(2026, 6, 2)) == []
    assert dates(PartialDate(1950)) == ["1950"]


def test_the_calendar_draws_a_year_of_linked_days(client: TestClient) -> None:
    tree = tree_of(client.get("/calendar").text)
    squares = tree.cssselect(".heat a")
    assert [a.get("href") for a in squares] == [
        "/papers/date/2026-05-30",
        "/papers/date/2026-06-02",
        "/papers/date/2026-06-04",
    ]
    assert squares[1].get("aria-label") == "Tuesday, 2 June 2026: 45 papers"
    assert len(tree.cssselect(".heat rect")) == 365
    assert "47 papers on 3 days" in " ".join(tree.text_content().split())


def test_the_top_navigation_is_on_every_page(client: TestClient) -> None:
    for path in ("/", "/papers?q=river", "/papers/2606.00001", "/settings/sources", "/nowhere"):
        names = [a.text_content() for a in tree_of(client.get(path).text).cssselect(".top a")]
        assert names == [
            "Today",
            "Week",
            "Month",
            "Trending",
            "For you",
            "Search",
            "Editions",
            "Sources",
        ]
