"""The replicas answer as the services do: the field's own clients understand them."""

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor

import pyalex
import pytest
import requests
from habanero import Crossref, RequestError
from semanticscholar.AsyncSemanticScholar import AsyncSemanticScholar

from replicas.catalogues import (
    CrossrefReplica,
    OpenAlexReplica,
    SemanticScholarReplica,
    crossref_work,
    openalex_work,
    sample,
    semantic_paper,
)
from replicas.server import ReplicaServer


@pytest.fixture
def openalex(monkeypatch):
    works = [openalex_work(number, "2026-09-01") for number in range(230)]
    with ReplicaServer(OpenAlexReplica(works, "a-key")) as server:
        # pyalex asks one address only; its session is led to the replica.
        class Led(requests.Session):
            def request(self, method, url, **more):
                there = url.replace("https://api.openalex.org", server.address)
                return super().request(method, there, **more)

        monkeypatch.setattr(pyalex.api, "_get_requests_session", Led)
        yield server


def test_pyalex_pages_by_number_without_a_key(openalex):
    pages = pyalex.Works().filter(from_publication_date="2026-01-01").paginate(
        method="page", per_page=100, n_max=None
    )  # fmt: skip
    works = [work for page in pages for work in page]
    assert len(works) == 230
    assert works[7]["abstract"] == "Abstract number 7"


def test_pyalex_pages_by_cursor_with_a_key(openalex, monkeypatch):
    monkeypatch.setitem(pyalex.config, "api_key", "a-key")
    pages = pyalex.Works().paginate(per_page=100, n_max=None)
    assert sum(len(page) for page in pages) == 230


def test_pyalex_reads_the_sample_as_we_do(openalex):
    work = pyalex.Work(sample("openalex.json")["results"][0])
    assert work["abstract"].startswith("Abstract We read long documents")


def test_habanero_pages_by_cursor():
    works = [crossref_work(number) for number in range(55)]
    with ReplicaServer(CrossrefReplica(works)) as server:
        client = Crossref(base_url=server.address)
        answers = client.works(cursor="*", limit=20, cursor_max=100)
    dois = [work["DOI"] for answer in answers for work in answer["message"]["items"]]
    assert dois == [work["DOI"] for work in works]


def test_habanero_hears_that_a_cursor_is_forgotten():
    replica = CrossrefReplica([crossref_work(1)])
    with ReplicaServer(replica) as server, pytest.raises(RequestError, match="old cursor"):
        Crossref(base_url=server.address).works(cursor="gen7-20", limit=20)


def test_semanticscholar_asks_in_batches():
    papers = [semantic_paper(number) for number in range(5)]
    with ReplicaServer(SemanticScholarReplica(papers)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = AsyncSemanticScholar(api_url=server.address, retry=False)
        asking = client.get_papers(
            ["ARXIV:2401.00003", "ARXIV:2401.99999", "ARXIV:2401.00001"],
            fields=["title", "externalIds", "citationCount"],
            return_not_found=True,
        )
        # In a thread of its own: Playwright's tests leave a running loop in this one.
        with ThreadPoolExecutor(1) as pool:
            known_dois, unknown = pool.submit(asyncio.run, asking).result()
    assert [(paper.title, paper.citationCount) for paper in known_dois] == [
        ("Paper number 3 of many", 3),
        ("Paper number 1 of many", 1),
    ]
    assert unknown == ["ARXIV:2401.99999"]
