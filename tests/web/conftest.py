"""Pages over a library whose papers the tests choose."""

from collections.abc import Callable

import pytest
from fake_library import FakeLibrary
from fake_papers import make_client, make_paper
from starlette.testclient import TestClient

from broadsheet.domain.dates import PartialDate
from broadsheet.web.app import create_app
from browsing import open_browser


@pytest.fixture
def library() -> FakeLibrary:
    """45 papers of one day, one of the day before yesterday, one with a DOI only."""
    return FakeLibrary(
        [
            *(make_paper(number) for number in range(1, 46)),
            make_paper(46, listed=PartialDate(2026, 5, 30), title="An earlier estuary"),
            make_paper(47, id="doi:10.1000/a(b)<c>#d?e", listed=PartialDate(2026, 6, 4)),
        ],
        former={"pl:estuary": "arxiv:2606.00046"},
    )


@pytest.fixture
def client(library: FakeLibrary) -> TestClient:
    return open_browser(
        create_app(library.services), follow_redirects=False, raise_server_exceptions=False
    )


@pytest.fixture
def page_of() -> Callable[..., str]:
    """The HTML of the page of one paper with the given fields."""

    def page_of(**fields: object) -> str:
        paper = make_paper(**fields)
        answer = make_client(paper).get("/papers/2606.00001")
        assert answer.status_code == 200
        return answer.text

    return page_of
