"""The replica of PubMed answers as NCBI does: Biopython reads it by NCBI's document type."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from Bio import Entrez

from replicas.pubmed import PubmedReplica
from replicas.server import ReplicaServer

SAMPLE = Path(__file__).parents[1] / "unit/ingest/formats/samples/pubmed.xml"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Biopython's functions by name, led from NCBI to the replica."""
    replica = PubmedReplica()
    for pmid in range(1, 8):
        replica.put(pmid, f"2026/11/{pmid:02d}")
    with ReplicaServer(replica) as server:

        def led(request: Request) -> Any:
            address = re.sub(r"https://[^/]+/entrez/eutils", server.address, request.full_url)
            return urlopen(Request(address, data=request.data))

        # Biopython keeps its own pace and gives up only after long waits.
        monkeypatch.setattr(Entrez, "urlopen", led)
        monkeypatch.setattr(Entrez, "email", "me@lab.example")
        monkeypatch.setattr(Entrez, "max_tries", 1)
        yield lambda name, **params: getattr(Entrez, name)(db="pubmed", **params)


def test_a_search_and_its_records_are_read(ask: Callable[..., Any]):
    days = {"datetype": "edat", "mindate": "2026/11/02", "maxdate": "2026/11/05"}
    result = ask("esearch", term="wards", usehistory="y", retmode="json", retmax=2, **days)
    assert b'"count": "4"' in result.read()
    history = {"WebEnv": "MCID_1", "query_key": "1", "retmode": "xml"}
    records = Entrez.read(ask("efetch", retstart=2, retmax=200, **history))
    citations = [each["MedlineCitation"] for each in records["PubmedArticle"]]
    assert [str(each["PMID"]) for each in citations] == ["4", "5"]
    assert citations[0]["Article"]["AuthorList"][0]["LastName"] == "Nakamura"


def test_the_sample_keeps_to_the_document_type():
    records = Entrez.read(io.BytesIO(SAMPLE.read_bytes()), validate=True)
    assert len(records["PubmedArticle"]) == 3
    assert len(records["PubmedBookArticle"]) == 1
    assert [str(pmid) for pmid in records["DeleteCitation"]] == ["1502", "39000001"]
