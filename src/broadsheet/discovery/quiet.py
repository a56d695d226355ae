"""Why a day has no papers, in sentences. Pure."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from broadsheet.domain.periods import RollOver
from broadsheet.domain.sync import FAILURES, SourceStatus
from broadsheet.sources.announcements import EASTERN, EVENINGS, find_holiday, next_announcement


def explain_quiet_day(
    day: dt.date,
    now: dt.datetime,
    roll_over: RollOver,
    sources: Sequence[SourceStatus],
) -> list[str]:
    """Sentences that say why ``day`` has no papers: the surest first.

    ``now`` is aware. Times are given in the zone of ``roll_over``. Empty if nothing is known:
    a day of the past on which the sources simply brought nothing.
    """
    today = roll_over.day_of(now)
    if day > today:
        return ["This day is still to come."]
    on = [source for source in sources if source.on]
    arxiv = any(source.name.startswith("arxiv") for source in on)
    sentences = [_calendar(day)] if arxiv else []
    sentences += [_trouble(source) for source in on if _failed(source)]
    if day == today:
        sentences += _waiting(on, now, roll_over, arxiv)
    if not on and day == today:
        sentences.append("No source is switched on, so that nothing new comes by itself.")
    return [sentence for sentence in sentences if sentence]


def _calendar(day: dt.date) -> str:
    """Why arXiv announces nothing for ``day``, whose papers it tells of the evening before."""
    evening = day - dt.timedelta(1)
    if day.weekday() >= 5 or evening.weekday() not in EVENINGS:
        return "It is a weekend: arXiv announces nothing on Friday and Saturday evenings."
    holiday = find_holiday(evening)
    if holiday:
        return f"arXiv announced nothing in the evening before: {holiday}."
    if (evening.month, evening.day) >= (12, 24):
        return "arXiv leaves out some evenings between Christmas and New Year."
    return ""


def _failed(source: SourceStatus) -> bool:
    return source.last_run is not None and source.last_run.outcome in FAILURES


def _trouble(source: SourceStatus) -> str:
    run = source.last_run
    message = run.message.rstrip(".") if run and run.message else "its last run failed"
    return f"{source.title} has trouble: {message}."


def _waiting(
    on: Sequence[SourceStatus], now: dt.datetime, roll_over: RollOver, arxiv: bool
) -> list[str]:
    """Return the sources that today still waits for."""
    zone = ZoneInfo(roll_over.zone)
    begin = roll_over.begin_of(roll_over.day_of(now))
    sentences = []
    fetched = [source.last_run.started_at for source in on if source.last_run]
    if on and (not fetched or max(fetched) < begin):
        sentences.append("Nothing was fetched yet today.")
    upcoming = [(source.next_at, source) for source in on if source.next_at]
    if upcoming:
        moment, source = min(upcoming, key=lambda each: each[0])
        at = moment.astimezone(zone)
        sentences.append(
            f"{source.title} runs next at {at:%H:%M} on {_day(at)} ({roll_over.zone})."
        )
    if arxiv:
        due = next_announcement(now.astimezone(ZoneInfo(EASTERN))).astimezone(zone)
        sentences.append(
            f"arXiv’s next announcement is due at {due:%H:%M} on {_day(due)} ({roll_over.zone})."
        )
    return sentences


def _day(moment: dt.datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B}"
