"""When issues are due: one a period, whatever clocks and zones do."""

import datetime as dt
import zoneinfo

import pytest

from broadsheet.digest.schedule import (
    find_due_period,
    find_next_period,
    parse_schedule,
    spread,
)
from broadsheet.domain.digest import Schedule
from broadsheet.domain.errors import InvalidInputError


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_daily_issue_is_due_at_the_local_time():
    schedule = parse_schedule("daily", "07:00", "Europe/Berlin")
    assert find_due_period(schedule, utc("2026-12-01 05:59")).name == "2026-11-30"
    period = find_due_period(schedule, utc("2026-12-01 06:00"))
    assert (period.name, period.due_at) == ("2026-12-01", utc("2026-12-01 06:00"))


def test_weekdays_leave_out_saturday_and_sunday():
    schedule = parse_schedule("weekdays", "07:00", "UTC")
    assert find_due_period(schedule, utc("2026-12-06 12:00")).name == "2026-12-04"
    assert find_next_period(schedule, utc("2026-12-04 12:00")).name == "2026-12-07"


def test_a_weekly_issue_is_due_on_its_day():
    schedule = parse_schedule("weekly:wed", "18:30", "Asia/Kolkata")
    assert schedule.weekday == 2
    period = find_next_period(schedule, utc("2026-12-01 00:00"))
    assert (period.name, period.due_at) == ("2026-12-02", utc("2026-12-02 13:00"))


def test_a_time_that_the_clock_leaps_over_is_due_after_the_leap():
    schedule = parse_schedule("daily", "02:30", "Europe/Berlin")
    assert find_due_period(schedule, utc("2027-03-28 12:00")).due_at == utc("2027-03-28 01:30")


def test_a_time_that_comes_twice_is_due_the_first_time():
    schedule = parse_schedule("daily", "02:30", "Europe/Berlin")
    assert find_due_period(schedule, utc("2026-10-25 00:30")).name == "2026-10-25"
    assert find_due_period(schedule, utc("2026-10-25 01:30")).name == "2026-10-25"


@pytest.mark.parametrize("at", [dt.time(0, 0), dt.time(2, 30), dt.time(23, 59)])
def test_every_zone_has_one_period_a_day_for_two_years(at):
    """Zones with the same offsets over the two years behave alike, so one of each is enough."""
    first, days = dt.date(2026, 1, 1), 730
    noons = [dt.datetime.combine(first, dt.time(12)) + dt.timedelta(n) for n in range(days)]
    zones: dict[tuple[object, ...], str] = {}
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        zones.setdefault(tuple(noon.replace(tzinfo=zone).utcoffset() for noon in noons), name)
    assert len(zones) > 30
    for name in zones.values():
        schedule = Schedule("daily", at, name)
        period = find_next_period(schedule, utc("2025-12-31 23:30"))
        names = []
        while len(names) < days:
            names.append(period.name)
            assert find_due_period(schedule, period.due_at) == period
            following = find_next_period(schedule, period.due_at)
            assert following.due_at > period.due_at
            period = following
        start = dt.date.fromisoformat(names[0])
        expected = [(start + dt.timedelta(n)).isoformat() for n in range(days)]
        assert names == expected, name


@pytest.mark.parametrize(
    ("every", "at", "zone", "says"),
    [
        ("hourly", "07:00", "UTC", "daily, weekdays and weekly:DAY"),
        ("weekly:day", "07:00", "UTC", "mon, tue"),
        ("weekly", "07:00", "UTC", "weekly:DAY"),
        ("daily:mon", "07:00", "UTC", "daily, weekdays"),
        ("daily", "7 am", "UTC", "HH:MM"),
        ("daily", "24:00", "UTC", "HH:MM"),
        ("daily", "07:00", "Berlin", "Europe/Berlin"),
        ("daily", "07:00", "../etc/passwd", "IANA"),
    ],
)
def test_a_schedule_that_cannot_be_used_names_what_can(every, at, zone, says):
    with pytest.raises(InvalidInputError, match=says):
        parse_schedule(every, at, zone)


def test_sending_times_are_spread_and_stay_the_same():
    delays = [spread(number, 10) for number in range(1000)]
    assert all(dt.timedelta() <= delay < dt.timedelta(minutes=10) for delay in delays)
    assert delays == [spread(number, 10) for number in range(1000)]
    in_first_half = sum(delay < dt.timedelta(minutes=5) for delay in delays)
    assert 400 < in_first_half < 600
    assert spread(1, 0) == dt.timedelta()
