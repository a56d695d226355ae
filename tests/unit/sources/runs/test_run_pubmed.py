import datetime as dt

import pytest

from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.formats.registry import get_format
from broadsheet.sources.pubmed import PubmedOptions
from replicas.pubmed import PubmedReplica, article
from replicas.server import Reply, json_reply


@pytest.fixture
def replica() -> PubmedReplica:
    replica = PubmedReplica()
    for pmid in range(101, 106):
        replica.put(pmid, f"2026/11/{pmid - 90}")
    return replica


def searches(desk) -> list[tuple[str, str, str]]:
    requests = [each.params for each in desk.requests("pubmed") if each.path == "/esearch.fcgi"]
    return [(each["datetype"], each["mindate"], each["maxdate"]) for each in requests]


def test_what_was_added_is_fetched_from_the_history(desk, replica):
    server = desk.serve("pubmed", replica, query="wards[ti]", email="me@lab.example")
    run = desk.run("pubmed")
    assert (run.outcome, run.counts.new) == ("done", 5)
    search, fetch = server.requests
    assert search.params["term"] == "wards[ti]"
    assert search.params["usehistory"] == "y"
    assert (search.params["tool"], search.params["email"]) == ("broadsheet", "me@lab.example")
    assert fetch.params["WebEnv"] == "MCID_1"
    assert (fetch.params["retstart"], fetch.params["retmax"]) == ("0", "200")
    assert "api_key" not in fetch.params
    assert desk.cursor("pubmed") == {"added": "2026-11-20", "changed": "2026-11-20"}
    paper = desk.paper("pmid:101")
    assert paper.title == "Trial number 101 of quiet wards and loud ones"
    assert searches(desk) == [("edat", "2026/10/21", "2026/11/20")]

    replica.put(200, "2026/11/21")
    desk.pass_days(1)
    assert desk.run("pubmed").counts.new == 1
    assert searches(desk) == [
        ("edat", "2026/11/20", "2026/11/21"),
        ("mdat", "2026/11/20", "2026/11/21"),
    ]


def test_changes_of_known_papers_come_and_nothing_else(desk, replica):
    desk.serve("pubmed", replica, query="wards")
    desk.run("pubmed")
    desk.pass_days(2)
    retracted = article(101, types=("Retracted Publication",))
    replica.put(101, "2026/11/11", "2026/11/22", retracted)
    replica.put(7, "2001/01/01", "2026/11/22")  # old, indexed anew, never asked for
    desk.requests("pubmed")
    run = desk.run("pubmed")
    assert (run.counts.read, run.counts.updated) == (1, 1)
    assert desk.paper("pmid:101").status == "retracted"
    assert [each.params["id"] for each in desk.requests("pubmed") if "id" in each.params] == ["101"]
    desk.tables["pubmed"]["changes"] = False
    desk.run("pubmed")
    assert [kind for kind, *_ in searches(desk)] == ["edat"]


def test_an_older_state_of_a_record_does_not_undo_a_newer(desk, replica):
    """Files of the baseline may be imported after a run."""
    desk.serve("pubmed", replica, query="wards")
    desk.run("pubmed")
    older = article(101, title="An older title of the trial").replace(
        "<Year>2026</Year><Month>11</Month><Day>20</Day>",
        "<Year>2026</Year><Month>11</Month><Day>12</Day>",
    )
    raw = RawRecord(f"<PubmedArticleSet>{older}</PubmedArticleSet>".encode(), "PubmedArticle 1")
    record = get_format("pubmed").parse(raw.raw)
    assert record.title == "An older title of the trial"
    stored = desk.store.store([Arrival(record, raw, "pubmed", "pubmed26n0001.xml.gz")], [])
    assert stored.duplicates == 1
    assert desk.paper("pmid:101").title.startswith("Trial number 101")


def test_more_than_pubmed_shows_is_asked_for_in_halves(desk):
    replica = PubmedReplica(most=4)
    for pmid in range(1, 11):
        replica.put(pmid, f"2026/11/{pmid:02d}")
    desk.serve("pubmed", replica, query="wards", changes=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("broadsheet.sources.pubmed._MOST", 4)
        patch.setattr("broadsheet.sources.pubmed._BATCH", 3)
        run = desk.run("pubmed", since=dt.date(2026, 11, 1))
        assert (run.counts.read, run.counts.new) == (10, 10)
        for pmid in range(20, 26):
            replica.put(pmid, "2026/11/20")
        refused = desk.run("pubmed")
    assert refused.outcome == "refused"
    assert "6 records of 2026-11-20" in refused.message
    assert "narrow the query" in refused.message


@pytest.mark.parametrize("killed_at", [1, 2, 3, 4, 5])
def test_a_crash_loses_and_doubles_nothing(desk, killed_at):
    replica = PubmedReplica()
    for pmid in range(1, 11):
        replica.put(pmid, f"2026/11/{pmid:02d}")
    desk.serve("pubmed", replica, query="wards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("broadsheet.sources.pubmed._BATCH", 3)
        desk.run("pubmed", killed_at=killed_at)
        desk.run("pubmed")
    assert desk.store.count() == 10
    assert desk.cursor("pubmed") == {"added": "2026-11-20", "changed": "2026-11-20"}


def test_a_bad_record_is_rejected_alone(desk, replica):
    replica.put(103, "2026/11/13", xml=article(103).replace("Trial number 103", "</x>"))
    replica.put(104, "2026/11/14", xml="<PubmedArticle><MedlineCitation/></PubmedArticle>")
    desk.serve("pubmed", replica, query="wards")
    run = desk.run("pubmed")
    assert (run.counts.new, run.counts.rejected) == (3, 2)


@pytest.mark.parametrize(
    ("query", "replies", "words"),
    [
        ("", [], "pubmed has no query"),
        ("x[bogus]", [], "it knows no field bogus"),
        ("x", [json_reply({"esearchresult": {"ERROR": "Empty term"}})], "query: Empty term"),
        ("x", [json_reply({"error": "no"})], "is no answer to a search"),
        ("x", [Reply(b"<html>")], "PubMed did not answer in JSON"),
        ("x", [None, Reply(b"<eFetchResult><ERROR>Gone</ERROR></eFetchResult>")], "records: Gone"),
        ("x", [None, Reply(b"{}")], "the answer is no XML"),
        ("x", [Reply(status=503), None], ""),
    ],
)
def test_what_goes_wrong_is_said(desk, replica, query, replies, words):
    desk.serve("pubmed", replica, query=query).interject(*replies)
    run = desk.run("pubmed")
    assert run.outcome == ("refused" if words else "done")
    assert words in run.message


def test_a_key_is_sent_and_kept_secret(desk, replica):
    server = desk.serve("pubmed", replica, query="wards", api_key="0123456789abcdef")
    desk.run("pubmed")
    assert server.requests[0].params["api_key"] == "0123456789abcdef"
    origins = {row.origin for row in desk.store.iter_rejected()}
    replica.put(300, "2026/11/20", xml="<PubmedArticle/>")
    desk.run("pubmed")
    origins = {row.origin for row in desk.store.iter_rejected()}
    assert len(origins) == 1
    assert "0123456789abcdef" not in origins.pop()
    assert "0123456789abcdef" not in repr(PubmedOptions(api_key="0123456789abcdef"))
