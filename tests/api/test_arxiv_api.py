"""The clients ``arxiv`` and ``feedparser`` against a served library."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import arxiv
import feedparser
import httpx
import pytest

from api_server import served
from broadsheet.api import arxiv as arxiv_api
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.wiring import open_services


def _record(number: int, **fields: object) -> dict[str, object]:
    """A paper of arXiv's snapshot, submitted on the day ``number`` of May 2024."""
    return {
        "id": f"2405.{number:05d}",
        "submitter": "Ada",
        "authors_parsed": [["Lovelace", "Ada", ""], ["Del Maestro", "Adrian", "", "Vermont"]],
        "title": f"River deltas, part {number}",
        "abstract": f"We model deltas & rivers <{number}>.",
        "categories": "physics.geo-ph cs.LG",
        "versions": [{"version": "v1", "created": f"{number} May 2024 10:00:00 GMT"}],
        **fields,
    }


RECORDS = [
    *(_record(number) for number in range(1, 21)),
    _record(
        21,
        title="Graph networks for tides",
        authors_parsed=[["Noether", "Emmy", ""]],
        comments="12 pages, 3 figures",
        doi="10.1000/tides",
        categories="cs.LG stat.ML",
        **{"journal-ref": "Nature 1 (2024) 2", "report-no": "CERN-TH/24-7"},
        versions=[
            {"version": "v1", "created": "21 May 2024 10:00:00 GMT"},
            {"version": "v2", "created": "3 Jun 2024 10:00:00 GMT"},
            {"version": "v3", "created": "9 Jul 2024 10:00:00 GMT"},
        ],
    ),
    _record(22, id="hep-th/9901001", title="Old strings", categories="hep-th",
            versions=[{"version": "v1", "created": "1 Jan 1999 00:00:00 GMT"}]),
]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("arxiv")
    snapshot = folder / "arxiv-metadata.json"
    snapshot.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    others = folder / "others.jsonl"
    others.write_text(
        json.dumps(
            {
                "id": "doi:10.1000/dams",
                "title": "Dams without an archive",
                "abstract": "Not on arXiv.",
                "authors": ["Emmy Noether"],
                "date": "2024-02",
            }
        )
    )
    with open_services(Home(folder / "home").create(), Settings()) as services:
        services.library.import_paths(OWNER, [str(snapshot), str(others)])
        services.admin.index_pending(OWNER)
        with served(services, [arxiv_api.router]) as served_at:
            yield served_at


@pytest.fixture
def client(address: str) -> arxiv.Client:
    client = arxiv.Client(page_size=7, delay_seconds=0, num_retries=0)
    client.query_url_format = address + "/api/query?{}"
    return client


def _ids(client: arxiv.Client, query: str, **options: object) -> list[str]:
    return [
        result.get_short_id() for result in client.results(arxiv.Search(query=query, **options))
    ]


def test_the_client_pages_through_everything_once(client: arxiv.Client) -> None:
    ids = _ids(client, "ti:deltas")
    assert sorted(ids) == [f"2405.{number:05d}v1" for number in range(1, 21)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ti:tides", {"2405.00021v3"}),
        ('ti:"graph networks"', {"2405.00021v3"}),
        ('ti:"networks graph"', set()),
        ("au:noether AND cat:cs.LG", {"2405.00021v3"}),
        ("co:figures", {"2405.00021v3"}),
        ("jr:Nature", {"2405.00021v3"}),
        ("rn:CERN-TH/24-7", {"2405.00021v3"}),
        ("all:figures", {"2405.00021v3"}),
        ("id:hep-th/9901001", {"hep-th/9901001v1"}),
        ("cat:hep-th OR cat:stat.ML", {"hep-th/9901001v1", "2405.00021v3"}),
        ("cat:cs.* ANDNOT au:del_maestro", {"2405.00021v3"}),
        ("(ti:tides OR ti:strings) ANDNOT cat:hep-th", {"2405.00021v3"}),
        ("submittedDate:[202405190000 TO 202405202359]", {"2405.00019v1", "2405.00020v1"}),
        ("lastUpdatedDate:[20240601 TO 20241231]", {"2405.00021v3"}),
        ("ti:dams OR cat:hep-th", {"hep-th/9901001v1", "{address}/papers/doi:10.1000/dams"}),
    ],
)
def test_fields_operators_and_ranges(
    client: arxiv.Client, address: str, query: str, expected: set[str]
) -> None:
    assert set(_ids(client, query)) == {each.format(address=address) for each in expected}


def test_every_field_of_an_entry_is_read(client: arxiv.Client) -> None:
    (result,) = client.results(arxiv.Search(query="ti:tides"))
    assert result.entry_id == "http://arxiv.org/abs/2405.00021v3"
    assert (result.published.date().isoformat(), result.updated.date().isoformat()) == (
        "2024-05-21",
        "2024-07-09",
    )
    assert [author.name for author in result.authors] == ["Emmy Noether"]
    assert result.comment == "12 pages, 3 figures"
    assert result.journal_ref == "Nature 1 (2024) 2"
    assert result.doi == "10.1000/tides"
    assert (result.primary_category, result.categories) == ("cs.LG", ["cs.LG", "stat.ML"])
    assert result.pdf_url == "http://arxiv.org/pdf/2405.00021v3"
    (other,) = client.results(
        arxiv.Search(query="ti:part AND submittedDate:[20240501 TO 20240501]")
    )
    assert other.summary == "We model deltas & rivers <1>."
    assert other.authors[1].affiliation == ["Vermont"]


def test_named_papers_come_in_the_requested_version(client: arxiv.Client) -> None:
    names = ["2405.00021v2", "hep-th/9901001", "2405.00003", "2405.99999", "2405.00021v9"]
    results = list(client.results(arxiv.Search(id_list=names)))
    assert [result.get_short_id() for result in results] == [
        "2405.00021v2",
        "hep-th/9901001v1",
        "2405.00003v1",
    ]
    assert results[0].updated.date().isoformat() == "2024-06-03"
    narrowed = arxiv.Search(query="ti:tides", id_list=names)
    assert [each.get_short_id() for each in client.results(narrowed)] == ["2405.00021v2"]


@pytest.mark.parametrize("order", [arxiv.SortOrder.Ascending, arxiv.SortOrder.Descending])
def test_results_are_sorted(client: arxiv.Client, order: arxiv.SortOrder) -> None:
    descending = order is arxiv.SortOrder.Descending
    ids = _ids(client, "cat:cs.LG", sort_by=arxiv.SortCriterion.SubmittedDate, sort_order=order)
    expected = [*(f"2405.{number:05d}v1" for number in range(1, 21)), "2405.00021v3"]
    assert ids == (expected[::-1] if descending else expected)
    updated = arxiv.SortCriterion.LastUpdatedDate
    latest = _ids(client, "cat:cs.LG OR cat:hep-th", sort_by=updated, sort_order=order)
    ends = ["2405.00021v3", "hep-th/9901001v1"]
    assert [latest[0], latest[-1]] == (ends if descending else ends[::-1])


def test_feedparser_reads_the_counts_and_arxivs_elements(address: str) -> None:
    query = urlencode({"search_query": "cat:cs.LG", "start": 5, "max_results": 3})
    feed = feedparser.parse(f"{address}/api/query?{query}")
    assert not feed.bozo
    counts = (
        feed.feed.opensearch_totalresults,
        feed.feed.opensearch_startindex,
        feed.feed.opensearch_itemsperpage,
    )
    assert counts == ("21", "5", "3")
    assert len(feed.entries) == 3
    entry = feedparser.parse(f"{address}/api/query?search_query=ti:tides").entries[0]
    assert entry.arxiv_comment == "12 pages, 3 figures"
    assert entry.arxiv_primary_category["term"] == "cs.LG"
    assert [tag["term"] for tag in entry.tags] == ["cs.LG", "stat.ML"]


def test_a_form_is_answered_like_an_address(address: str) -> None:
    answer = httpx.post(f"{address}/api/query", data={"search_query": "ti:tides"})
    assert answer.status_code == 200
    assert len(feedparser.parse(answer.content).entries) == 1
    huge = httpx.post(f"{address}/api/query", data={"search_query": "a" * 100_000})
    assert huge.status_code == 400


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("search_query=foo:bar", "there is no field"),
        ("id_list=rubbish", "incorrect id format for rubbish"),
        ("search_query=a&start=-1", "start must be non-negative"),
        ("search_query=a&max_results=x", "max_results must be an integer"),
        ("search_query=a&max_results=30001", "must not exceed 30000"),
        ("search_query=a&sortBy=stars", "sortBy must be in"),
        ("search_query=a&sortOrder=up", "sortOrder must be in"),
        ("", "give a search_query or an id_list"),
        ("search_query=%ff%fe(", "term is missing"),
    ],
)
def test_an_error_is_a_feed_with_one_entry(address: str, query: str, message: str) -> None:
    answer = httpx.get(f"{address}/api/query?{query}")
    assert answer.status_code == 400
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == "Error"
    assert message in entry.summary


def test_an_error_reaches_the_client(client: arxiv.Client) -> None:
    with pytest.raises(arxiv.HTTPError, match="400"):
        list(client.results(arxiv.Search(query="foo:bar")))


def test_the_deepest_query_is_answered(address: str) -> None:
    chain = "ti:a AND ti:b OR " * 80 + "ti:tides"
    answer = httpx.post(f"{address}/api/query", data={"search_query": chain})
    assert answer.status_code == 200
    assert len(feedparser.parse(answer.content).entries) == 1
