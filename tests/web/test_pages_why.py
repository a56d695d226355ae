"""The page that explains a paper's rank."""

from dataclasses import replace

import lxml.html
import pytest
from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.domain.explanation import AppliedBoost, Explanation, Standing
from broadsheet.domain.search import SearchRequest
from broadsheet.web.why import compose_reasons

ADDRESS = "/papers/why"


def why(client: TestClient, **parameters: str) -> lxml.html.HtmlElement:
    answer = client.get(ADDRESS, params=parameters)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.text)


def text_of(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_each_result_leads_to_its_reasons(client: TestClient) -> None:
    results = lxml.html.fromstring(client.get("/papers?q=deltas&mode=words").text)
    links = results.cssselect(".hit a[data-why]")
    assert len(links) == 20
    assert client.get(links[3].get("href")).status_code == 200
    assert "mode=words" in links[3].get("href")
    assert "Why? Reasons for “Diffusion models" in text_of(links[3])


def test_without_words_there_is_nothing_to_explain(client: TestClient) -> None:
    results = lxml.html.fromstring(client.get("/papers?q=cat:cs.LG").text)
    assert results.cssselect(".hit")
    assert not results.cssselect("a[data-why]")


def test_words_and_sentences_have_bars_and_figures(client: TestClient) -> None:
    page = why(client, q="river estuary", id="arxiv:2606.00003")
    words = page.cssselect(".shares li")
    assert [text_of(word.cssselect(".what")[0]) for word in words] == ["river", "estuary"]
    assert "50 %" in text_of(words[0])
    assert "in title, abstract" in text_of(words[0])
    assert "not in the paper; counts by meaning" in text_of(words[1])
    assert words[0].cssselect("svg .fill")[0].get("width") == "50.0"
    sentences = page.cssselect(".sentences li")
    assert len(sentences) == 4
    assert "of-title" in sentences[0].get("class")
    assert "against" in sentences[-1].get("class")
    assert "−25 %" in text_of(sentences[-1])
    assert ["nearest in meaning" in text_of(s) for s in sentences] == [False, True, True, False]
    assert sentences[0].cssselect("mark")


def test_the_page_says_where_the_paper_stands(client: TestClient) -> None:
    content = text_of(why(client, q="deltas", id="2606.00003").cssselect(".reasons")[0])
    assert content == (
        "It is the 3rd result for this search. Of 20 papers weighed it comes first by its words "
        "and 12th by its meaning: mostly its words carried it. A second look, at how near it is "
        "to the best papers found and how close together it has your words, puts it 2nd."
    )


def test_filters_are_named(client: TestClient) -> None:
    page = why(client, q="deltas cat:cs.LG after:2030", id="2606.00003")
    assert "passes cat:cs.LG" in text_of(page)
    assert "does not pass after:2030" in text_of(page)
    reasons = text_of(page.cssselect(".reasons")[0])
    assert reasons == "It is not among the results: it does not pass every filter."


def test_there_is_no_style_or_script_inside_the_page(client: TestClient) -> None:
    page = why(client, q="deltas", id="2606.00003")
    assert not page.xpath("//*[@style] | //style | //script[not(@src)]")


def test_where_nothing_was_compared_there_are_no_bars(
    client: TestClient, library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    explain = library.explain

    def explained(request: SearchRequest, name: str) -> Explanation:
        told = explain(request, name)
        words = tuple(replace(word, share=0.0) for word in told.words)
        sentences = tuple(replace(part, share=0.0) for part in told.sentences)
        return replace(told, words=words, sentences=sentences)

    monkeypatch.setattr(library, "explain", explained)
    page = why(client, q="deltas", id="2606.00003")
    assert "in title, abstract" in text_of(page.cssselect(".shares")[0])
    assert not page.cssselect("svg, .sentences, .how")


def test_what_cannot_be_explained_is_refused(client: TestClient) -> None:
    assert client.get(ADDRESS, params={"q": "deltas", "id": "2699.99999"}).status_code == 404
    assert client.get(ADDRESS, params={"q": "deltas"}).status_code == 404
    assert client.get(ADDRESS, params={"q": "x" * 1001, "id": "2606.00003"}).status_code == 400
    assert client.get(f"{ADDRESS}?q=deltas&id=2606.00003&mode=psychic").status_code == 400
    without = client.get(ADDRESS, params={"id": "2606.00003"})
    assert (without.status_code, without.headers["location"]) == (303, "/papers/2606.00003")


def test_a_paper_that_the_query_names_is_told_so(library: FakeLibrary) -> None:
    told = Explanation("2606.00001", "hybrid", library.papers[0], 1, 0.0, named=True)
    assert compose_reasons(told)[1].startswith("Your query names it by its identifier")


def test_every_boost_is_told(library: FakeLibrary) -> None:
    boosts = (
        AppliedBoost("title", 1.5, "It has that title."),
        AppliedBoost("freshness", 0.1, "It is new."),
    )
    told = Explanation("q", "hybrid", library.papers[0], 1, 0.0, boosts=boosts)
    assert compose_reasons(told)[1:] == ["It has that title.", "It is new."]


@pytest.mark.parametrize(
    ("words", "meaning", "content"),
    [
        (Standing(2, 9), None, "Of 9 papers weighed it comes 2nd by its words."),
        (None, Standing(1, 9), "Of 9 papers weighed it comes first by its meaning."),
        (Standing(1, 1), Standing(1, 1), "No other paper was weighed, so there is nothing"),
    ],
)
def test_one_side_is_told_alone(
    library: FakeLibrary, words: Standing | None, meaning: Standing | None, content: str
) -> None:
    told = Explanation(
        "q", "words", library.papers[0], None, 0.0, by_words=words, by_meaning=meaning
    )
    assert compose_reasons(told)[1].startswith(content)
    assert "too many papers" in compose_reasons(told)[0]
