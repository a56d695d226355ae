import datetime as dt
from typing import Any

import pytest

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError
from replicas.biorxiv import BiorxivReplica, entry
from replicas.server import Reply, json_reply


def paths(desk: Any) -> list[str]:
    return [request.path.removeprefix("/details/") for request in desk.requests("biorxiv")]


def test_both_servers_are_asked_page_by_page_and_go_on_from_the_last_day(desk):
    replica = BiorxivReplica([entry(n, "2026-11-18") for n in range(5)], size=2)
    replica.entries.append(entry(50, "2026-11-19", server="medRxiv"))
    desk.serve("biorxiv", replica)
    run = desk.run("biorxiv")
    assert (run.outcome, run.counts.new) == ("done", 6)
    # Windows of a week: 13 to 19, then the 20th, for each of the servers.
    assert paths(desk) == [
        *[f"biorxiv/2026-11-13/2026-11-19/{at}/json" for at in (0, 2, 4)],
        "biorxiv/2026-11-20/2026-11-20/0/json",
        "medrxiv/2026-11-13/2026-11-19/0/json",
        "medrxiv/2026-11-20/2026-11-20/0/json",
    ]
    replica.entries.append(entry(60, "2026-11-20"))
    desk.pass_days(1)
    run = desk.run("biorxiv")
    assert (run.counts.read, run.counts.new) == (1, 1)
    assert paths(desk)[0] == "biorxiv/2026-11-20/2026-11-21/0/json"
    assert desk.cursor("biorxiv") == {"biorxiv": "2026-11-21", "medrxiv": "2026-11-21"}


def test_versions_are_history_of_one_paper(desk):
    replica = BiorxivReplica([entry(7, "2026-11-16")])
    desk.serve("biorxiv", replica, servers=["biorxiv"])
    desk.run("biorxiv")
    replica.entries.append(
        entry(7, "2026-11-20", 2, title="A better title for currents", published="10.7554/x.1")
    )
    assert desk.run("biorxiv").counts.updated == 1
    (paper,) = desk.store.iter_papers()
    assert paper.title == "A better title for currents"
    assert [(v.number, str(v.date)) for v in paper.versions] == [
        (1, "2026-11-16"),
        (2, "2026-11-20"),
    ]
    assert paper.published == PartialDate(2026, 11, 16)
    assert desk.paper("doi:10.7554/x.1").id == paper.id
    # An earlier version that comes once more changes nothing.
    assert desk.run("biorxiv", since=dt.date(2026, 11, 16)).counts.duplicates == 2
    assert desk.paper(paper.id).title == "A better title for currents"


def test_one_bad_entry_is_rejected_and_the_rest_go_on(desk):
    bad = entry(2, "2026-11-19", title=None)
    replica = BiorxivReplica([entry(1, "2026-11-19"), bad, None, entry(3, "2026-11-19")])
    desk.serve("biorxiv", replica, servers=["biorxiv"])
    run = desk.run("biorxiv", since=dt.date(2026, 11, 19))
    assert (run.counts.new, run.counts.rejected) == (2, 2)
    reasons = {rejected.reason for rejected in desk.store.iter_rejected()}
    assert reasons == {"it has no title", "a JSON object is expected, not null"}


def test_a_weekend_without_posts_is_an_empty_run(desk):
    desk.serve("biorxiv", BiorxivReplica(), servers=["medrxiv"])
    run = desk.run("biorxiv")
    assert (run.outcome, run.counts.read) == ("unchanged", 0)
    assert desk.cursor("biorxiv") == {"medrxiv": "2026-11-20"}


def test_subjects_are_asked_for_by_name(desk):
    posted = [entry(1, "2026-11-20", category="cell biology"), entry(2, "2026-11-20")]
    desk.serve("biorxiv", BiorxivReplica(posted), servers=["biorxiv"], categories=["Cell Biology"])
    assert desk.run("biorxiv").counts.new == 1
    assert {request.params["category"] for request in desk.requests("biorxiv")} == {"cell_biology"}


def test_a_busy_server_is_waited_for(desk):
    server = desk.serve("biorxiv", BiorxivReplica([entry(1, "2026-11-18")]), servers=["biorxiv"])
    server.interject(
        Reply(status=503, headers={"Retry-After": "40"}), Reply(b""), Reply(status=429)
    )
    run = desk.run("biorxiv")
    assert (run.outcome, run.counts.new) == ("done", 1)
    assert max(desk.waited) >= 40


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"Error: (2002) Connection refused"), "bioRxiv did not answer in JSON"),
        (
            json_reply({"messages": [{"status": "Error: bad interval"}]}),
            "says: Error: bad interval",
        ),
        (json_reply({"collection": []}), "has no messages"),
    ],
)
def test_what_is_no_answer_is_said(desk, reply, words):
    server = desk.serve("biorxiv", BiorxivReplica([entry(1, "2026-11-18")]), servers=["biorxiv"])
    server.interject(None, reply)
    run = desk.run("biorxiv")
    assert run.outcome == "refused"
    assert words in run.message
    # Earlier pages are stored, and the next run begins with the interrupted window.
    assert desk.store.count() == 1
    assert desk.run("biorxiv").outcome == "unchanged"


@pytest.mark.parametrize("killed_at", [1, 2, 3, 5, 7])
def test_a_crash_loses_and_doubles_nothing(desk, killed_at):
    posted = [entry(n, f"2026-11-{n + 1:02d}", n % 2 + 1) for n in range(19)]
    desk.serve("biorxiv", BiorxivReplica(posted, size=3), servers=["biorxiv"])
    desk.run("biorxiv", since=dt.date(2026, 11, 1), killed_at=killed_at)
    # The first window is done after its three pages and the mark behind them.
    desk.run("biorxiv") if desk.cursor("biorxiv") else desk.run("biorxiv", dt.date(2026, 11, 1))
    assert desk.store.count() == 19
    assert desk.cursor("biorxiv") == {"biorxiv": "2026-11-20"}


def test_an_unknown_server_is_told_with_the_legal_ones(desk):
    desk.serve("biorxiv", BiorxivReplica(), servers=["chemrxiv"])
    with pytest.raises(InvalidInputError, match=r"servers.*'biorxiv' or 'medrxiv'"):
        desk.run("biorxiv")
