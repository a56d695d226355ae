"""When sources run: pure, so every case is a table."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain.sync import Outcome, SourceRun
from broadsheet.sources.schedule import (
    ARXIV,
    ARXIV_FEEDS,
    FIRST_RETRY,
    LONGEST_RETRY,
    At,
    Every,
    Rhythm,
    decide_next,
    retry_pause,
)

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def run(
    started: dt.datetime,
    outcome: Outcome = "done",
    failures: int = 0,
    retry_at: dt.datetime | None = None,
) -> SourceRun:
    finished = None if outcome == "running" else started + dt.timedelta(minutes=5)
    return SourceRun(1, "s", started, finished, outcome, failures=failures, retry_at=retry_at)


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        # Winter: 20:05 in New York is 01:05 UTC of the next day.
        ("2026-03-02T12:00", "2026-03-03T01:05"),
        ("2026-03-03T01:05", "2026-03-03T03:15"),
        ("2026-03-03T03:15", "2026-03-04T01:05"),
        # Nothing on Friday and Saturday evenings: from Thursday's to Sunday's.
        ("2026-03-06T03:15", "2026-03-09T00:05"),
        # In the night before that Sunday the clocks went forward: UTC-4 from now on.
        ("2026-03-09T00:05", "2026-03-09T02:15"),
        # And back in the night to Sunday 1 November 2026.
        ("2026-10-30T02:15", "2026-11-02T01:05"),
        ("2026-10-29T12:00", "2026-10-30T00:05"),
    ],
)
def test_arxiv_is_asked_after_its_announcements_in_summer_and_winter(after: str, slot: str):
    assert ARXIV.slot_after(utc(after)) == utc(slot)


def test_a_year_of_arxiv_has_every_announcement_once():
    moment, slots = utc("2026-01-01T00:00"), []
    while moment < utc("2027-01-01T00:00"):
        moment = ARXIV.slot_after(moment)
        slots.append(moment.astimezone(NEW_YORK))
    assert {(slot.hour, slot.minute) for slot in slots} == {(20, 5), (22, 15)}
    assert {slot.strftime("%a") for slot in slots} == {"Sun", "Mon", "Tue", "Wed", "Thu"}
    assert len({slot.date() for slot in slots}) == pytest.approx(365 * 5 / 7, abs=2)
    assert len(slots) == pytest.approx(2 * 365 * 5 / 7, abs=3)


def test_a_time_the_clock_leaps_over_comes_later_and_one_that_comes_twice_comes_once():
    berlin = At((dt.time(2, 30),), "Europe/Berlin")
    assert berlin.slot_after(utc("2026-03-28T12:00")) == utc("2026-03-29T01:30")
    assert berlin.slot_after(utc("2026-10-24T12:00")) == utc("2026-10-25T00:30")
    assert berlin.slot_after(utc("2026-10-25T00:30")) == utc("2026-10-26T01:30")


moments = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=dt.UTC)
)
rhythms = st.one_of(
    st.floats(0.1, 1000).map(Every),
    st.builds(
        At,
        st.lists(st.times(), min_size=1, max_size=4).map(tuple),
        st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
        st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    ),
)


@given(rhythms, moments)
def test_slots_come_after_and_in_order(rhythm: Rhythm, moment: dt.datetime):
    slots = [moment]
    for _ in range(6):
        slots.append(rhythm.slot_after(slots[-1]))
    assert all(before < after for before, after in pairwise(slots))


@given(rhythms, moments, st.floats(0, 1))
def test_however_much_was_missed_one_run_catches_up(
    rhythm: Rhythm, started: dt.datetime, share: float
):
    now = started + dt.timedelta(days=100)
    due = decide_next(rhythm, run(started), now, share)
    caught_up = decide_next(rhythm, run(now), now, share)
    assert started < due
    assert caught_up > now
    if isinstance(rhythm, At):
        assert due <= now


def test_a_source_that_never_ran_or_was_stopped_runs_at_once():
    assert decide_next(Every(24), None, MONDAY, 0.5) == MONDAY
    assert decide_next(Every(24), run(MONDAY, "stopped"), MONDAY, 0.5) == MONDAY


def test_jitter_is_a_part_of_the_time_between():
    hourly = decide_next(Every(1), run(MONDAY), MONDAY, 1.0)
    assert hourly == MONDAY + dt.timedelta(hours=1, minutes=3)
    daily = decide_next(Every(24), run(MONDAY), MONDAY, 1.0)
    assert daily == MONDAY + dt.timedelta(hours=24, minutes=20)
    assert decide_next(ARXIV, run(MONDAY), MONDAY, 0.5) == utc("2026-03-03T01:15")


@pytest.mark.parametrize("outcome", ["unavailable", "broken", "running"])
def test_a_failure_is_tried_again_after_a_pause_that_grows(outcome: Outcome):
    pauses = []
    for failures in (1, 2, 3, 12):
        last = run(MONDAY, outcome, failures)
        ended = last.finished_at or last.started_at
        pauses.append(decide_next(Every(24), last, MONDAY, 0.0) - ended)
    assert pauses == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4, LONGEST_RETRY]


def test_the_time_a_server_names_is_kept():
    named = MONDAY + dt.timedelta(hours=9)
    last = run(MONDAY, "unavailable", 1, retry_at=named)
    assert decide_next(Every(1), last, MONDAY, 0.0) == named
    assert decide_next(Every(1), last, MONDAY, 1.0) == named + dt.timedelta(minutes=5)


def test_what_was_refused_waits_for_its_regular_time():
    assert decide_next(Every(24), run(MONDAY, "refused", 1), MONDAY, 0.0) == MONDAY + dt.timedelta(
        1
    )
    soon = decide_next(Every(0.1), run(MONDAY, "refused", 3), MONDAY, 0.0)
    assert soon == MONDAY + dt.timedelta(minutes=5) + FIRST_RETRY * 4


def test_pauses_stay_within_bounds():
    assert retry_pause(1) == FIRST_RETRY
    assert retry_pause(10_000) == LONGEST_RETRY


def test_rhythms_say_what_they_are():
    assert str(Every(6)) == "every 6 hours"
    assert str(Every(1)) == "every hour"
    assert str(Every(0.25)) == "every 15 minutes"
    assert str(Every(24)) == "every day"
    assert str(Every(168)) == "every 7 days"
    assert str(At((dt.time(18), dt.time(6, 30)), "Europe/Berlin")) == (
        "at 06:30 and 18:00 Europe/Berlin"
    )
    assert str(At((dt.time(6),), weekdays=frozenset((0, 4)))) == "at 06:00 UTC, Mon Fri"
    assert "20:00 US Eastern" in str(ARXIV)
    assert "midnight" in str(ARXIV_FEEDS)
