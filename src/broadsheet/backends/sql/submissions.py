"""Submissions and features; implements SubmissionStore."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.reading import in_chunks, read_meta, write_meta
from broadsheet.backends.sql.rows import (
    day_of_number,
    number_of_day,
    number_of_time,
    time_of_number,
)
from broadsheet.backends.sql.tables import accounts, features, submissions
from broadsheet.domain.submissions import Feature, Highlights, Submission, SubmissionState

_SUBMISSIONS = submissions.c
_FEATURES = features.c
_CHANGES = "highlight changes"
_SELECT: sa.Select[Any] = sa.select(
    _SUBMISSIONS.number,
    _SUBMISSIONS.account,
    accounts.c.name,
    _SUBMISSIONS.address,
    _SUBMISSIONS.note,
    _SUBMISSIONS.state,
    _SUBMISSIONS.paper,
    _SUBMISSIONS.problem,
    _SUBMISSIONS.attempts,
    _SUBMISSIONS.created_at,
    _SUBMISSIONS.listed_on,
).select_from(submissions.outerjoin(accounts, accounts.c.id == _SUBMISSIONS.account))
_SELECT_FEATURES: sa.Select[Any] = sa.select(
    _FEATURES.paper,
    _FEATURES.account,
    accounts.c.name,
    _FEATURES.reason,
    _FEATURES.day,
    _FEATURES.place,
).select_from(features.outerjoin(accounts, accounts.c.id == _FEATURES.account))


class SqlSubmissionStore:
    """See SubmissionStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, submission: Submission) -> Submission:
        """See SubmissionStore."""
        at = number_of_time(submission.created_at)
        with write_transaction(self._engine) as connection:
            (number,) = connection.execute(
                sa.insert(submissions).values(
                    account=submission.account,
                    address=submission.address,
                    note=submission.note,
                    created_at=at,
                    next_attempt_at=at,
                    **_outcome(submission),
                )
            ).inserted_primary_key or (0,)
            _note_change(connection)
        return replace(submission, number=number)

    def find(self, number: int) -> Submission | None:
        """See SubmissionStore."""
        return next(iter(self._read(_SELECT.where(_SUBMISSIONS.number == number))), None)

    def update(self, submission: Submission, next_attempt_at: dt.datetime | None = None) -> None:
        """See SubmissionStore."""
        values = _outcome(submission)
        if next_attempt_at:
            values["next_attempt_at"] = number_of_time(next_attempt_at)
        same = _SUBMISSIONS.number == submission.number
        with write_transaction(self._engine) as connection:
            connection.execute(sa.update(submissions).where(same).values(values))
            _note_change(connection)

    def delete(self, number: int) -> None:
        """See SubmissionStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(submissions).where(_SUBMISSIONS.number == number))
            _note_change(connection)

    def count_since(self, account: str, since: dt.datetime) -> int:
        """See SubmissionStore."""
        query = sa.select(sa.func.count()).where(
            _SUBMISSIONS.account == account, _SUBMISSIONS.created_at > number_of_time(since)
        )
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar() or 0

    def due(self, now: dt.datetime, limit: int) -> Sequence[Submission]:
        """See SubmissionStore."""
        query = _SELECT.where(
            _SUBMISSIONS.state == "pending", _SUBMISSIONS.next_attempt_at <= number_of_time(now)
        )
        return self._read(query.order_by(_SUBMISSIONS.next_attempt_at).limit(limit))

    def latest(
        self, states: Collection[SubmissionState], limit: int, account: str | None = None
    ) -> Sequence[Submission]:
        """See SubmissionStore."""
        query = _SELECT.where(_SUBMISSIONS.state.in_(sorted(states)))
        if account is not None:
            query = query.where(_SUBMISSIONS.account == account)
        return self._read(query.order_by(_SUBMISSIONS.number.desc()).limit(limit))

    def _read(self, query: sa.Select[Any]) -> list[Submission]:
        with read_transaction(self._engine) as connection:
            return [_submission(row) for row in connection.execute(query)]

    def feature(self, feature: Feature) -> None:
        """See SubmissionStore."""
        same = _FEATURES.paper == feature.paper
        day = number_of_day(feature.day)
        values = {"account": feature.account, "reason": feature.reason}
        with write_transaction(self._engine) as connection:
            if not connection.execute(sa.update(features).where(same).values(values)).rowcount:
                last = sa.select(sa.func.max(_FEATURES.place)).where(_FEATURES.day == day)
                place = (connection.execute(last).scalar() or 0) + 1
                connection.execute(
                    sa.insert(features).values(paper=feature.paper, day=day, place=place, **values)
                )
            _note_change(connection)

    def remove_feature(self, paper: int) -> bool:
        """See SubmissionStore."""
        with write_transaction(self._engine) as connection:
            deleted = connection.execute(sa.delete(features).where(_FEATURES.paper == paper))
            _note_change(connection)
            return bool(deleted.rowcount)

    def move_feature(self, paper: int, by: int) -> None:
        """See SubmissionStore."""
        with write_transaction(self._engine) as connection:
            day = sa.select(_FEATURES.day).where(_FEATURES.paper == paper).scalar_subquery()
            query = sa.select(_FEATURES.paper).where(_FEATURES.day == day)
            order = list(connection.execute(query.order_by(_FEATURES.place)).scalars())
            if paper not in order:
                return
            place = order.index(paper)
            order.remove(paper)
            order.insert(max(0, place + by), paper)
            for place, each in enumerate(order, 1):
                same = _FEATURES.paper == each
                connection.execute(sa.update(features).where(same).values(place=place))
            _note_change(connection)

    def features_between(self, first: dt.date, last: dt.date) -> Sequence[Feature]:
        """See SubmissionStore."""
        within = _FEATURES.day.between(number_of_day(first), number_of_day(last))
        query = _SELECT_FEATURES.where(within).order_by(_FEATURES.day, _FEATURES.place)
        with read_transaction(self._engine) as connection:
            return [_feature(row) for row in connection.execute(query)]

    def highlights_between(self, first: dt.date, last: dt.date) -> Highlights:
        """See SubmissionStore."""
        within = _SUBMISSIONS.listed_on.between(number_of_day(first), number_of_day(last))
        listed = _SELECT.where(_SUBMISSIONS.state == "listed", within)
        return Highlights(
            _by_paper(self._read(listed.order_by(_SUBMISSIONS.number.desc()))),
            {each.paper: each for each in self.features_between(first, last)},
        )

    def highlights_of(self, papers: Collection[int]) -> Highlights:
        """See SubmissionStore."""
        listed: list[Submission] = []
        featured: list[Feature] = []
        with read_transaction(self._engine) as connection:
            for chunk in in_chunks(list(papers)):
                query = _SELECT.where(
                    _SUBMISSIONS.state == "listed", _SUBMISSIONS.paper.in_(chunk)
                ).order_by(_SUBMISSIONS.number.desc())
                listed += map(_submission, connection.execute(query))
                of_papers = _SELECT_FEATURES.where(_FEATURES.paper.in_(chunk))
                featured += map(_feature, connection.execute(of_papers))
        return Highlights(_by_paper(listed), {each.paper: each for each in featured})

    def state(self) -> int:
        """See SubmissionStore."""
        with read_transaction(self._engine) as connection:
            return read_meta(connection, _CHANGES)


def delete_submissions(connection: Connection, account: str) -> None:
    """Delete what an account submitted and featured; the papers stay."""
    connection.execute(sa.delete(submissions).where(_SUBMISSIONS.account == account))
    connection.execute(sa.delete(features).where(_FEATURES.account == account))
    _note_change(connection)


def _note_change(connection: Connection) -> None:
    write_meta(connection, _CHANGES, read_meta(connection, _CHANGES) + 1)


def _outcome(submission: Submission) -> dict[str, Any]:
    return {
        "state": submission.state,
        "paper": submission.paper,
        "problem": submission.problem,
        "attempts": submission.attempts,
        "listed_on": number_of_day(submission.listed_on) if submission.listed_on else None,
    }


def _by_paper(listed: Sequence[Submission]) -> dict[int, Submission]:
    """The earliest submission of each paper; ``listed`` has the newest first."""
    return {each.paper: each for each in listed if each.paper is not None}


def _submission(row: Any) -> Submission:
    number, account, name, address, note, state, paper, problem, attempts, created_at, day = row
    return Submission(
        number,
        account,
        name or "the owner",
        address,
        note,
        state,
        paper,
        problem,
        attempts,
        time_of_number(created_at),
        day_of_number(day) if day else None,
    )


def _feature(row: Any) -> Feature:
    paper, account, name, reason, day, place = row
    return Feature(paper, account, name or "the owner", reason, day_of_number(day), place)
