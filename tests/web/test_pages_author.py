"""The page of an author."""

import json

import lxml.html
import pytest

from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser

PAPERS = [
    ("2001.00001", "Bees count", ["Émilie Oriel", "Ada Roe"], "2020-01-02", "Hive"),
    ("2301.00001", "Bees dance", ["Ada Roe", "Oriel, E."], "2023-01-02", "Hive"),
    ("2301.00002", "Wasps & flies", ["Emilie Oriel"], "2023-05-06", "Nest & Tree"),
    ("2401.00001", "Ants march", ["Max Poe"], "2024-01-02", "Hive"),
]


@pytest.fixture
def client(tmp_path):
    file = tmp_path / "papers.jsonl"
    file.write_text(
        "".join(
            json.dumps(
                {"id": f"arxiv:{name}", "title": title, "abstract": f"We show that {title}.",
                 "authors": authors, "date": date, "venue": venue}
            )
            + "\n"
            for name, title, authors, date, venue in PAPERS
        )
    )  # fmt: skip
    with open_services(Home(tmp_path / "home").create(), Settings()) as services:
        services.library.import_paths(OWNER, [str(file)])
        services.admin.index_pending(OWNER)
        yield open_browser(create_app(services), follow_redirects=False)


def test_papers_years_co_authors_and_venues(client):
    answer = client.get("/authors/emilie%20oriel")
    assert answer.status_code == 200
    tree = lxml.html.fromstring(answer.text)
    assert tree.cssselect("h1")[0].text == "Émilie Oriel"
    titles = [" ".join(each.text_content().split()) for each in tree.cssselect("ol.compact h2")]
    assert titles == ["Wasps & flies", "Bees count"]
    assert tree.cssselect("svg.years")[0].get("aria-label") == "2020: 1, 2023: 1"
    links = {each.text: each.get("href") for each in tree.cssselect("aside li a")}
    assert links["Ada Roe"] == "/authors/Ada%20Roe"
    assert links["Nest & Tree"].startswith("/papers?q=author%3A")
    assert client.get(links["Nest & Tree"]).status_code == 200
    assert "Namesakes share a page" in answer.text
    feed = tree.cssselect("link[rel=alternate][href*=search]")[0].get("href")
    assert feed == "/feeds/search.atom?q=author%3A%22emilie+oriel%22"


def test_a_paper_links_to_its_authors(client):
    tree = lxml.html.fromstring(client.get("/papers/2001.00001").text)
    links = [each.get("href") for each in tree.cssselect(".authors a")]
    assert links == ["/authors/%C3%89milie%20Oriel", "/authors/Ada%20Roe"]
    assert client.get(links[0]).status_code == 200


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/authors/Nobody%20Here", "No paper in this library is by Nobody Here."),
        ("/authors/%22%22", "has a name"),
        ("/authors/Ada%20Roe?page=7", "no page 7"),
    ],
)
def test_pages_that_do_not_exist_say_so(client, path, words):
    answer = client.get(path)
    assert answer.status_code == 404
    assert words in answer.text
