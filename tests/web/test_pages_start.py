"""Choose your fields, and sources switched on, off and run from their page."""

import lxml.html
import pytest
from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.domain.sync import SourceStatus
from broadsheet.web.app import create_app
from browsing import open_browser


@pytest.fixture
def library() -> FakeLibrary:
    library = FakeLibrary([])
    library.sources = [
        SourceStatus("arxiv", "arXiv (OAI-PMH)", False, "daily", None, None),
        SourceStatus("hf-papers", "Hugging Face’s daily papers", False, "daily", None, None),
    ]
    return library


@pytest.fixture
def client(library: FakeLibrary) -> TestClient:
    return open_browser(create_app(library.services), follow_redirects=False)


def test_categories_are_offered_by_name_below_their_archive(client: TestClient) -> None:
    tree = lxml.html.fromstring(client.get("/start").text)
    names = [label.text_content().strip() for label in tree.cssselect("label")]
    for name in (
        "Computer Vision and Pattern Recognition",
        "All of Mathematics",
        "Quantum Physics",
    ):
        assert name in names
    assert tree.cssselect("input[value='hf-papers'][checked]")
    assert "/home/ada/broadsheet.toml" in tree.text_content()


def test_choosing_fields_writes_the_settings_and_begins_the_first_sync(
    client: TestClient, library: FakeLibrary
) -> None:
    answer = client.post(
        "/start",
        data={
            "category": ["cs.CV", "math"],
            "source": ["hf-papers"],
            "contact": " ada@example.org ",
            "zone": "Europe/London",
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/settings/sources?started=1",
    )
    assert library.changes == [
        ("fields", ("cs.CV", "math", "hf-papers", "ada@example.org", "Europe/London")),
        ("run", "arxiv"),
        ("run", "hf-papers"),
    ]
    assert 'http-equiv="refresh"' in client.get("/settings/sources?started=1").text


def test_what_cannot_be_used_is_said_and_the_choice_is_kept(client: TestClient) -> None:
    answer = client.post("/start", data={"contact": "ada@example.org"})
    assert answer.status_code == 400
    tree = lxml.html.fromstring(answer.text)
    assert tree.cssselect("[role=alert]")[0].text_content() == "Choose a field."
    assert tree.cssselect("input[name=contact]")[0].get("value") == "ada@example.org"


@pytest.mark.parametrize("action", ["on", "off", "run"])
def test_a_source_is_switched_and_run_from_its_page(
    client: TestClient, library: FakeLibrary, action: str
) -> None:
    answer = client.post("/settings/sources/arxiv", data={"do": action})
    assert answer.status_code == 303
    assert library.changes == [(action, "arxiv")]
    assert client.post("/settings/sources/arxiv", data={"do": "paint"}).status_code == 400


def test_a_misspelt_source_is_named_on_the_page(client: TestClient, library: FakeLibrary) -> None:
    problem = "unknown source 'arxvi'; did you mean 'arxiv'?"
    library.sources.append(SourceStatus("arxvi", "arxvi", False, "", None, None, problem))
    text = client.get("/settings/sources").text
    assert "did you mean" in text
    assert "Not used" in text
