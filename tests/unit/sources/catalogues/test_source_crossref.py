"""Crossref: cursors that expire, types, notices."""

import pytest

from replicas.catalogues import CrossrefReplica, crossref_work, sample, too_often
from replicas.server import Reply, json_reply


def works(count: int) -> list[dict]:
    return [crossref_work(number) for number in range(count)]


def test_pages_go_by_cursor_until_one_is_not_full(desk):
    desk.serve("crossref", CrossrefReplica(works(45)), issns=["2999-0001"], page_size=20)
    run = desk.run("crossref")
    assert (run.outcome, run.counts.read, run.counts.new) == ("done", 45, 45)
    requests = desk.requests("crossref")
    assert [each.params["cursor"] for each in requests] == ["*", "gen0-20", "gen0-40"]
    assert requests[0].params["filter"] == (
        "issn:2999-0001,type:journal-article,type:proceedings-article,type:posted-content,"
        "from-update-date:2026-08-21"
    )
    assert "updated-by" in requests[0].params["select"]


def test_a_full_last_page_is_followed_by_an_empty_one(desk):
    desk.serve("crossref", CrossrefReplica(works(40)), query="texts", page_size=20)
    assert desk.run("crossref").counts.new == 40
    assert len(desk.requests("crossref")) == 3
    quiet = desk.run("crossref", since=None)
    assert quiet.outcome == "unchanged"


def test_the_address_and_the_token_go_along_and_stay_secret(desk):
    desk.serve(
        "crossref", CrossrefReplica(works(1)), query="x", mailto="me@lab.example", plus_token="t0ps3cret"
    )  # fmt: skip
    desk.run("crossref")
    (request,) = desk.requests("crossref")
    assert request.params["mailto"] == "me@lab.example"
    assert request.headers["crossref-plus-api-token"] == "Bearer t0ps3cret"
    assert desk.places() == {(f"{desk.servers['crossref'].address}/works", "10.5555/work.0")}


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_cursor_is_resumed_and_where_it_was_forgotten_the_window_starts_over(desk, forgotten):
    replica = CrossrefReplica(works(50))
    server = desk.serve("crossref", replica, prefixes=["10.5555"], page_size=20)
    server.interject(None, *[Reply(status=503)] * 5)
    broken = desk.run("crossref")
    assert (broken.outcome, broken.counts.read) == ("unavailable", 20)
    if forgotten:
        replica.forget()
    rest = desk.run("crossref")
    assert rest.outcome == "done"
    assert (rest.counts.new, rest.counts.duplicates) == (30, 20 if forgotten else 0)


def test_the_next_run_begins_a_day_before_the_last(desk):
    replica = CrossrefReplica([crossref_work(1, "2026-09-01")])
    desk.serve("crossref", replica, query="x")
    desk.run("crossref")
    replica.works.append(crossref_work(2, "2026-09-20"))
    desk.pass_days(3)
    run = desk.run("crossref")
    assert (run.counts.read, run.counts.new) == (1, 1)
    filters = [each.params["filter"].rpartition(":")[2] for each in desk.requests("crossref")]
    assert filters == ["2026-08-21", "2026-09-19"]


def test_too_many_requests_are_waited_for(desk):
    server = desk.serve("crossref", CrossrefReplica(works(3)), query="x")
    server.interject(too_often(30))
    assert desk.run("crossref").outcome == "done"
    assert max(desk.waited) >= 30


def test_a_retraction_that_comes_later_shows(desk):
    replica = CrossrefReplica([crossref_work(1)])
    desk.serve("crossref", replica, query="x", follow="index")
    desk.run("crossref")
    assert desk.store.get("doi:10.5555/work.1").status == ""
    notice = {"DOI": "10.5555/n", "type": "retraction", "updated": {"date-parts": [[2026, 9, 19]]}}
    replica.works[0]["updated-by"] = [notice]
    run = desk.run("crossref")
    assert (run.counts.read, run.counts.updated) == (1, 1)
    assert desk.store.get("doi:10.5555/work.1").status == "retracted"
    del replica.works[0]["updated-by"]  # an error that is undone counts too
    assert desk.run("crossref").counts.updated == 1
    assert desk.store.get("doi:10.5555/work.1").status == ""


def test_one_bad_work_costs_only_itself(desk):
    answer = sample("crossref.json")
    answer["message"]["items"].insert(1, None)
    answer["message"]["items"].insert(1, ["no work"])
    desk.serve("crossref", lambda request: json_reply(answer), query="x")
    run = desk.run("crossref")
    assert (run.counts.new, run.counts.rejected) == (3, 2)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("<html>Are you a robot?", content_type="text/html"), "it sent a web page"),
        (json_reply({"status": "ok", "message": {}}), "without a list of records"),
        (json_reply([1, 2]), "a JSON object is expected, not a list"),
    ],
)
def test_answers_that_are_none_are_refused_in_words(desk, reply, words):
    desk.serve("crossref", lambda request: reply, query="x")
    run = desk.run("crossref")
    assert run.outcome == "refused"
    assert words in run.message


def test_nothing_chosen_is_said(desk):
    desk.serve("crossref", CrossrefReplica([]))
    assert "set one of query, issns" in desk.run("crossref").message
