"""Days, weeks, months and years, and when a day begins."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.periods import PERIOD_KINDS, Period, RollOver


@pytest.mark.parametrize("kind", PERIOD_KINDS)
@given(day=st.dates(min_value=dt.date(1001, 1, 1)))
def test_periods_follow_each_other_without_gap(kind, day):
    period = Period.containing(kind, day)
    assert period.first <= day <= period.last
    assert Period.parse(kind, str(period)) == period
    assert period.holds(PartialDate.from_date(day))
    following = period.following()
    if following:
        assert following.first == period.last + dt.timedelta(1)
        assert following.previous() == period


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("day", "2026-02-30"),
        ("day", "2026-2-3"),
        ("day", "2026-02"),
        ("week", "2026-W54"),
        ("week", "2026-W00"),
        ("week", "2026-23"),
        ("month", "2026-13"),
        ("month", "2026-06-01"),
        ("year", "26"),
        ("year", "today"),
    ],
)
def test_what_names_no_period_is_none(kind, name):
    assert Period.parse(kind, name) is None


def test_a_week_may_begin_in_another_year():
    week = Period.parse("week", "2026-W01")
    assert (week.first, week.last) == (dt.date(2025, 12, 29), dt.date(2026, 1, 4))
    assert not week.holds(PartialDate(2026))
    assert not week.holds(PartialDate(2026, 1))


@pytest.mark.parametrize(
    ("roll_over", "moment", "day"),
    [
        (RollOver(), "2026-06-02T00:00:00+00:00", "2026-06-02"),
        (RollOver(), "2026-06-01T23:30:00-05:00", "2026-06-02"),
        # As the reference service has it: from half past nine in the evening, New York.
        (RollOver(dt.time(21, 30), "America/New_York"), "2026-06-02T01:29:00+00:00", "2026-06-01"),
        (RollOver(dt.time(21, 30), "America/New_York"), "2026-06-02T01:30:00+00:00", "2026-06-02"),
        (RollOver(dt.time(6), "Europe/Berlin"), "2026-06-02T05:59:00+02:00", "2026-06-01"),
        (RollOver(dt.time(6), "Europe/Berlin"), "2026-06-02T06:00:00+02:00", "2026-06-02"),
    ],
)
def test_a_day_begins_at_the_roll_over(roll_over, moment, day):
    assert roll_over.day_of(dt.datetime.fromisoformat(moment)) == dt.date.fromisoformat(day)


@given(
    day=st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    time=st.times().map(lambda time: time.replace(microsecond=0)),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
)
def test_a_day_begins_where_the_one_before_ends(day, time, zone):
    roll_over = RollOver(time, zone)
    begin = roll_over.begin_of(day)
    # On the morning the clocks go forward, a time that does not exist is read as an hour later.
    if roll_over.day_of(begin) == day:
        earlier = roll_over.day_of(begin - dt.timedelta(hours=2))
        assert earlier == day - dt.timedelta(1)
