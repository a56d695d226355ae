"""Leases and states of background jobs, in the library's own database."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.database import kind_of
from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import time_of_number
from broadsheet.backends.sql.tables import jobs, leases
from broadsheet.domain.jobs import LONGEST_LEASE, JobState, LeaseState

_REMEMBERED = dt.timedelta(days=30)


class SqlJobStore:
    """Implements JobStore. A connection a call; nothing here must survive a power cut."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        now = kind_of(engine.dialect).seconds_now()
        self._now = now
        # Whole seconds: a lease lasts up to a second longer than asked, never shorter.
        self._expired = sa.or_(leases.c.expires_at < now, leases.c.expires_at > now + LONGEST_LEASE)

    def take_lease(self, name: str, holder: str, seconds: int, instead_of: str = "") -> bool:
        """See JobStore."""
        expires_at = self._now + seconds
        free = sa.or_(self._expired, leases.c.holder == instead_of)
        with write_transaction(self._engine, durable=False) as connection:
            update = connection.execute(
                sa.update(leases)
                .where(leases.c.name == name, free)
                .values(holder=holder, expires_at=expires_at)
            )
            if update.rowcount:
                return True
            query = sa.select(leases.c.name).where(leases.c.name == name)
            if connection.execute(query).first():
                return False
            values = {"name": name, "holder": holder, "expires_at": expires_at}
            connection.execute(sa.insert(leases).values(values))
            return True

    def renew_lease(self, name: str, holder: str, seconds: int) -> bool:
        """See JobStore."""
        with write_transaction(self._engine, durable=False) as connection:
            renewed = connection.execute(
                sa.update(leases)
                .where(leases.c.name == name, leases.c.holder == holder)
                .values(expires_at=self._now + seconds)
            )
            return bool(renewed.rowcount)

    def release_lease(self, name: str, holder: str) -> None:
        """See JobStore."""
        with write_transaction(self._engine, durable=False) as connection:
            connection.execute(
                sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder)
            )

    def find_lease(self, name: str) -> LeaseState | None:
        """See JobStore."""
        query = sa.select(leases.c.holder, self._expired).where(leases.c.name == name)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return LeaseState(name, row[0], bool(row[1])) if row else None

    def save_job(self, state: JobState) -> None:
        """See JobStore."""
        with write_transaction(self._engine, durable=False) as connection:
            _forget_old(connection, state.finished_at)
            where = (jobs.c.name == state.name, jobs.c.place == state.place)
            connection.execute(sa.delete(jobs).where(*where))
            connection.execute(
                sa.insert(jobs).values(
                    name=state.name,
                    place=state.place,
                    started_at=int(state.started_at.timestamp()),
                    finished_at=int(state.finished_at.timestamp()),
                    result=state.result,
                    error=state.error,
                    failures=state.failures,
                    retry_at=int(state.retry_at.timestamp()) if state.retry_at else None,
                )
            )

    def find_job(self, name: str, place: str) -> JobState | None:
        """See JobStore."""
        query = sa.select(jobs).where(jobs.c.name == name, jobs.c.place == place)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return _state_of_row(row) if row else None

    def job_states(self) -> Sequence[JobState]:
        """See JobStore."""
        query = sa.select(jobs).order_by(jobs.c.name, jobs.c.place)
        with read_transaction(self._engine) as connection:
            return [_state_of_row(row) for row in connection.execute(query)]


def _forget_old(connection: Connection, now: dt.datetime) -> None:
    oldest = int((now - _REMEMBERED).timestamp())
    connection.execute(sa.delete(jobs).where(jobs.c.finished_at < oldest))


def _state_of_row(row: sa.Row[Any]) -> JobState:
    return JobState(
        name=row.name,
        place=row.place,
        started_at=time_of_number(row.started_at),
        finished_at=time_of_number(row.finished_at),
        result=row.result,
        error=row.error,
        failures=row.failures,
        retry_at=time_of_number(row.retry_at) if row.retry_at is not None else None,
    )
