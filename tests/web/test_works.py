"""Joining and parting papers on the pages, as one person and in a group."""

import json
import re

import pytest
from group import open_group, send

from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser

PAPERS = [
    {"id": "arxiv:2401.00001", "title": "Bees count to four", "authors": ["Ada Roe"]},
    {"id": "doi:10.1000/1", "title": "Bees count to four", "authors": ["Ben Poe"]},
]


@pytest.fixture
def client(tmp_path):
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    with open_services(Home(tmp_path / "home").create(), Settings()) as services:
        services.library.import_paths(OWNER, [str(file)])
        yield open_browser(create_app(services), follow_redirects=False)


def test_two_papers_are_joined_and_parted_on_their_page(client):
    page = "/papers/2401.00001"
    text = client.get(page).text
    assert "Perhaps the same work" in text
    fields = {"paper": "arxiv:2401.00001", "other": "doi:10.1000/1"}
    assert client.post("/works/join", data=fields).headers["location"] == page
    text = client.get(page).text
    assert "Perhaps the same work" not in text
    assert client.get("/papers/doi:10.1000/1").headers["location"] == page
    assert client.post("/works/join", data=fields).status_code == 400
    records = re.findall(
        r'name="source" value="([^"]+)"><input[^>]* name="key" value="([^"]+)"', text
    )
    assert len(records) == 2
    source, key = next(record for record in records if "10.1000" in record[1])
    answer = client.post(
        "/works/part", data={"paper": fields["paper"], "source": source, "key": key}
    )
    assert answer.headers["location"] == "/papers/doi:10.1000/1"
    text = client.get(answer.headers["location"]).text
    assert "Perhaps the same work" not in text
    wrong = client.post("/works/part", data={"paper": fields["paper"], "source": "x", "key": "y"})
    assert wrong.status_code == 400
    assert "has no record" in wrong.text


def test_papers_that_are_two_are_no_longer_offered(client):
    fields = {"paper": "doi:10.1000/1", "other": "arxiv:2401.00001"}
    assert client.post("/works/apart", data=fields).status_code == 303
    for name in ("2401.00001", "doi:10.1000/1"):
        assert "Perhaps the same work" not in client.get(f"/papers/{name}").text


def test_only_curators_decide_and_the_log_names_them(tmp_path):
    with open_group(tmp_path, "open") as group:
        first, second = (paper.id for paper in list(group.services.daily.starter_papers())[:2])
        fields = {"paper": first, "other": second}
        for role in ("reader", "member"):
            assert send(group.browser(role), "/works/apart", **fields).status_code == 403
        curator = group.browser("curator")
        assert send(curator, "/works/apart", **fields).status_code == 303
        log = group.services.comments.log()
        assert [(entry.moderator, entry.action) for entry in log] == [
            ("Cleo", f"said that {first} and {second} are two works")
        ]
