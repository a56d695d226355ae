"""When an issue is due. Pure: decides from the schedule and the clock.

A period is named after its local date, so that a subscription has one issue a date whatever
daylight saving, a moved zone or a sleeping machine do: the name is unique in the store.

Local times that do not exist (the clock leaps over them) are due when the clock has leapt;
times that exist twice are due the first time.
"""

import datetime as dt
import hashlib
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broadsheet.domain.digest import WEEKDAYS, Every, Period, Schedule
from broadsheet.domain.errors import InvalidInputError


def parse_schedule(every: str, at: str, zone: str) -> Schedule:
    """Read a schedule as readers write it.

    ``every`` is daily, weekdays or weekly:DAY (mon … sun), ``at`` HH:MM, ``zone`` an IANA name.
    Raises InvalidInputError naming the legal values.
    """
    kind, _, day = every.strip().lower().partition(":")
    kinds: dict[str, Every] = {"daily": "daily", "weekdays": "weekdays", "weekly": "weekly"}
    if kind not in kinds or (day and kind != "weekly"):
        raise InvalidInputError(
            f"{every!r} is no rhythm of a digest; legal are daily, weekdays and weekly:DAY "
            f"(DAY is one of {', '.join(WEEKDAYS)})"
        )
    if kind == "weekly" and day[:3] not in WEEKDAYS:
        raise InvalidInputError(
            f"{every!r} names no day of the week; write weekly:DAY with DAY one of "
            f"{', '.join(WEEKDAYS)}"
        )
    weekday = WEEKDAYS.index(day[:3]) if day else 0
    return Schedule(kinds[kind], _parse_time(at), check_zone(zone), weekday)


def _parse_time(text: str) -> dt.time:
    hours, colon, minutes = text.strip().partition(":")
    digits = colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2
    if digits and int(hours) < 24 and int(minutes) < 60:
        return dt.time(int(hours), int(minutes))
    raise InvalidInputError(f"{text!r} is no time of day; write it as HH:MM, for example 07:00")


def check_zone(name: str) -> str:
    """Return an IANA zone's name; raises InvalidInputError for any other."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError(
            f"{name!r} is no time zone; use an IANA name, for example Europe/Berlin or UTC"
        ) from None
    return name


def find_due_period(schedule: Schedule, now: dt.datetime) -> Period:
    """The newest period whose issue is due at ``now`` (UTC)."""
    day = now.astimezone(ZoneInfo(schedule.zone)).date()
    for back in range(9):
        period = _period_on(schedule, day - dt.timedelta(back))
        if period and period.due_at <= now:
            return period
    raise AssertionError("every schedule has a period in nine days")


def find_next_period(schedule: Schedule, now: dt.datetime) -> Period:
    """The first period due after ``now`` (UTC)."""
    day = now.astimezone(ZoneInfo(schedule.zone)).date() - dt.timedelta(1)
    for ahead in range(11):
        period = _period_on(schedule, day + dt.timedelta(ahead))
        if period and period.due_at > now:
            return period
    raise AssertionError("every schedule has a period in eleven days")


def days_covered(schedule: Schedule) -> int:
    """How many days an issue looks back at least; weekends are bridged."""
    return {"daily": 3, "weekdays": 4, "weekly": 8}[schedule.every]


def spread(subscription: int, minutes: int) -> dt.timedelta:
    """How much later than due a subscription's issue is sent: the same each time, from 0 to
    ``minutes``, so that thousands of messages do not leave in one moment."""
    digest = hashlib.blake2b(str(subscription).encode(), digest_size=8).digest()
    return dt.timedelta(minutes=minutes * int.from_bytes(digest) / 2**64)


def _period_on(schedule: Schedule, day: dt.date) -> Period | None:
    if schedule.every == "weekdays" and day.weekday() > 4:
        return None
    if schedule.every == "weekly" and day.weekday() != schedule.weekday:
        return None
    local = dt.datetime.combine(day, schedule.at, ZoneInfo(schedule.zone))
    return Period(day.isoformat(), local.astimezone(dt.UTC))
