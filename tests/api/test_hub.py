"""The client ``huggingface_hub`` against a served library."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from huggingface_hub import HfApi
from huggingface_hub.community import DiscussionComment, deserialize_event
from huggingface_hub.errors import HfHubHTTPError

from api_server import served
from broadsheet.api import hub
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services

_ENTRY = """@article{{p{number},
  title = {{Diffusion models of river deltas, part {number}}},
  author = {{Lovelace, Ada and du Châtelet, Émilie}},
  abstract = {{We model river deltas. The deltas of part {number} grow.}},
  date = {{2026-06-02}}, eprint = {{2606.{number:05d}}}, eprinttype = {{arxiv}}
}}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A library of five papers of one day, served on a free port."""
    folder = tmp_path_factory.mktemp("hub")
    file = folder / "papers.bib"
    file.write_text("".join(_ENTRY.format(number=number) for number in range(1, 6)))
    with open_services(Home(folder / "home").create(), Settings()) as services:
        services.library.import_paths(OWNER, [str(file)])
        services.admin.index_pending(OWNER)
        with served(services, [hub.router]) as served_at:
            yield served_at


@pytest.mark.parametrize(
    "period", [{"date": "2026-06-02"}, {"week": "2026-W23"}, {"month": "2026-06"}, {}]
)
@pytest.mark.parametrize("ending", ["", "/"])
def test_the_client_lists_a_period(address: str, period: dict[str, str], ending: str) -> None:
    papers = list(HfApi(endpoint=address + ending).list_daily_papers(**period))
    assert {paper.id for paper in papers} == {f"2606.0000{number}" for number in range(1, 6)}
    assert [author["name"] for author in papers[0].authors] == [
        "Ada Lovelace",
        "Émilie du Châtelet",
    ]
    assert papers[0].published_at.isoformat() == "2026-06-02T00:00:00+00:00"


def test_pages_follow_each_other_without_loss(address: str) -> None:
    link, pages = f"{address}/api/daily_papers?date=2026-06-02&limit=2", []
    while link:
        answer = httpx.get(link)
        pages.append([entry["paper"]["id"] for entry in answer.json()])
        link = answer.links.get("next", {}).get("url", "")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({name for page in pages for name in page}) == 5


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 10])
def test_without_a_period_the_latest_days_follow_each_other(limit: int, tmp_path: Path) -> None:
    days = {"2026-06-01": "123", "2026-05-29": "4", "2026-06-02": "5678"}
    file = tmp_path / "papers.jsonl"
    lines = [
        {"id": f"arxiv:2606.0000{number}", "title": f"Paper {number}", "date": day}
        for day, numbers in days.items()
        for number in numbers
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with open_services(Home(tmp_path / "home").create(), Settings()) as services:
        services.library.import_paths(OWNER, [str(file)])
        with served(services, [hub.router]) as address:
            link, names = f"{address}/api/daily_papers?limit={limit}", []
            while link:
                answer = httpx.get(link)
                page = [entry["paper"]["id"][-1] for entry in answer.json()]
                assert 1 <= len(page) <= limit
                names += page
                link = answer.links.get("next", {}).get("url", "")
    assert [set(names[:4]), set(names[4:7]), set(names[7:])] == [set("5678"), set("123"), {"4"}]
    assert len(names) == 8


def test_the_client_searches_and_reads(address: str) -> None:
    api = HfApi(endpoint=address)
    assert len(list(api.list_papers(query="river deltas", limit=3))) == 3
    info = api.paper_info("2606.00003")
    assert (info.title, info.upvotes) == ("Diffusion models of river deltas, part 3", 0)
    assert api.read_paper("2606.00003").startswith("# Diffusion models of river deltas, part 3")


def test_an_unknown_paper_is_a_clean_error(address: str) -> None:
    with pytest.raises(HfHubHTTPError, match="Paper not found"):
        HfApi(endpoint=address).paper_info("2606.09999")


@pytest.mark.parametrize(
    "query", ["date=yesterday", "date=2026-06-02&week=2026-W23", "limit=0", "limit=101", "p=-1",
              "sort=best"],
)  # fmt: skip
def test_what_cannot_be_listed_is_refused_with_a_reason(address: str, query: str) -> None:
    answer = httpx.get(f"{address}/api/daily_papers?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]


_LISTED = {
    "paper": {
        "id": "2606.00100",
        "title": "Maps of everything",
        "summary": "We map everything.",
        "authors": [{"name": "Ada Lovelace", "hidden": False}],
        "publishedAt": "2026-06-01T17:59:00.000Z",
        "submittedOnDailyAt": "2026-06-03T06:30:00.000Z",
        "upvotes": 41,
        "discussionId": "66f1",
        "ai_summary": "Everything is on the map.",
        "ai_keywords": ["maps"],
        "projectPage": "https://maps.example.org",
        "githubRepo": "https://github.com/ada/maps",
        "githubStars": 7,
        "organization": {"name": "lab", "fullname": "The Laboratory"},
        "mediaUrls": ["https://cdn.example.org/film.mp4"],
    },
    "numComments": 2,
    "submittedBy": {"user": "ak", "fullname": "A. K."},
}


@pytest.fixture
def group(tmp_path: Path) -> Iterator[LocalServices]:
    """A library of members with one paper of which everything is known."""
    file = tmp_path / "listed.json"
    file.write_text(json.dumps([_LISTED]))
    with open_services(Home(tmp_path / "home").create(), Settings(mode="open")) as services:
        services.library.import_paths(OWNER, [str(file)])
        services.admin.index_pending(OWNER)
        services.accounts.add(OWNER, "Max", "member", "a horse and a staple")
        yield services


def _headers(services: LocalServices, *scopes: str) -> dict[str, str]:
    _, secret = services.accounts.create_token_for(OWNER, "Max", "script", list(scopes))
    return {"Authorization": f"Bearer {secret}"}


def test_the_client_reads_every_known_field(group: LocalServices) -> None:
    with served(group, [hub.router]) as address:
        api = HfApi(endpoint=address)
        (listed,) = api.list_daily_papers(date="2026-06-03")
        (found,) = api.list_papers(query="maps of everything")
        for paper in (listed, found, api.paper_info("2606.00100")):
            assert paper.id == "2606.00100"
            assert paper.summary == "We map everything."
            assert paper.source == "hf-papers"
            assert str(paper.published_at) == "2026-06-01 00:00:00+00:00"
            assert str(paper.submitted_at) == "2026-06-03 06:30:00+00:00"
            assert (paper.upvotes, paper.comments, paper.github_stars) == (41, 2, 7)
            assert paper.submitted_by
            assert paper.submitted_by.fullname == "A. K."
            assert paper.organization
            assert paper.organization.fullname == "The Laboratory"
            assert paper.ai_summary == "Everything is on the map."
            assert paper.ai_keywords == ["maps"]
            assert paper.project_page == "https://maps.example.org"
            assert paper.github_repo == "https://github.com/ada/maps"
        for arguments in ({"sort": "trending"}, {"sort": "publishedAt"}, {"week": "2026-W23"}):
            assert [each.id for each in api.list_daily_papers(**arguments)] == ["2606.00100"]
        assert list(api.list_daily_papers(p=1)) == []
        markdown = httpx.get(f"{address}/papers/2606.00100", headers={"Accept": "text/markdown"})
        assert markdown.text == api.read_paper("2606.00100")
        member = group.accounts.sign_in("Max", "a horse and a staple", "test").account.principal
        group.community.set_mark(member, "2606.00100", "voted", True)
        assert api.paper_info("2606.00100").upvotes == 42
        (entry,) = httpx.get(f"{address}/api/daily_papers?date=2026-06-03").json()
        assert entry["paper"].keys() | {"paper"} == entry.keys()


def test_members_comment_with_a_token(group: LocalServices) -> None:
    with served(group, [hub.router]) as address:
        comments = f"{address}/api/papers/2606.00100/comment"
        writing = _headers(group, "read", "write")
        answer = httpx.post(comments, json={"comment": "A *fine* map."}, headers=writing)
        assert answer.status_code == 201
        comment = deserialize_event(answer.json()["newMessage"])
        assert isinstance(comment, DiscussionComment)
        assert (comment.author, comment.content) == ("Max", "A *fine* map.")
        reply = {"comment": "Indeed."}
        answer = httpx.post(f"{comments}/{comment.id}/reply", json=reply, headers=writing)
        assert answer.json()["newMessage"]["replyTo"] == comment.id
        info = HfApi(endpoint=address).paper_info("2606.00100")
        assert (info.comments, info.discussion_id) == (4, "arxiv:2606.00100")
        assert "fine" in httpx.get(f"{address}/papers/2606.00100").text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"comment": "' + b"x" * 70_000 + b'"}', 413),
        (iter([b'{"comment": "x"}']), 413),
        (b'{"comment": "\\u0000"}', 400),
        (b'{"comment": ' + b"[" * 20_000, 400),
        (b"\xff\xfe", 400),
    ],
)
def test_a_hostile_body_is_refused(group: LocalServices, content: bytes, status: int) -> None:
    with served(group, [hub.router]) as address:
        headers = _headers(group, "read", "write") | {"Content-Type": "application/json"}
        comments = f"{address}/api/papers/2606.00100/comment"
        half = httpx.post(comments, content=b'{"comment": "a\\ud800"}', headers=headers)
        assert half.json()["newMessage"]["data"]["latest"]["raw"] == "a?"
        answer = httpx.post(comments, content=content, headers=headers)
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_members_submit_with_a_token(group: LocalServices) -> None:
    with served(group, [hub.router]) as address:
        writing, api = _headers(group, "read", "write"), HfApi(endpoint=address)
        body = {"paperId": "https://arxiv.org/abs/2606.00100", "comment": "Read it"}
        answer = httpx.post(f"{address}/api/papers/submit", json=body, headers=writing)
        assert (answer.status_code, answer.json()["state"]) == (201, "listed")
        (paper,) = api.list_daily_papers(submitter="Max")
        assert paper.submitted_by
        assert (paper.id, paper.submitted_by.fullname) == ("2606.00100", "Max")
        today = str(group.daily.today())
        assert [each.id for each in api.list_daily_papers(submitter="Max", date=today)] == [
            paper.id
        ]
        assert [each.id for each in api.list_daily_papers(date=today)] == [paper.id]
        assert list(api.list_daily_papers(submitter="Max", date="2026-06-03")) == []
        assert list(api.list_daily_papers(submitter="nobody")) == []
        body = {"arxivId": "2606.00100"}
        answer = httpx.post(f"{address}/api/papers/index", json=body, headers=writing)
        assert (answer.status_code, answer.json()["id"]) == (200, "2606.00100")


@pytest.mark.parametrize(
    ("scopes", "path", "content", "status"),
    [
        (["read"], "submit", {"paperId": "2606.00100"}, 403),
        (["read", "write"], "submit", {"paperId": "no paper"}, 400),
        (["read"], "index", {"arxivId": "2606.00100"}, 403),
        (["read", "write"], "index", {"paperId": "2606.00100"}, 400),
        ([], "2606.00100/comment", {"comment": "x"}, 403),
        (["read"], "2606.00100/comment", {"comment": "x"}, 403),
        (["read", "write"], "2606.00100/comment", {"comment": " "}, 400),
        (["read", "write"], "2606.00100/comment", {"text": "x"}, 400),
        (["read", "write"], "2606.09999/comment", {"comment": "x"}, 404),
        (["read", "write"], "2606.00100/comment/99/reply", {"comment": "x"}, 404),
    ],
)
def test_writing_is_refused(
    group: LocalServices, scopes: list[str], path: str, content: dict[str, str], status: int
) -> None:
    with served(group, [hub.router]) as address:
        headers = _headers(group, *scopes) if scopes else {}
        answer = httpx.post(f"{address}/api/papers/{path}", json=content, headers=headers)
        assert answer.status_code == status
        unknown = httpx.post(
            f"{address}/api/papers/2606.00100/comment",
            json={"comment": "x"},
            headers={"Authorization": "Bearer bs_unknown"},
        )
        assert unknown.status_code == 401


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["ls", "--date", "2026-06-02", "--limit", "5"], "2606.00005"),
        (["ls", "--week", "2026-W23", "--sort", "trending"], "2606.00005"),
        (["search", "river deltas"], "2606.00005"),
        (["info", "2606.00003"], "part 3"),
        (["read", "2606.00003"], "# Diffusion models of river deltas, part 3"),
    ],
)
def test_the_command_hf_reads(
    address: str, arguments: list[str], shown: str, tmp_path: Path
) -> None:
    command = [Path(sys.executable).with_name("hf"), "papers", *arguments]
    environment = {"HF_ENDPOINT": address, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert run.returncode == 0, run.stderr
    assert shown in run.stdout
