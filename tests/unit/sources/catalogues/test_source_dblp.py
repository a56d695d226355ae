"""DBLP: streams, authors and queries, a year at a time."""

from replicas.catalogues import DblpReplica, dblp_hit, sample, too_often
from replicas.server import Reply

STREAM = "conf/longtexts"


def hits(count: int, year: int) -> list[dict]:
    return [
        dblp_hit(f"{STREAM}/Roe{year % 100}x{n}", year, f"Text number {n} of {year}", doi=f"10.5555/{year}.{n}")
        for n in range(count)
    ]  # fmt: skip


def test_every_question_is_asked_for_every_year_page_by_page(desk):
    desk.serve("dblp", DblpReplica([*hits(25, 2025), *hits(12, 2026)], most=10), streams=[STREAM])
    run = desk.run("dblp")
    assert (run.outcome, run.counts.new) == ("done", 37)
    requests = [(each.params["q"], each.params["f"]) for each in desk.requests("dblp")]
    last, this = (f"stream:streams/{STREAM}: year:{year}:" for year in (2025, 2026))
    assert requests == [(last, "0"), (last, "10"), (last, "20"), (this, "0"), (this, "10")]
    assert min(desk.waited) == 2.0  # seconds between requests, as DBLP asks


def test_later_runs_ask_for_this_year_and_in_spring_for_the_last_too(desk):
    replica = DblpReplica(hits(3, 2026))
    desk.serve("dblp", replica, streams=[STREAM])
    desk.run("dblp")
    replica.hits += hits(5, 2026)[3:]
    desk.requests("dblp")
    run = desk.run("dblp")
    assert (run.counts.new, run.counts.duplicates) == (2, 3)
    assert [each.params["q"][-5:-1] for each in desk.requests("dblp")] == ["2026"]
    desk.pass_days(150)  # February
    desk.run("dblp")
    assert [each.params["q"][-5:-1] for each in desk.requests("dblp")] == ["2026", "2027"]
    desk.run("dblp")
    assert [each.params["q"][-5:-1] for each in desk.requests("dblp")] == ["2026", "2027"]


def test_authors_and_queries_are_questions_too(desk):
    desk.serve(
        "dblp", DblpReplica([]), authors=["Ada Byron 0002"], queries=["sparse attention"], years=0
    )
    run = desk.run("dblp")
    assert run.outcome == "unchanged"
    assert [each.params["q"] for each in desk.requests("dblp")] == [
        "author:Ada_Byron_0002: year:2026:",
        "sparse attention year:2026:",
    ]  # fmt: skip


def test_a_broken_run_goes_on_with_its_question_and_hit(desk):
    replica = DblpReplica([*hits(25, 2025), *hits(5, 2026)], most=10)
    server = desk.serve("dblp", replica, streams=[STREAM])
    server.interject(None, None, *[too_often(20)] * 5)
    assert desk.run("dblp").outcome == "unavailable"
    assert max(desk.waited) >= 20
    desk.requests("dblp")
    rest = desk.run("dblp")
    assert (rest.counts.new, rest.counts.duplicates) == (10, 0)
    assert desk.requests("dblp")[0].params["f"] == "20"
    assert desk.store.count() == 30


def test_proceedings_are_no_papers_and_what_is_damaged_is_rejected(desk):
    hits = sample("dblp.json")["result"]["hits"]["hit"]
    desk.serve("dblp", DblpReplica(hits), queries=["texts"], years=0)
    run = desk.run("dblp")
    assert (run.counts.new, run.counts.rejected) == (2, 1)


def test_a_check_for_robots_is_said_in_words(desk):
    page = Reply("<!DOCTYPE html><title>Checking your browser", content_type="text/html")
    desk.serve("dblp", lambda request: page, streams=[STREAM])
    run = desk.run("dblp")
    assert run.outcome == "refused"
    assert "DBLP did not answer in JSON" in run.message
    assert "robot" in run.message


def test_nothing_chosen_is_said(desk):
    desk.serve("dblp", DblpReplica([]))
    assert "set one of streams, authors, queries" in desk.run("dblp").message
