"""Search pages: results, filters, refusals, and words when nothing is found."""

from urllib.parse import parse_qs, urlsplit

import lxml.html
import pytest
from fake_library import FakeLibrary
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import Hit, NamedPerson, OtherForm
from broadsheet.web.app import create_app
from browsing import open_browser


def tree_of(client: TestClient, **parameters: str) -> lxml.html.HtmlElement:
    answer = client.get("/papers", params=parameters)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.text)


def text_of(tree: lxml.html.HtmlElement) -> str:
    return " ".join(tree.text_content().split())


def query_of(link: lxml.html.HtmlElement) -> str:
    return parse_qs(urlsplit(link.get("href")).query)["q"][0]


def test_results_show_title_snippet_and_highlights(client: TestClient) -> None:
    tree = tree_of(client, q="deltas")
    assert len(tree.cssselect(".hit")) == 20
    assert {mark.text_content() for mark in tree.cssselect("h2 mark")} == {"deltas,"}
    assert tree.cssselect(".snippet mark")
    assert "1–20 of 47 papers" in text_of(tree)


def test_results_without_the_words_say_so(client: TestClient) -> None:
    tree = tree_of(client, q="estuary")
    assert "1–11 of 11 papers; 1 paper holds your words." in text_of(tree)
    assert len(tree.cssselect(".near")) == 10


def test_an_order_is_kept_wherever_the_page_leads() -> None:
    library = FakeLibrary([make_paper(n) for n in range(1, 60)])
    tree = tree_of(open_browser(create_app(library.services)), q="deltas", order="recent")
    assert library.asked[-1].order == "recent"
    assert [a.text for a in tree.cssselect(".orders a[aria-current]")] == ["Recent ahead"]
    for link in tree.cssselect(".modes a[href*=mode], .pages a, .facet a, .why-link"):
        assert parse_qs(urlsplit(link.get("href")).query)["order"] == ["recent"]
    assert len(tree.cssselect("input[name=order][value=recent]")) == 3
    best = next(a for a in tree.cssselect(".orders a") if a.text == "Best first")
    assert parse_qs(urlsplit(best.get("href")).query) == {"q": ["deltas"]}


def test_a_name_that_is_words_too_offers_both() -> None:
    library = FakeLibrary([make_paper()])
    library.answer_with = {"people": (NamedPerson("song han", "Song Han", 23, 1.0, leads=True),)}
    tree = tree_of(open_browser(create_app(library.services)), q="song han")
    (offer,) = tree.cssselect(".person")
    content = " ".join(offer.text_content().split())
    assert content == (
        "Read as a name: 23 papers by Song Han come first. Search for the words instead."
    )
    person, words = offer.cssselect("a")
    assert person.get("href") == "/authors/Song%20Han"
    parameters = parse_qs(urlsplit(words.get("href")).query)
    assert parameters == {"q": ["song han"], "literal": ["1"]}


def test_a_person_named_among_words_is_offered() -> None:
    library = FakeLibrary([make_paper()])
    library.answer_with = {"people": (NamedPerson("Song Han", "Song Han", 1, 1.0),)}
    tree = tree_of(open_browser(create_app(library.services)), q="deltas by Song Han")
    (offer,) = tree.cssselect(".person")
    assert " ".join(offer.text_content().split()) == "See the 1 paper by Song Han."
    assert offer.cssselect("a")[0].get("href") == "/authors/Song%20Han"


def test_acronyms_are_offered_in_their_other_form() -> None:
    library = FakeLibrary([make_paper()])
    form = OtherForm("SLR", "sea level rise", 12, 'deltas (SLR OR "sea level rise")')
    library.answer_with = {"other_forms": (form,)}
    tree = tree_of(open_browser(create_app(library.services)), q="deltas SLR", mode="words")
    assert library.asked[-1].other_forms
    (offer,) = tree.cssselect(".other-form")
    content = " ".join(offer.text_content().split())
    assert content == "“SLR” is also written “sea level rise” in 12 papers: search for either."
    asked = parse_qs(urlsplit(offer.cssselect("a")[0].get("href")).query)
    assert asked == {"q": ['deltas (SLR OR "sea level rise")'], "mode": ["words"]}


def test_by_date_there_is_no_why() -> None:
    client = make_client(make_paper())
    assert tree_of(client, q="deltas").cssselect(".why-link")
    assert not tree_of(client, q="deltas", order="date").cssselect(".why-link")


def test_an_unknown_order_is_refused(client: TestClient) -> None:
    answer = client.get("/papers", params={"q": "deltas", "order": "newest"})
    assert answer.status_code == 400
    assert "relevance, recent, date" in answer.text


def test_pages_of_results_keep_query_and_mode(client: TestClient) -> None:
    tree = tree_of(client, q="deltas", mode="words", page="2")
    assert tree.cssselect("ol.hits")[0].get("start") == "21"
    following = tree.cssselect(".pages a[rel=next]")[0].get("href")
    assert parse_qs(urlsplit(following).query) == {
        "q": ["deltas"],
        "mode": ["words"],
        "page": ["3"],
    }


def test_a_facet_adds_its_term_and_can_be_removed_again(client: TestClient) -> None:
    tree = tree_of(client, q="deltas")
    facet = tree.cssselect(".facet a")[0]
    assert query_of(facet) == "deltas cat:physics.geo-ph"
    filtered = lxml.html.fromstring(client.get(facet.get("href")).text)
    assert query_of(filtered.cssselect(".active a")[0]) == "deltas"
    assert query_of(filtered.cssselect(".facet a.on")[0]) == "deltas"


def test_dates_are_written_into_the_query(client: TestClient) -> None:
    answer = client.get("/papers?q=deltas+after:2020&mode=words&after=2026-05&before=2026")
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query == {"q": ["deltas after:2026-05 before:2026"], "mode": ["words"]}
    cleared = client.get("/papers?q=deltas+after:2020&after=&before=")
    assert parse_qs(urlsplit(cleared.headers["location"]).query) == {"q": ["deltas"]}


def test_the_date_fields_show_the_range_in_force(client: TestClient) -> None:
    tree = tree_of(client, q="deltas after:2026-05")
    assert tree.cssselect("#after")[0].get("value") == "2026-05"
    assert tree.cssselect("#before")[0].get("value") == ""


def test_a_date_that_does_not_exist_is_refused_in_plain_words(client: TestClient) -> None:
    answer = client.get("/papers?q=deltas&after=2026-02-30&before=")
    assert answer.status_code == 400
    assert "“2026-02-30” is not a date" in answer.text


def test_what_was_understood_noted_and_suggested_is_shown(
    client: TestClient, library: FakeLibrary
) -> None:
    library.answer_with = {
        "query": 'title:"delta"',
        "notes": ("A quote was left open.",),
        "suggestion": "deltas & rivers",
    }
    tree = tree_of(client, q='title:"delta')
    text = text_of(tree)
    assert 'Read as title:"delta"' in text
    assert "A quote was left open." in text
    assert query_of(tree.cssselect(".suggestion a")[0]) == "deltas & rivers"


def test_a_corrected_query_is_named_with_a_link_to_the_literal_search(
    client: TestClient, library: FakeLibrary
) -> None:
    library.answer_with = {"query": "detlas", "corrected": "deltas"}
    tree = tree_of(client, q="detlas")
    assert "Showing results for deltas. Search literally for detlas." in text_of(tree)
    (link,) = tree.cssselect(".suggestion a")
    assert link.get("href") == "/papers?q=detlas&literal=1"


def test_a_query_too_long_is_refused_with_its_length(client: TestClient) -> None:
    answer = client.get("/papers", params={"q": "x" * 1001})
    assert answer.status_code == 400
    assert "has 1,001 characters; at most 1,000" in answer.text
    assert client.get("/papers", params={"q": "x" * 1000}).status_code == 200


def test_a_mode_that_does_not_exist_is_refused_with_the_legal_ones(client: TestClient) -> None:
    answer = client.get("/papers?q=deltas&mode=psychic")
    assert answer.status_code == 400
    assert "hybrid, words, meaning" in answer.text


@pytest.mark.parametrize("page", ["0", "99", "abc", "-3"])
def test_a_page_of_results_that_does_not_exist_is_not_found(client: TestClient, page: str) -> None:
    assert client.get("/papers", params={"q": "deltas", "page": page}).status_code == 404


def test_near_duplicates_are_shown_with_their_paper(
    client: TestClient, library: FakeLibrary
) -> None:
    library.alike = {"arxiv:2606.00001": library.papers[44:46]}
    tree = tree_of(client, q="deltas")
    (fold,) = tree.cssselect(".alike")
    assert "and 2 more like it" in text_of(fold)
    assert [a.get("href") for a in fold.cssselect("a")] == [
        "/papers/2606.00045",
        "/papers/2606.00046",
    ]


def test_an_empty_query_explains_the_query_language(client: TestClient) -> None:
    assert "like:2401.00001" in client.get("/papers?q=").text


class TestNothingFound:
    def test_says_why_in_the_engine_s_words(self, client: TestClient, library: FakeLibrary) -> None:
        library.answer_with = {"notes": ("No paper in the library passes cat:math.AG.",)}
        tree = tree_of(client, q="deltas cat:math.AG", mode="words")
        assert "No paper found. No paper in the library passes cat:math.AG." in text_of(tree)

    def test_offers_what_to_try(self, client: TestClient) -> None:
        tree = tree_of(client, q='"deltas zyzzyva" venue:"The Mud"', mode="words")
        ways = [
            (query_of(a), "mode=words" in a.get("href"))
            for a in tree.cssselect(".notice a[href^='/papers?']")
        ]
        assert ways == [
            ('"deltas zyzzyva"', True),
            ('deltas zyzzyva venue:"The Mud"', True),
            ('"deltas zyzzyva" venue:"The Mud"', False),
        ]

    def test_says_how_to_fill_an_empty_library(self) -> None:
        assert "broadsheet import PATH" in make_client().get("/papers?q=deltas").text


def test_control_characters_in_a_query_do_no_harm(client: TestClient) -> None:
    answer = client.get("/papers", params={"q": "del\x00tas\x1b[31m\r\nSet-Cookie: a=b"})
    assert answer.status_code == 200
    assert "\x00" not in answer.text


def test_highlighted_text_is_escaped() -> None:
    paper = make_paper(title="deltas <script>alert(1)</script>", abstract="<b>deltas</b> grow")
    html = make_client(paper).get('/papers?q=deltas"><script>alert(2)</script>').text
    assert "<script>alert" not in html
    assert "<b>" not in html


def test_an_identifier_opens_its_paper_and_offers_the_search_for_its_words() -> None:
    paper = make_paper()
    library = FakeLibrary([paper])
    library.answer_with = {
        "identifier": Identifier("arxiv", "2606.00001"),
        "hits": (Hit(1, 1.0, paper),),
        "total": 1,
    }
    client = open_browser(create_app(library.services))
    answer = client.get("/papers", params={"q": "2606.00001"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/papers/2606.00001?q=2606.00001",
    )
    tree = lxml.html.fromstring(client.get(answer.headers["location"]).text)
    assert tree.cssselect('.note a[href="/papers?q=2606.00001&literal=1"]')
    library.answer_with = {}
    assert client.get("/papers?q=2606.00001&literal=1").status_code == 200
    assert library.asked[-1].literal


def test_a_missing_paper_can_be_read_at_its_source_and_added() -> None:
    library = FakeLibrary([make_paper()])
    library.answer_with = {
        "identifier": Identifier("doi", "10.1000/a(b)"),
        "hits": (),
        "total": 0,
    }
    tree = tree_of(open_browser(create_app(library.services)), q="10.1000/a(b)")
    assert tree.cssselect('a[href="https://doi.org/10.1000/a(b)"]')
    assert "'https://doi.org/10.1000/a(b)' | broadsheet import -" in text_of(tree)
