"""Screenings with their papers and labels; implements ScreeningStore."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.inserting import insert_rows
from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import screening_papers, screenings
from broadsheet.domain.screening import Screening, ScreeningPaper

_PAPERS = screening_papers.c


def _count(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    query = sa.select(sa.func.count(column)).where(_PAPERS.screening == screenings.c.id)
    return query.correlate(screenings).scalar_subquery()


_RELEVANT = sa.case((_PAPERS.relevant == 1, 1))
_SELECT = sa.select(*screenings.c, _count(_PAPERS.paper), _count(_PAPERS.number), _count(_RELEVANT))


class SqlScreeningStore:
    """See ScreeningStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, screening: Screening, papers: Sequence[int]) -> None:
        """See ScreeningStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                sa.insert(screenings).values(
                    id=screening.id,
                    account=screening.account,
                    title=screening.title,
                    query=screening.query,
                    recall=screening.recall,
                    confidence=screening.confidence,
                    created_at=number_of_time(screening.created_at),
                    review=screening.review or screening.id,
                )
            )
            insert_rows(
                connection,
                screening_papers,
                [
                    (screening.id, paper, place, None, None, None, None)
                    for place, paper in enumerate(dict.fromkeys(papers), 1)
                ],
            )

    def find(self, screening_id: str) -> Screening | None:
        """See ScreeningStore."""
        return next(iter(self._read(_SELECT.where(screenings.c.id == screening_id))), None)

    def of_account(self, account: str) -> Sequence[Screening]:
        """See ScreeningStore."""
        query = _SELECT.where(screenings.c.account == account)
        return self._read(query.order_by(screenings.c.created_at.desc(), screenings.c.id))

    def of_review(self, review: str) -> Sequence[Screening]:
        """See ScreeningStore."""
        query = _SELECT.where(screenings.c.review == review)
        joined = sa.case((screenings.c.id == review, 0), else_=1)
        return self._read(query.order_by(joined, screenings.c.created_at, screenings.c.id))

    def _read(self, query: sa.Select[Any]) -> list[Screening]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Screening(
                id_, account, title, text, recall, confidence, time_of_number(at), review, *counts
            )
            for id_, account, title, text, recall, confidence, at, review, *counts in rows
        ]

    def papers(self, screening_id: str) -> Sequence[ScreeningPaper]:
        """See ScreeningStore."""
        columns = (_PAPERS.paper, _PAPERS.place, _PAPERS.number, _PAPERS.relevant, _PAPERS.reason)
        query = sa.select(*columns).where(_PAPERS.screening == screening_id)
        query = query.order_by(_PAPERS.number.is_(None), _PAPERS.number, _PAPERS.place)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            ScreeningPaper(
                paper, place, number, None if relevant is None else bool(relevant), reason or ""
            )
            for paper, place, number, relevant, reason in rows
        ]

    def set_label(
        self, screening_id: str, paper: int, relevant: bool, reason: str, now: dt.datetime
    ) -> bool:
        """See ScreeningStore."""
        same = sa.and_(_PAPERS.screening == screening_id, _PAPERS.paper == paper)
        last = sa.select(sa.func.max(_PAPERS.number)).where(_PAPERS.screening == screening_id)
        with write_transaction(self._engine) as connection:
            number = connection.execute(sa.select(_PAPERS.number).where(same)).scalar()
            if number is None:
                number = (connection.execute(last).scalar() or 0) + 1
            update = sa.update(screening_papers).where(same)
            values = {
                "number": number,
                "relevant": int(relevant),
                "reason": reason or None,
                "at": number_of_time(now),
            }
            return bool(connection.execute(update.values(values)).rowcount)

    def undo(self, screening_id: str) -> int | None:
        """See ScreeningStore."""
        of_screening = sa.and_(_PAPERS.screening == screening_id, _PAPERS.number.is_not(None))
        last = sa.select(_PAPERS.paper).where(of_screening).order_by(_PAPERS.number.desc()).limit(1)
        with write_transaction(self._engine) as connection:
            paper: int | None = connection.execute(last).scalar()
            if paper is not None:
                same = sa.and_(_PAPERS.screening == screening_id, _PAPERS.paper == paper)
                unread = dict.fromkeys(("number", "relevant", "reason", "at"))
                connection.execute(sa.update(screening_papers).where(same).values(unread))
        return paper

    def delete(self, screening_id: str) -> None:
        """See ScreeningStore."""
        with write_transaction(self._engine) as connection:
            _delete(connection, screenings.c.id == screening_id)


def delete_screenings(connection: Connection, account: str) -> None:
    """Delete all screenings of an account."""
    _delete(connection, screenings.c.account == account)


def _delete(connection: Connection, condition: sa.ColumnElement[bool]) -> None:
    numbers = sa.select(screenings.c.id).where(condition)
    connection.execute(sa.delete(screening_papers).where(_PAPERS.screening.in_(numbers)))
    connection.execute(sa.delete(screenings).where(condition))
