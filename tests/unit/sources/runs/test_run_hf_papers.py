import datetime as dt
from typing import Any

from huggingface_hub import HfApi

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.formats.registry import get_format
from replicas.hf_papers import HfPapersReplica, entry
from replicas.server import ReplicaServer, Reply


def days_asked(desk: Any) -> list[str]:
    return [
        request.params["date"] for request in desk.requests("hf-papers") if "date" in request.params
    ]


def signals(desk: Any, number: int) -> dict[str, Any]:
    return dict(desk.paper(f"arxiv:2611.{number:05d}").signals)


def test_the_last_days_are_fetched_again_for_their_votes(desk):
    replica = HfPapersReplica({"2026-11-18": [entry(1, 5)], "2026-11-20": [entry(2, 1)]})
    desk.serve("hf-papers", replica)
    run = desk.run("hf-papers")
    assert (run.outcome, run.counts.new) == ("done", 2)
    assert days_asked(desk) == [f"2026-11-{day}" for day in range(13, 21)]
    assert signals(desk, 1) == {
        "hf_date": "2026-11-18",
        "upvotes": 5,
        "github_stars": 50,
        "num_comments": 2,
        "hf_tldr": "Maps are folded.",
    }
    paper = desk.paper("arxiv:2611.00001")
    assert paper.listed == PartialDate(2026, 11, 18)
    assert paper.code_url == "https://github.com/fold/map1"

    replica.days["2026-11-18"] = [entry(1, 80)]
    desk.pass_days(3)  # Monday; the weekend's lists are empty
    run = desk.run("hf-papers")
    assert (run.counts.updated, run.counts.new) == (1, 0)
    assert (signals(desk, 1)["upvotes"], signals(desk, 1)["github_stars"]) == (80, 800)
    assert days_asked(desk)[0] == "2026-11-16"
    assert desk.cursor("hf-papers") == {"day": "2026-11-23"}

    desk.pass_days(3)
    replica.days["2026-11-18"] = [entry(1, 90)]
    desk.run("hf-papers")
    assert days_asked(desk)[0] == "2026-11-19"
    assert signals(desk, 1)["upvotes"] == 80  # beyond the days that are refreshed


def test_votes_that_go_back_to_what_they_were_are_believed(desk):
    replica = HfPapersReplica({"2026-11-19": [entry(1, 5)]})
    desk.serve("hf-papers", replica)
    for upvotes in (5, 6, 5):
        replica.days["2026-11-19"] = [entry(1, upvotes)]
        desk.run("hf-papers")
        assert signals(desk, 1)["upvotes"] == upvotes


def test_a_gap_of_weeks_is_filled(desk):
    replica = HfPapersReplica()
    desk.serve("hf-papers", replica, refresh_days=2)
    desk.run("hf-papers")
    desk.requests("hf-papers")
    desk.pass_days(20)
    replica.days |= {"2026-11-25": [entry(1)], "2026-12-09": [entry(2)]}
    assert desk.run("hf-papers").counts.new == 2
    assert days_asked(desk)[::10] == ["2026-11-20", "2026-11-30", "2026-12-10"]
    assert desk.run("hf-papers", since=dt.date(2026, 12, 8)).counts.read == 1
    assert days_asked(desk) == ["2026-12-08", "2026-12-09", "2026-12-10"]


def test_a_weekend_that_repeats_fridays_list_moves_no_paper(desk):
    desk.now = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    friday = [entry(1), entry(2)]
    replica = HfPapersReplica({f"2026-11-{day}": friday for day in (20, 21, 22)})
    desk.serve("hf-papers", replica, refresh_days=0)
    run = desk.run("hf-papers")
    assert (run.counts.new, run.counts.duplicates) == (2, 4)
    assert signals(desk, 1)["hf_date"] == "2026-11-20"


def test_a_long_day_comes_in_pages(desk):
    replica = HfPapersReplica({"2026-11-20": [entry(n) for n in range(230)]})
    desk.serve("hf-papers", replica, refresh_days=0)
    assert desk.run("hf-papers").counts.new == 230
    assert [request.params["p"] for request in desk.requests("hf-papers")] == ["0", "1", "2"]


def test_a_server_that_knows_no_pages_is_not_asked_forever(desk):
    replica = HfPapersReplica({"2026-11-20": [entry(n) for n in range(100)]})

    def answer(request: Any) -> Reply:
        return replica._daily({**request.params, "p": "0"})

    desk.serve("hf-papers", answer, refresh_days=0)
    run = desk.run("hf-papers")
    assert (run.counts.new, run.counts.read) == (100, 100)
    assert len(desk.requests("hf-papers")) == 2


def test_a_search_is_watched_and_does_not_undo_what_a_list_said(desk):
    replica = HfPapersReplica({"2026-11-19": [entry(1, 3)], "2020-01-01": [entry(2, 9)]})
    desk.serve("hf-papers", replica, queries=["folding maps"], limit=5)
    run = desk.run("hf-papers")
    assert run.counts.new == 2
    search = desk.requests("hf-papers")[-1]
    assert (search.path, search.params) == (
        "/api/papers/search",
        {"q": "folding maps", "limit": "5"},
    )
    assert signals(desk, 1)["hf_date"] == "2026-11-19"
    assert "hf_date" not in signals(desk, 2)
    assert signals(desk, 2)["upvotes"] == 9


def test_bad_entries_are_rejected_alone(desk):
    replica = HfPapersReplica(
        {"2026-11-20": [None, {"paper": None, "title": "x"}, entry(3), entry(4) | {"paper": {}}]}
    )
    desk.serve("hf-papers", replica, refresh_days=0)
    run = desk.run("hf-papers")
    assert (run.counts.new, run.counts.rejected) == (1, 3)


def test_an_error_page_is_no_list(desk):
    server = desk.serve("hf-papers", HfPapersReplica({"2026-11-20": [entry(1)]}), refresh_days=0)
    server.interject(Reply(b"<html>gone</html>", content_type="text/html"))
    assert desk.run("hf-papers").outcome == "refused"
    server.interject(Reply(status=429, headers={"Retry-After": "30"}))
    assert desk.run("hf-papers").counts.new == 1
    assert max(desk.waited) >= 30


def test_a_crash_between_days_goes_on_from_the_day(desk):
    replica = HfPapersReplica({f"2026-11-{day}": [entry(day)] for day in range(13, 21)})
    desk.serve("hf-papers", replica, refresh_days=1)
    desk.run("hf-papers", since=dt.date(2026, 11, 13), killed_at=4)
    assert desk.store.count() == 4
    assert desk.cursor("hf-papers") == {"day": "2026-11-15"}
    desk.requests("hf-papers")
    assert desk.run("hf-papers").counts.new == 4
    assert days_asked(desk)[0] == "2026-11-13"  # a Sunday; its Friday goes first


def test_the_paper_from_arxiv_and_from_the_list_is_one(desk):
    raw = RawRecord(
        b'{"id": "arxiv:2611.00001", "title": "Daily paper number 1 on folding maps"}', "line 1"
    )
    record = get_format("papers-jsonl").parse(raw.raw)
    desk.store.store([Arrival(record, raw, "papers-jsonl", "file")], [])
    desk.serve("hf-papers", HfPapersReplica({"2026-11-20": [entry(1, 7)]}))
    assert desk.run("hf-papers").counts.updated == 1
    (paper,) = desk.store.iter_papers()
    assert paper.sources == ("papers-jsonl", "hf-papers")
    assert paper.signals["upvotes"] == 7


def test_the_replica_answers_the_services_own_client():
    replica = HfPapersReplica({"2026-11-19": [entry(1, 3)], "2026-11-20": [entry(2), entry(3)]})
    with ReplicaServer(replica) as server:
        api = HfApi(endpoint=server.address, token=False)
        listed = list(api.list_daily_papers(date="2026-11-19"))
        assert [(paper.id, paper.upvotes) for paper in listed] == [("2611.00001", 3)]
        assert listed[0].authors[0].name == "Ines Moreau"
        assert [p.id for p in api.list_daily_papers(limit=1, p=1)] == ["2611.00003"]
        assert [p.id for p in api.list_papers(query="number 2")] == ["2611.00002"]
        assert api.paper_info("2611.00001").title == "Daily paper number 1 on folding maps"
