"""Signals by day: written with the records that give them, joined when papers are."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.inserting import insert_rows
from broadsheet.backends.sql.reading import VOTE_CHANGES, in_chunks, read_meta, write_meta
from broadsheet.backends.sql.rows import number_of_day
from broadsheet.backends.sql.tables import reader_marks, signals
from broadsheet.domain.ingest import Plan

_Kind = tuple[int, str, str]
"""Paper, source and name of a signal."""


def write_signals(connection: Connection, plan: Plan, now: dt.datetime) -> None:
    """Store today's signals; an unchanged number needs no row.

    Of several numbers of one day the last counts.
    """
    came = {(each.paper, each.source, each.name): each.value for each in plan.readings}
    if not came:
        return
    today = number_of_day(now.date())
    created = {write.key for write in plan.created}
    latest = _latest(connection, sorted({paper for paper, _, _ in came} - created))
    rows, changed = [], []
    for kind, value in came.items():
        day, last = latest.get(kind, (0, None))
        if value == last:
            continue
        if day == today:
            changed.append((kind, value))
        else:
            rows.append((*kind, today, value, last))
    insert_rows(connection, signals, rows)
    for (paper, source, name), value in changed:
        connection.execute(
            sa.update(signals)
            .where(
                signals.c.paper == paper,
                signals.c.source == source,
                signals.c.name == name,
                signals.c.day == today,
            )
            .values(value=value)
        )


def _latest(connection: Connection, papers: Sequence[int]) -> dict[_Kind, tuple[int, float]]:
    """The last day and number of every signal of these papers."""
    latest: dict[_Kind, tuple[int, float]] = {}
    for chunk in in_chunks(papers):
        query = sa.select(signals).where(signals.c.paper.in_(chunk)).order_by(signals.c.day)
        for paper, source, name, day, value, _ in connection.execute(query):
            latest[paper, source, name] = (day, value)
    return latest


def join_signals(connection: Connection, removed: int, into: int) -> None:
    """Give a paper the signals of another that it was found to be; the larger number stays."""
    rows: dict[tuple[str, str, int], float] = {}
    both = signals.c.paper.in_([removed, into])
    for _, source, name, day, value, _ in connection.execute(sa.select(signals).where(both)):
        rows[source, name, day] = max(value, rows.get((source, name, day), value))
    if rows:
        connection.execute(sa.delete(signals).where(both))
        insert_rows(connection, signals, _with_previous(into, rows))


def _with_previous(
    paper: int, values: Mapping[tuple[str, str, int], float]
) -> list[tuple[int, str, str, int, float, float | None]]:
    """Rows of ``signals`` in order of days, each with the number before it."""
    rows = []
    before: tuple[tuple[str, str], float] | None = None
    for (source, name, day), value in sorted(values.items()):
        same = before is not None and before[0] == (source, name)
        rows.append((paper, source, name, day, value, before[1] if before and same else None))
        before = ((source, name), value)
    return rows


def record_votes(connection: Connection, paper: int, now: dt.datetime) -> int:
    """Write the number of votes that readers here gave a paper as today's signal; return it.

    Source "here", name "votes_here". The first vote grows from zero, so that it counts in trends.
    """
    voted = sa.and_(reader_marks.c.paper == paper, reader_marks.c.mark == "voted")
    votes = connection.execute(sa.select(sa.func.count()).where(voted)).scalar() or 0
    today = number_of_day(now.date())
    of_paper = sa.and_(
        signals.c.paper == paper, signals.c.source == "here", signals.c.name == "votes_here"
    )
    query = sa.select(signals.c.day, signals.c.value).where(of_paper)
    last = connection.execute(query.order_by(signals.c.day.desc()).limit(1)).first()
    if (last is None and not votes) or (last is not None and last.value == votes):
        return votes
    if last is not None and last.day == today:
        todays = sa.and_(of_paper, signals.c.day == today)
        connection.execute(sa.update(signals).where(todays).values(value=votes))
    else:
        previous = last.value if last else 0.0
        insert_rows(
            connection, signals, [(paper, "here", "votes_here", today, float(votes), previous)]
        )
    write_meta(connection, VOTE_CHANGES, read_meta(connection, VOTE_CHANGES) + 1)
    return votes
