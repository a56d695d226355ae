"""Where sources stand and how their runs went, in the library's own database.

Beside the papers, so that a library restored from a backup fetches again what came
after the backup.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import time_of_number
from broadsheet.backends.sql.tables import source_cursors, source_runs, source_validators
from broadsheet.domain.ingest import ImportSummary
from broadsheet.domain.sync import FAILURES, Outcome, SourceRun, Validators

RUNS_KEPT = 200
"""Of each source."""

_DIED = "its process ended in the middle of it; the next run goes on from the last page stored"


class SqlSourceState:
    """Implements SourceState. A connection a call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cursor_of(self, source: str) -> Mapping[str, str]:
        """See SourceState."""
        query = sa.select(source_cursors.c.cursor).where(source_cursors.c.source == source)
        with read_transaction(self._engine) as connection:
            text = connection.execute(query).scalar()
        cursor: dict[str, str] = json.loads(text) if text else {}
        return cursor

    def find_validators(self, source: str, address: str) -> Validators | None:
        """See SourceState."""
        table = source_validators
        query = sa.select(table.c.etag, table.c.last_modified).where(
            table.c.source == source, table.c.address == address
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return Validators(*row) if row else None

    def begin_run(self, source: str, now: dt.datetime) -> SourceRun:
        """See SourceState."""
        table = source_runs
        with write_transaction(self._engine, durable=False) as connection:
            unended = sa.select(table.c.number).where(
                table.c.source == source, table.c.outcome == "running"
            )
            for (number,) in connection.execute(unended).all():
                _end(connection, number, now, "broken", _DIED, None)
            empty = dict.fromkeys(("read", "new", "updated", "duplicates", "rejected"), 0)
            inserted = connection.execute(
                sa.insert(table).values(
                    source=source,
                    started_at=int(now.timestamp()),
                    outcome="running",
                    message="",
                    failures=_failures_before(connection, source),
                    **empty,
                )
            ).inserted_primary_key
            number = inserted[0] if inserted else 0
            oldest = (
                sa.select(table.c.number)
                .where(table.c.source == source)
                .order_by(table.c.number.desc())
                .offset(RUNS_KEPT)
                .limit(1)
            )
            last = connection.execute(oldest).scalar()
            if last is not None:
                connection.execute(
                    sa.delete(table).where(table.c.source == source, table.c.number <= last)
                )
            return _run(connection, number)

    def save_page(
        self,
        run: int,
        counts: ImportSummary,
        cursor: Mapping[str, str],
        validators: Mapping[str, Validators],
    ) -> None:
        """See SourceState."""
        with write_transaction(self._engine, durable=False) as connection:
            source = connection.execute(
                sa.select(source_runs.c.source).where(source_runs.c.number == run)
            ).scalar_one()
            connection.execute(
                sa.update(source_runs)
                .where(source_runs.c.number == run)
                .values(
                    read=counts.read,
                    new=counts.new,
                    updated=counts.updated,
                    duplicates=counts.duplicates,
                    rejected=counts.rejected,
                )
            )
            text = json.dumps(dict(cursor), ensure_ascii=False)
            _put(connection, source_cursors, {"source": source}, {"cursor": text})
            for address, each in validators.items():
                where = {"source": source, "address": address}
                values = {"etag": each.etag, "last_modified": each.last_modified}
                _put(connection, source_validators, where, values)

    def end_run(
        self,
        run: int,
        now: dt.datetime,
        outcome: Outcome,
        message: str,
        retry_at: dt.datetime | None = None,
    ) -> SourceRun:
        """See SourceState."""
        with write_transaction(self._engine, durable=False) as connection:
            return _end(connection, run, now, outcome, message, retry_at)

    def last_runs(self) -> Mapping[str, SourceRun]:
        """See SourceState."""
        latest = sa.select(sa.func.max(source_runs.c.number)).group_by(source_runs.c.source)
        query = sa.select(source_runs).where(source_runs.c.number.in_(latest))
        with read_transaction(self._engine) as connection:
            runs = [_run_of_row(row) for row in connection.execute(query)]
        return {run.source: run for run in runs}

    def runs_of(self, source: str, limit: int) -> Sequence[SourceRun]:
        """See SourceState."""
        query = (
            sa.select(source_runs)
            .where(source_runs.c.source == source)
            .order_by(source_runs.c.number.desc())
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            return [_run_of_row(row) for row in connection.execute(query)]


def _failures_before(connection: Connection, source: str) -> int:
    query = (
        sa.select(source_runs.c.failures)
        .where(source_runs.c.source == source)
        .order_by(source_runs.c.number.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or 0


def _end(
    connection: Connection,
    run: int,
    now: dt.datetime,
    outcome: Outcome,
    message: str,
    retry_at: dt.datetime | None,
) -> SourceRun:
    # A run begins with the failures before it. One that was stopped says nothing about them.
    failures: Any = source_runs.c.failures
    if outcome in FAILURES:
        failures = failures + 1
    elif outcome != "stopped":
        failures = 0
    connection.execute(
        sa.update(source_runs)
        .where(source_runs.c.number == run)
        .values(
            finished_at=int(now.timestamp()),
            outcome=outcome,
            message=message,
            failures=failures,
            retry_at=int(retry_at.timestamp()) if retry_at else None,
        )
    )
    return _run(connection, run)


def _run(connection: Connection, number: int) -> SourceRun:
    query = sa.select(source_runs).where(source_runs.c.number == number)
    return _run_of_row(connection.execute(query).one())


def _run_of_row(row: sa.Row[Any]) -> SourceRun:
    return SourceRun(
        number=row.number,
        source=row.source,
        started_at=time_of_number(row.started_at),
        finished_at=time_of_number(row.finished_at) if row.finished_at is not None else None,
        outcome=row.outcome,
        counts=ImportSummary(row.read, row.new, row.updated, row.duplicates, row.rejected),
        message=row.message,
        failures=row.failures,
        retry_at=time_of_number(row.retry_at) if row.retry_at is not None else None,
    )


def _put(
    connection: Connection, table: sa.Table, where: dict[str, str], values: dict[str, str]
) -> None:
    """Update the row, or insert it where there is none."""
    update = connection.execute(
        sa.update(table)
        .where(*(table.c[name] == each for name, each in where.items()))
        .values(values)
    )
    if not update.rowcount:
        connection.execute(sa.insert(table).values(**where, **values))
