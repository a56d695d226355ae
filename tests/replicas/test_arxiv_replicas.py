"""The replicas of arXiv's services, as clients that are not ours see them."""

import datetime as dt

import arxiv
import feedparser
import httpx
import pytest
import sickle

from replicas.archive import Archive
from replicas.arxiv_api import ArxivApiReplica
from replicas.arxiv_feeds import ArxivFeedsReplica
from replicas.oai import OaiReplica
from replicas.server import ReplicaServer, Reply


@pytest.fixture
def archive():
    archive = Archive.of(25)
    archive.revise("2403.00003", title="A better title")
    archive.delete("2403.00004")
    return archive


@pytest.fixture
def repository(archive):
    replica = OaiReplica(archive, totals=True)
    with ReplicaServer(replica) as server:
        yield replica, server, sickle.Sickle(f"{server.address}/oai")


def test_sickle_harvests_everything(repository):
    _, server, client = repository
    records = list(client.ListRecords(metadataPrefix="arXivRaw", ignore_deleted=False))
    assert len(records) == 25
    assert len(server.requests) == 3
    by_name = {record.header.identifier: record for record in records}
    deleted = [name for name, record in by_name.items() if record.header.deleted]
    assert deleted == ["oai:arXiv.org:2403.00004"]
    revised = by_name["oai:arXiv.org:2403.00003"]
    assert revised.metadata["title"] == ["A better title"]
    assert [each.get("version") for each in revised.xml.iter("{*}version")] == ["v1", "v2"]


def test_sickle_asks_for_parts(repository, archive):
    _, _, client = repository
    assert client.Identify().granularity == "YYYY-MM-DD"
    assert {each.metadataPrefix for each in client.ListMetadataFormats()} == {
        "oai_dc", "arXiv", "arXivRaw",
    }  # fmt: skip
    assert {"cs", "cs:cs", "cs:cs:LG", "physics:hep-th"} <= {
        each.setSpec for each in client.ListSets()
    }
    learning = list(client.ListIdentifiers(metadataPrefix="oai_dc", set="cs:cs:LG"))
    assert [each.identifier[-5:] for each in learning] == [
        "00000",
        "00005",
        "00010",
        "00015",
        "00020",
    ]
    today = {"from": archive.today.isoformat()}
    latest = client.ListRecords(metadataPrefix="arXiv", ignore_deleted=True, **today)
    assert "oai:arXiv.org:2403.00003" in [record.header.identifier for record in latest]
    record = client.GetRecord(identifier="oai:arXiv.org:2403.00001", metadataPrefix="oai_dc")
    assert record.metadata["creator"] == ["Lindqvist, Bo", "Nguyen, Dai"]


def test_sickle_is_told_of_errors(repository):
    replica, server, client = repository
    with pytest.raises(sickle.oaiexceptions.NoRecordsMatch):
        client.ListRecords(metadataPrefix="arXiv", **{"from": "2030-01-01"})
    with pytest.raises(sickle.oaiexceptions.CannotDisseminateFormat):
        client.ListRecords(metadataPrefix="marc")
    with pytest.raises(sickle.oaiexceptions.IdDoesNotExist):
        client.GetRecord(identifier="oai:arXiv.org:nothing", metadataPrefix="arXiv")
    with pytest.raises(sickle.oaiexceptions.BadArgument):
        client.ListRecords(metadataPrefix="arXiv", **{"from": "yesterday"})
    assert b"badVerb" in httpx.get(f"{server.address}/oai?verb=Dance").content
    records = client.ListRecords(metadataPrefix="arXiv")
    for _ in range(10):
        next(records)
    replica.expire_tokens()
    with pytest.raises(sickle.oaiexceptions.BadResumptionToken):
        next(records)


def test_sickle_waits_where_it_is_asked_to(repository):
    _, server, _ = repository
    server.interject(Reply(status=503, headers={"Retry-After": "0"}))
    patient = sickle.Sickle(f"{server.address}/oai", max_retries=1, default_retry_after=0)
    assert patient.Identify().protocolVersion == "2.0"


@pytest.fixture
def query_api(archive):
    replica = ArxivApiReplica(archive)
    with ReplicaServer(replica) as server:
        client = arxiv.Client(page_size=4, delay_seconds=0, num_retries=0)
        client.query_url_format = f"{server.address}/api/query?{{}}"
        yield replica, server, client


def test_the_arxiv_package_searches(query_api):
    _, _, client = query_api
    search = arxiv.Search(
        'cat:cs.LG AND (au:"Ada Quill" OR ti:nothing) ANDNOT abs:"structure 10"',
        sort_by=arxiv.SortCriterion.SubmittedDate,
    )
    results = list(client.results(search))
    assert [each.get_short_id()[-7:] for each in results] == [
        "00020v1",
        "00015v1",
        "00005v1",
        "00000v1",
    ]
    assert results[0].published == dt.datetime(2024, 3, 3, 0, 0, 20, tzinfo=dt.UTC)
    assert [author.name for author in results[0].authors] == ["Ada Quill", "Chidi Okafor"]
    assert results[0].primary_category == "cs.LG"
    assert results[0].categories == ["cs.LG", "stat.ML"]


def test_the_arxiv_package_pages(query_api):
    _, server, client = query_api
    search = arxiv.Search("all:structure", sort_by=arxiv.SortCriterion.LastUpdatedDate)
    results = list(client.results(search))
    assert len(results) == 24
    assert results[0].get_short_id() == "2403.00003v2"
    assert len(server.requests) == 6


def test_the_arxiv_package_asks_by_name(query_api):
    _, server, client = query_api
    results = list(client.results(arxiv.Search(id_list=["2403.00003", "2403.00007v1"])))
    assert sorted(each.entry_id for each in results) == [
        "http://arxiv.org/abs/2403.00003v2",
        "http://arxiv.org/abs/2403.00007v1",
    ]
    answer = feedparser.parse(httpx.get(f"{server.address}/api/query?id_list=1234").content)
    assert [(each.title, each.summary) for each in answer.entries] == [
        ("Error", "incorrect id format for 1234")
    ]
    too_far = httpx.get(f"{server.address}/api/query?search_query=all:a&start=29999&max_results=10")
    assert too_far.status_code == 400


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_feedparser_reads_the_daily_feed(archive, kind):
    announced = [("2403.00000", "new"), ("2403.00003", "replace"), ("2403.00002", "new")]
    with ReplicaServer(ArxivFeedsReplica(archive, announced)) as server:
        answer = httpx.get(f"{server.address}/{kind}/cs.LG+astro-ph")
        again = httpx.get(
            f"{server.address}/{kind}/cs.LG+astro-ph",
            headers={"If-None-Match": answer.headers["etag"]},
        )
    assert again.status_code == 304
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.id for entry in feed.entries] == [
        "oai:arXiv.org:2403.00000v1", "oai:arXiv.org:2403.00003v2",
    ]  # fmt: skip
    assert [entry.arxiv_announce_type for entry in feed.entries] == ["new", "replace"]
    assert feed.entries[1].title == "A better title"
    assert feed.entries[0].author == "Ada Quill, Chidi Okafor"
