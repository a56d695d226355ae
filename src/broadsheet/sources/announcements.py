"""When arXiv announces papers, and why an evening brings none. Pure.

Source  https://info.arxiv.org/help/availability.html, its lists of 2023, 2025 and 2026.
arXiv keeps seven of the eleven US federal holidays, and each year some evenings between
Christmas and New Year that no rule gives. So this explains an empty answer and never
keeps a source from asking.
"""

import datetime as dt
from zoneinfo import ZoneInfo

EASTERN = "America/New_York"
EVENINGS = frozenset((6, 0, 1, 2, 3))
"""Days of the week with an announcement (0 is Monday)."""
_ANNOUNCED = dt.time(20)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6


def find_holiday(day: dt.date) -> str:
    """Return the holiday for which arXiv announces nothing in the evening of ``day``; "" for none.

    A holiday on a Saturday or Sunday is observed on Friday or Monday. Friday's papers are
    announced on Sunday, so a Friday's holiday is Sunday's too, as on 6 July 2025.
    """
    holiday = day - dt.timedelta(2) if day.weekday() == _SUNDAY else day
    for year in (holiday.year, holiday.year + 1):
        for name, date in _holidays(year):
            if holiday == _observed(date):
                return name
    return ""


def next_announcement(moment: dt.datetime) -> dt.datetime:
    """The first announcement due after ``moment``, in New York's time."""
    day = moment.astimezone(ZoneInfo(EASTERN)).date()
    while True:
        due = dt.datetime.combine(day, _ANNOUNCED, ZoneInfo(EASTERN))
        if due > moment and day.weekday() in EVENINGS and not find_holiday(day):
            return due
        day += dt.timedelta(1)


def explain_quiet(moment: dt.datetime) -> str:
    """Why a run at ``moment`` (UTC) finds nothing, and when arXiv announces next."""
    local = moment.astimezone(ZoneInfo(EASTERN))
    evening = local.date() if local.time() >= _ANNOUNCED else local.date() - dt.timedelta(1)
    following = next_announcement(moment)
    parts = [f"the next announcement is due on {following:%A} {following.day} {following:%B}"]
    holiday = find_holiday(evening)
    if evening.weekday() not in EVENINGS:
        parts.insert(0, "arXiv announces nothing on Friday and Saturday evenings")
    elif holiday:
        parts.insert(0, f"arXiv announces nothing on {holiday} ({evening.day} {evening:%B})")
    elif (evening.month, evening.day) >= (12, 24):
        parts.insert(0, "arXiv leaves out some evenings between Christmas and New Year")
    return ", ".join(parts) + ", 20:00 US Eastern"


def _holidays(year: int) -> tuple[tuple[str, dt.date], ...]:
    return (
        ("New Year's Day", dt.date(year, 1, 1)),
        ("Martin Luther King Jr. Day", _nth(year, 1, _MONDAY, 3)),
        ("Juneteenth", dt.date(year, 6, 19)),
        ("Independence Day", dt.date(year, 7, 4)),
        ("Labor Day", _nth(year, 9, _MONDAY, 1)),
        ("Thanksgiving", _nth(year, 11, _THURSDAY, 4)),
        ("Christmas Day", dt.date(year, 12, 25)),
    )


def _nth(year: int, month: int, weekday: int, number: int) -> dt.date:
    """As in "the third Monday of January"."""
    first = dt.date(year, month, 1)
    return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))


def _observed(date: dt.date) -> dt.date:
    return date + dt.timedelta({_SATURDAY: -1, _SUNDAY: 1}.get(date.weekday(), 0))
