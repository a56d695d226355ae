"""Semantic Scholar: requests the library's papers, the new ones first, in rounds."""

import itertools

import pytest

from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.ingest.pipeline import parse_kept
from replicas.catalogues import SemanticScholarReplica, sample, semantic_paper, too_often
from replicas.server import Reply, json_reply


def add_papers(desk, numbers):
    raws = [
        f'{{"id": "arxiv:2401.{n:05d}", "title": "Paper number {n} of many", "authors": ["A. Roe"]}}'
        for n in numbers
    ]
    desk.store.store(
        [
            Arrival(parse_kept("papers-jsonl", raw.encode()), RawRecord(raw.encode(), "1"),
                    "papers-jsonl", "test")
            for raw in raws
        ],
        [],
    )  # fmt: skip


def asked_ids(desk) -> list[list[str]]:
    return [each.json["ids"] for each in desk.requests("semantic-scholar")]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr("broadsheet.sources.semantic_scholar.BATCH", 10)


@pytest.fixture
def replica():
    return SemanticScholarReplica([semantic_paper(n) for n in range(200) if n % 7], "a-key")


def test_papers_are_asked_about_in_batches_and_nulls_passed_over(desk, replica, small_batches):
    add_papers(desk, range(25))
    desk.serve("semantic-scholar", replica, api_key="a-key")
    run = desk.run("semantic-scholar")
    assert (run.outcome, run.counts.read, run.counts.updated) == ("done", 21, 21)
    requests = desk.requests("semantic-scholar")
    assert [len(each.json["ids"]) for each in requests] == [10, 10, 5]
    assert requests[0].json["ids"][0] == "ARXIV:2401.00000"
    assert requests[0].headers["x-api-key"] == "a-key"
    assert "influentialCitationCount" in requests[0].params["fields"]
    assert desk.store.count() == 25
    assert desk.store.get("arxiv:2401.00008").signals["s2_citation"] == 8


def test_a_batch_of_which_it_knows_nothing_is_no_error(desk, small_batches):
    add_papers(desk, range(3))
    desk.serve("semantic-scholar", SemanticScholarReplica([]))
    run = desk.run("semantic-scholar")
    assert (run.outcome, run.counts.read) == ("unchanged", 0)


def test_new_papers_go_first_and_a_round_goes_on_over_runs(desk, replica, small_batches):
    add_papers(desk, range(30))
    desk.serve("semantic-scholar", replica, papers=20, round_days=7, schemes=["arxiv"])
    desk.run("semantic-scholar")
    desk.run("semantic-scholar")  # the last ten, then the round begins
    first, second, third, fourth = asked_ids(desk)
    assert (first[0], second[0], third[0]) == (
        "ARXIV:2401.00000", "ARXIV:2401.00010", "ARXIV:2401.00020",
    )  # fmt: skip
    assert fourth == first
    add_papers(desk, range(40, 45))
    desk.run("semantic-scholar")
    batches = asked_ids(desk)
    assert [len(batch) for batch in batches] == [5, 10, 5]
    assert batches[0][0] == "ARXIV:2401.00040"
    assert batches[1] == second
    desk.run("semantic-scholar")  # the rest of the round, those five included
    (rest,) = asked_ids(desk)
    assert (rest[0], rest[-1], len(rest)) == ("ARXIV:2401.00025", "ARXIV:2401.00044", 10)


def test_a_round_begins_again_after_its_days_only(desk, replica, small_batches):
    add_papers(desk, range(15))
    desk.serve("semantic-scholar", replica, round_days=7, schemes=["arxiv"])
    desk.run("semantic-scholar")
    assert len(asked_ids(desk)) == 2
    desk.run("semantic-scholar")
    assert len(asked_ids(desk)) == 2  # the first round
    desk.pass_days(3)
    assert desk.run("semantic-scholar").outcome == "unchanged"
    assert asked_ids(desk) == []
    desk.pass_days(4)
    replica.papers["arxiv:2401.00008"]["citationCount"] = 99
    run = desk.run("semantic-scholar")
    assert (run.counts.updated, run.counts.duplicates) == (1, 11)
    assert desk.store.get("arxiv:2401.00008").signals["s2_citation"] == 99


def test_a_broken_run_goes_on_after_the_last_batch_that_was_stored(desk, replica, small_batches):
    add_papers(desk, range(30))
    server = desk.serve("semantic-scholar", replica, schemes=["arxiv"])
    server.interject(None, *[too_often(1)] * 5)
    broken = desk.run("semantic-scholar")
    assert broken.outcome == "unavailable"
    assert "a-key" not in broken.message
    desk.requests("semantic-scholar")
    desk.run("semantic-scholar")
    firsts = [batch[0] for batch in asked_ids(desk)]
    assert firsts[:2] == ["ARXIV:2401.00010", "ARXIV:2401.00020"]


def test_a_key_that_is_refused_is_not_shown(desk, replica):
    add_papers(desk, range(3))
    desk.serve("semantic-scholar", replica, api_key="not-that-key")
    run = desk.run("semantic-scholar")
    assert run.outcome == "refused"
    assert "not-that-key" not in run.message


def test_one_bad_paper_costs_only_itself(desk):
    add_papers(desk, range(3))
    desk.serve("semantic-scholar", lambda request: json_reply(sample("semantic-scholar.json")))
    run = desk.run("semantic-scholar")
    assert (run.counts.new, run.counts.rejected) == (2, 2)


def test_a_paper_is_not_asked_about_by_a_second_name_in_the_same_run(desk):
    add_papers(desk, [1])
    paper = semantic_paper(1, externalIds={"ArXiv": "2401.00001", "DOI": "10.5555/one"})
    desk.serve("semantic-scholar", SemanticScholarReplica([paper]))
    desk.run("semantic-scholar")
    assert asked_ids(desk) == [["ARXIV:2401.00001"]]
    assert desk.store.get("doi:10.5555/one").id == "arxiv:2401.00001"
    desk.run("semantic-scholar")  # the first round: both names are known, one suffices
    assert asked_ids(desk) == [["ARXIV:2401.00001"]]


def test_an_object_instead_of_a_list_is_refused(desk):
    add_papers(desk, range(3))
    desk.serve("semantic-scholar", lambda request: Reply('{"message": "moved"}'))
    run = desk.run("semantic-scholar")
    assert run.outcome == "refused"
    assert "without a list of records" in run.message


def test_an_empty_library_asks_nothing(desk, replica):
    desk.serve("semantic-scholar", replica)
    assert desk.run("semantic-scholar").outcome == "unchanged"
    assert list(itertools.chain(*asked_ids(desk))) == []
