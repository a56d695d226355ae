"""OpenAlex, with and without a key."""

import datetime as dt

import pytest

from replicas.catalogues import OpenAlexReplica, openalex_work, sample, too_often
from replicas.server import json_reply

KEY = "an-openalex-key"
DAY = dt.date(2026, 9, 1)


def works(count: int, per_day: int = 20) -> list[dict]:
    return [
        openalex_work(number, str(DAY + dt.timedelta(days=number // per_day)))
        for number in range(count)
    ]


def test_without_a_key_pages_go_by_number(desk):
    desk.serve("openalex", OpenAlexReplica(works(250)), topics=["T10028", "T10320"])
    run = desk.run("openalex")
    assert (run.outcome, run.counts.read, run.counts.new) == ("done", 250, 250)
    requests = desk.requests("openalex")
    assert [each.params["page"] for each in requests] == ["1", "2", "3"]
    first = requests[0].params
    assert first["filter"] == (
        "topics.id:T10028|T10320,type:article|preprint|review,"
        "from_publication_date:2026-08-21,to_publication_date:2026-09-20"
    )
    assert "abstract_inverted_index" in first["select"]
    assert "me@lab.example" in requests[0].headers["user-agent"]
    assert min(desk.waited) == 1.0  # the service's spacing


@pytest.fixture
def few_pages(monkeypatch):
    """As if the service gave 300 works by number."""
    monkeypatch.setattr("broadsheet.sources.openalex.MOST_PAGES", 3)


def test_beyond_the_numbered_pages_it_asks_again_from_the_day_it_reached(desk, few_pages):
    desk.serve("openalex", OpenAlexReplica(works(650, 40), most=300), search="texts", types=[])
    run = desk.run("openalex")
    assert (run.outcome, run.counts.new, desk.store.count()) == ("done", 650, 650)
    starts = [each.params["filter"].split(",")[1][-10:] for each in desk.requests("openalex")]
    assert list(dict.fromkeys(starts)) == ["2026-08-21", "2026-09-08", "2026-09-15"]


def test_a_day_with_too_many_works_is_refused_in_words(desk, few_pages):
    desk.serve("openalex", OpenAlexReplica(works(400, 1000), most=300), search="texts")
    run = desk.run("openalex")
    assert (run.outcome, run.counts.new) == ("refused", 300)
    assert "more than 300 works of 2026-09-01" in run.message
    assert "set api_key" in run.message
    desk.requests("openalex")
    assert desk.run("openalex").outcome == "refused"
    assert len(desk.requests("openalex")) == 1  # it does not fetch all of it again every day


def test_a_day_without_works_is_no_error(desk):
    desk.serve("openalex", OpenAlexReplica([]), search="texts")
    run = desk.run("openalex")
    assert (run.outcome, run.counts.read) == ("unchanged", 0)
    assert "30 days back" in run.message
    desk.run("openalex")
    assert len(desk.requests("openalex")) == 2


def test_with_a_key_pages_go_by_cursor(desk):
    desk.serve("openalex", OpenAlexReplica(works(250), KEY), search="x", api_key=KEY)
    run = desk.run("openalex")
    assert (run.outcome, run.counts.new) == ("done", 250)
    requests = desk.requests("openalex")
    assert requests[0].params["cursor"] == "*"
    assert (
        len({each.params["cursor"] for each in requests}) == len(requests) == 4
    )  # the last is empty
    assert {origin for origin, _ in desk.places()} == {f"{desk.servers['openalex'].address}/works"}


def test_the_next_run_looks_at_the_overlap_again(desk):
    replica = OpenAlexReplica(works(40))
    desk.serve("openalex", replica, search="texts")
    desk.run("openalex")
    replica.works.append(openalex_work(900, "2026-09-12"))  # came in late
    replica.works.append(openalex_work(901, "2026-09-24"))
    desk.pass_days(5)
    desk.requests("openalex")
    run = desk.run("openalex")
    assert (run.counts.read, run.counts.new) == (2, 2)
    assert "from_publication_date:2026-09-06" in desk.requests("openalex")[0].params["filter"]


def test_another_question_begins_anew(desk):
    desk.serve("openalex", OpenAlexReplica(works(5)), search="texts")
    desk.run("openalex")
    desk.requests("openalex")
    desk.run("openalex", topics=["T1"])
    assert "from_publication_date:2026-08-21" in desk.requests("openalex")[0].params["filter"]


@pytest.mark.parametrize("key", ["", KEY])
def test_a_run_that_was_broken_off_goes_on_where_it_was(desk, key):
    options = {"api_key": key} if key else {}
    server = desk.serve("openalex", OpenAlexReplica(works(350), key), search="x", **options)
    server.interject(None, None, *[too_often(5)] * 5)
    broken = desk.run("openalex")
    assert (broken.outcome, broken.counts.read) == ("unavailable", 200)
    desk.requests("openalex")
    rest = desk.run("openalex")
    assert (rest.outcome, rest.counts.read, rest.counts.new) == ("done", 150, 150)
    assert desk.store.count() == 350


def test_when_a_key_came_meanwhile_the_window_starts_over(desk):
    replica = OpenAlexReplica(works(250), KEY)
    server = desk.serve("openalex", replica, search="x")
    server.interject(None, *[too_often(1)] * 5)
    assert desk.run("openalex").counts.read == 100
    run = desk.run("openalex", api_key=KEY)
    assert (run.outcome, run.counts.new, run.counts.duplicates) == ("done", 150, 100)


def test_a_used_up_day_says_when_to_come_back(desk):
    server = desk.serve("openalex", OpenAlexReplica(works(5)), search="x")
    server.interject(too_often(40_000))
    run = desk.run("openalex")
    assert run.outcome == "unavailable"
    assert run.retry_at is not None
    assert run.retry_at > desk.now + dt.timedelta(hours=11)


def test_a_wrong_key_is_refused_and_never_shown(desk):
    desk.serve("openalex", OpenAlexReplica([], KEY), search="x", api_key="not-the-key")
    run = desk.run("openalex")
    assert run.outcome == "refused"
    assert "key" in run.message
    assert "not-the-key" not in run.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "set one of search, filter, topics"),
        ({"search": "x", "follow": "updated"}, "needs api_key"),
    ],
)
def test_what_is_missing_is_said(desk, options, words):
    desk.serve("openalex", OpenAlexReplica([]))
    run = desk.run("openalex", **options)
    assert run.outcome == "refused"
    assert words in run.message
    assert desk.requests("openalex") == []


def test_one_bad_work_costs_only_itself(desk):
    # Whatever stands in the list: the replica would sort it, so it is given as it is.
    answer = sample("openalex.json")
    answer["results"] += [None, "stray"]
    desk.serve("openalex", lambda request: json_reply(answer), search="x")
    run = desk.run("openalex")
    assert (run.counts.new, run.counts.rejected) == (3, 2)
    reasons = {each.reason for each in desk.store.iter_rejected()}
    assert reasons == {"it has no title", "a JSON object is expected, not a text"}
