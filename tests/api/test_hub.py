"""The client ``huggingface_hub`` against a served library."""

from collections.abc import Iterator

import httpx
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from api_server import served
from broadsheet.api import hub
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
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


def test_the_client_searches_and_reads(address: str) -> None:
    api = HfApi(endpoint=address)
    assert len(list(api.list_papers(query="river deltas", limit=3))) == 3
    info = api.paper_info("2606.00003")
    assert (info.title, info.upvotes) == ("Diffusion models of river deltas, part 3", 0)
    assert api.read_paper("2606.00003").startswith("# Diffusion models of river deltas, part 3")
    assert list(api.list_daily_papers(sort="trending", limit=3)) is not None


def test_an_unknown_paper_is_a_clean_error(address: str) -> None:
    with pytest.raises(HfHubHTTPError, match="Paper not found"):
        HfApi(endpoint=address).paper_info("2606.09999")


@pytest.mark.parametrize(
    "query", ["date=yesterday", "date=2026-06-02&week=2026-W23", "limit=0", "limit=101", "p=-1",
              "sort=best", "submitter=ada"],
)  # fmt: skip
def test_what_cannot_be_listed_is_refused_with_a_reason(address: str, query: str) -> None:
    answer = httpx.get(f"{address}/api/daily_papers?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]
