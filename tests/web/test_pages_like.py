"""Papers like a text that a reader pastes."""

import lxml.html
import pytest
from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.domain.errors import InvalidInputError
from broadsheet.web.like import MAX_BODY, MAX_TEXT

ADDRESS = "/papers/like"
TEXT = "We model how rivers build deltas, with <b>diffusion</b>.\n\nÜber alles."


def test_the_form_is_linked_from_results_and_help(client: TestClient) -> None:
    for address in ("/papers?q=deltas", "/papers?q=", "/"):
        assert f'href="{ADDRESS}"' in client.get(address).text
    page = lxml.html.fromstring(client.get(ADDRESS).text)
    assert page.cssselect("form.like")[0].get("method") == "post"
    assert page.cssselect("label[for=text]")


def test_a_text_sent_is_answered_and_stays_in_the_form(
    client: TestClient, library: FakeLibrary
) -> None:
    answer = client.post(ADDRESS, data={"text": TEXT})
    assert answer.status_code == 200
    assert library.compared == [TEXT]
    page = lxml.html.fromstring(answer.text)
    assert page.cssselect("textarea")[0].text_content().strip() == TEXT
    assert len(page.cssselect(".hit")) == 40
    assert "<b>diffusion</b>" not in answer.text
    (first, *_) = page.cssselect(".hit button[data-why]")
    assert first.get("form") == "like"
    assert first.get("formaction").startswith("/papers/like/why?id=arxiv%3A")


def test_why_a_paper_is_like_the_text(client: TestClient, library: FakeLibrary) -> None:
    address = f"{ADDRESS}/why"
    paper = library.papers[2]
    answer = client.post(address, params={"id": paper.id}, data={"text": TEXT})
    assert answer.status_code == 200
    assert library.compared == [TEXT]
    page = lxml.html.fromstring(answer.text)
    assert "It is the 3rd paper like your text." in page.cssselect(".reasons")[0].text_content()
    assert "rivers build deltas" in page.cssselect(".byline q")[0].text_content()
    assert "<b>diffusion</b>" not in answer.text
    assert client.post(address, data={"text": TEXT}).status_code == 404
    assert client.post(address, params={"id": "2699.99999"}, data={"text": TEXT}).status_code == 404
    assert client.post(address, params={"id": paper.id}, data={"text": " "}).status_code == 400
    again = client.get(address, params={"id": paper.id}, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, ADDRESS)


def test_a_text_can_be_linked_to(client: TestClient, library: FakeLibrary) -> None:
    assert client.get(ADDRESS, params={"text": TEXT}).status_code == 200
    assert library.compared == [TEXT]


@pytest.mark.parametrize("text", ["", "  \r\n ", "one two", "?? -- !!"])
def test_a_text_without_enough_words_is_refused(
    client: TestClient, library: FakeLibrary, text: str
) -> None:
    answer = client.post(ADDRESS, data={"text": text})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert library.compared == []


def test_a_text_too_long_is_refused_with_its_length(client: TestClient) -> None:
    long = "word " * (MAX_TEXT // 5 + 1)
    answer = client.post(ADDRESS, data={"text": long})
    assert answer.status_code == 413
    assert "at most 20,000" in answer.text
    huge = client.post(ADDRESS, content=b"text=" + b"w" * MAX_BODY)
    assert huge.status_code == 413
    assert "is too long" in huge.text
    longest = client.post(ADDRESS, data={"text": "本 " * (MAX_TEXT // 2)})
    assert longest.status_code == 200


def test_what_the_library_refuses_is_said(
    client: TestClient, library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(text: str, limit: int) -> None:
        raise InvalidInputError("the text holds no word to compare papers with")

    monkeypatch.setattr(library, "similar_to_text", refuse)
    answer = client.post(ADDRESS, data={"text": TEXT})
    assert answer.status_code == 400
    assert "holds no word" in answer.text


def test_an_empty_library_says_how_to_fill_it(client: TestClient, library: FakeLibrary) -> None:
    library.papers.clear()
    assert "broadsheet import PATH" in client.post(ADDRESS, data={"text": TEXT}).text


def test_a_broken_form_is_no_error(client: TestClient) -> None:
    for body in (b"text=%ff%fe%00", b"\xff\xfe", b"a&b&c", b"text"):
        assert client.post(ADDRESS, content=body).status_code == 400


def test_liked_papers_are_shown_by_their_title(client: TestClient) -> None:
    page = lxml.html.fromstring(client.get("/papers?q=like:arxiv:2606.00046").text)
    link = page.cssselect(".liking a")[0]
    assert link.text_content() == "An earlier estuary"
    assert link.get("href") == "/papers/2606.00046"
    assert client.get("/papers?q=like:2699.99999").status_code == 200
