"""Suggestions while typing, for our search field and for the browser's."""

from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.domain.search import Completion


def offer(library: FakeLibrary) -> None:
    library.completions = [
        Completion("deltas", "word", 9, "river deltas"),
        Completion("Delta Burke", "author", 3, 'author:"Delta Burke"'),
        *(Completion(f"Delta number {n}", "title", 1, f"id:arxiv:2606.{n:05}") for n in range(20)),
    ]


def test_completions_are_json_and_at_most_eight(client: TestClient, library: FakeLibrary) -> None:
    offer(library)
    answer = client.get("/papers/complete", params={"q": "delta"})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()) == 8
    assert answer.json()[0] == {"kind": "word", "text": "deltas", "query": "river deltas"}
    assert answer.json()[2]["href"] == "/papers/2606.00000"


def test_browsers_get_theirs_in_their_own_form(client: TestClient, library: FakeLibrary) -> None:
    offer(library)
    answer = client.get("/opensearch/complete", params={"q": "delta b"})
    assert answer.headers["content-type"].startswith("application/x-suggestions+json")
    address = "http://localhost/papers?q=author%3A%22Delta+Burke%22"
    assert answer.json() == ["delta b", ['author:"Delta Burke"'], ["author"], [address]]
    description = client.get("/opensearch.xml").text
    assert 'type="application/x-suggestions+json"' in description
    assert "/opensearch/complete?q={searchTerms}" in description


def test_odd_requests_get_no_completions(client: TestClient, library: FakeLibrary) -> None:
    offer(library)
    for typing in ("", "  ", "\x00", "delta " * 400):
        assert client.get("/papers/complete", params={"q": typing}).json() == []
    assert client.get("/papers/complete").json() == []


def test_a_finished_word_is_told_apart(client: TestClient, library: FakeLibrary) -> None:
    answers: list[str] = []
    library.complete = lambda text, limit: answers.append(text) or ()  # type: ignore[method-assign, func-returns-value, assignment]
    for typing in ("river", "river ", " river  del"):
        client.get("/papers/complete", params={"q": typing})
    assert answers == ["river", "river ", "river del"]
