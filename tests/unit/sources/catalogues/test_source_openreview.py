"""OpenReview: groups of a venue, the last changed first, down to known notes."""

import datetime as dt

import pytest

from replicas.catalogues import OpenReviewReplica, openreview_note, sample
from replicas.server import Reply, json_reply

VENUE = "LongTexts.cc/2026/Conference"


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr("broadsheet.sources.openreview._PAGE_SIZE", 10)


def notes(count: int, venue: str = VENUE, start: int = 0) -> list[dict]:
    return [openreview_note(number, venue, number) for number in range(start, start + count)]


def offsets(desk) -> list[tuple[str, str]]:
    return [
        (each.params["content.venueid"].removeprefix(VENUE), each.params["offset"])
        for each in desk.requests("openreview")
    ]


def test_every_group_of_a_venue_is_read_to_its_end(desk, small_pages):
    withdrawn = notes(3, f"{VENUE}/Withdrawn_Submission", 100)
    desk.serve("openreview", OpenReviewReplica(notes(25) + withdrawn), venues=[VENUE])
    run = desk.run("openreview")
    assert (run.outcome, run.counts.new) == ("done", 28)
    assert offsets(desk) == [
        ("", "0"), ("", "10"), ("", "20"), ("/Submission", "0"), ("/Rejected_Submission", "0"),
        ("/Withdrawn_Submission", "0"), ("/Desk_Rejected_Submission", "0"),
    ]  # fmt: skip
    assert desk.store.get("openreview:note000100").status == "withdrawn from LongTexts 2026 Poster"


def test_a_later_run_stops_at_what_it_knows(desk, small_pages):
    replica = OpenReviewReplica(notes(45))
    desk.serve("openreview", replica, venues=[VENUE], fates=["accepted"])
    desk.run("openreview")
    desk.requests("openreview")
    replica.notes[7] = openreview_note(7, VENUE, 300, title="A title made better")
    run = desk.run("openreview")
    assert (run.counts.read, run.counts.updated) == (10, 1)
    assert offsets(desk) == [("", "0")]
    assert desk.store.get("openreview:note000007").title == "A title made better"


def test_a_decision_moves_a_paper_and_its_status(desk):
    replica = OpenReviewReplica([openreview_note(1, f"{VENUE}/Submission", 5, called="Submitted to LongTexts 2026")])  # fmt: skip
    desk.serve("openreview", replica, venues=[VENUE])
    desk.run("openreview")
    assert desk.store.get("openreview:note000001").status == "under review at LongTexts 2026"
    replica.notes = [openreview_note(1, VENUE, 40, called="LongTexts 2026 Spotlight")]
    desk.run("openreview")
    paper = desk.store.get("openreview:note000001")
    assert (paper.status, paper.venue) == ("Spotlight", "LongTexts 2026")
    replica.notes = [openreview_note(1, f"{VENUE}/Withdrawn_Submission", 60, called="LongTexts 2026 Conference Withdrawn Submission")]  # fmt: skip
    desk.run("openreview")
    assert desk.store.get("openreview:note000001").status == "withdrawn from LongTexts 2026"


def test_a_broken_run_goes_on_with_its_group_and_offset(desk, small_pages):
    replica = OpenReviewReplica(notes(12) + notes(25, f"{VENUE}/Submission", 100))
    server = desk.serve("openreview", replica, venues=[VENUE], fates=["accepted", "submitted"])
    server.interject(None, None, None, *[Reply(status=503)] * 5)
    broken = desk.run("openreview")
    assert (broken.outcome, broken.counts.read) == ("unavailable", 22)
    desk.requests("openreview")
    # Meanwhile a note known already is changed and moves to the front.
    replica.notes[13] = openreview_note(101, f"{VENUE}/Submission", 400, title="Changed meanwhile")
    rest = desk.run("openreview")
    assert offsets(desk) == [("/Submission", "10"), ("/Submission", "20")]
    assert rest.counts.rejected == 0
    assert desk.store.count() == 36  # all but the one that moved
    after = desk.run("openreview")
    assert after.counts.new == 1
    assert desk.store.count() == 37
    assert desk.store.get("openreview:note000101").title == "Changed meanwhile"


def test_since_wins_over_what_is_known(desk, small_pages):
    desk.serve("openreview", OpenReviewReplica(notes(45)), venues=[VENUE], fates=["accepted"])
    desk.run("openreview")
    desk.requests("openreview")
    run = desk.run("openreview", since=dt.date(2026, 1, 21))
    assert offsets(desk) == [("", "0"), ("", "10"), ("", "20")]
    assert run.counts.duplicates == 30


def test_a_journal_has_other_groups_and_reviews_are_fetched_on_request(desk):
    desk.serve("openreview", OpenReviewReplica([]), venues=["TMLR"], ratings=True, token="s3cret")
    desk.run("openreview")
    requests = desk.requests("openreview")
    names = [each.params["content.venueid"] for each in requests]
    assert names[:5] == [
        "TMLR", "TMLR/Retracted_Acceptance", "TMLR/Submitted", "TMLR/Under_Review",
        "TMLR/Decision_Pending",
    ]  # fmt: skip
    assert requests[0].params["details"] == "directReplies"
    assert requests[0].params["limit"] == "25"
    assert requests[0].headers["authorization"] == "Bearer s3cret"


def test_one_bad_note_costs_only_itself(desk):
    answer = sample("openreview.json")
    desk.serve("openreview", lambda request: json_reply(answer), venues=[VENUE], fates=["accepted"])
    run = desk.run("openreview")
    assert (run.counts.new, run.counts.rejected) == (3, 2)


def test_nothing_chosen_is_said(desk):
    desk.serve("openreview", OpenReviewReplica([]))
    assert "set one of venues" in desk.run("openreview").message
