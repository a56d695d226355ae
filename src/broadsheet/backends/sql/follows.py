"""Follows and visits; implements FollowStore."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import accounts, follows, visits
from broadsheet.domain.follows import FOLLOW_KINDS, VISIT_ENDS_AFTER, Follow

_FOLLOWS = follows.c
_VISITS = visits.c
_NOTED_AFTER = dt.timedelta(minutes=1)
"""How exactly the time of a visit is kept; more would write at every request."""


class SqlFollowStore:
    """See FollowStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, follow: Follow) -> Follow:
        """See FollowStore."""
        same = sa.and_(
            _FOLLOWS.account == follow.account,
            _FOLLOWS.kind == follow.kind,
            _FOLLOWS.folded == follow.value.casefold(),
        )
        with write_transaction(self._engine) as connection:
            known = connection.execute(sa.select(_FOLLOWS.number).where(same)).scalar()
            if known is not None:
                return replace(follow, number=known)
            (number,) = connection.execute(
                sa.insert(follows).values(
                    account=follow.account,
                    kind=follow.kind,
                    value=follow.value,
                    folded=follow.value.casefold(),
                    created_at=number_of_time(follow.created_at),
                )
            ).inserted_primary_key or (0,)
        return replace(follow, number=number)

    def remove(self, account: str, number: int) -> bool:
        """See FollowStore."""
        same = sa.and_(_FOLLOWS.account == account, _FOLLOWS.number == number)
        with write_transaction(self._engine) as connection:
            return bool(connection.execute(sa.delete(follows).where(same)).rowcount)

    def of_account(self, account: str) -> Sequence[Follow]:
        """See FollowStore."""
        is_member = sa.and_(_FOLLOWS.kind == "member", accounts.c.id == _FOLLOWS.value)
        query = (
            sa.select(
                _FOLLOWS.number, _FOLLOWS.kind, _FOLLOWS.value, _FOLLOWS.created_at, accounts.c.name
            )
            .select_from(follows.outerjoin(accounts, is_member))
            .where(_FOLLOWS.account == account)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        own = [
            Follow(number, account, kind, value, name or value, time_of_number(at))
            for number, kind, value, at, name in rows
            if kind != "member" or name
        ]
        return sorted(own, key=lambda each: (FOLLOW_KINDS.index(each.kind), each.label.casefold()))

    def visit(self, account: str, now: dt.datetime) -> dt.datetime | None:
        """See FollowStore."""
        query = sa.select(_VISITS.before, _VISITS.last_at).where(_VISITS.account == account)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if row is not None and now - time_of_number(row.last_at) < _NOTED_AFTER:
            return _time(row.before)
        with write_transaction(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                connection.execute(
                    sa.insert(visits).values(account=account, last_at=number_of_time(now))
                )
                return None
            ended = now - time_of_number(row.last_at) >= VISIT_ENDS_AFTER
            before = row.last_at if ended else row.before
            connection.execute(
                sa.update(visits)
                .where(_VISITS.account == account)
                .values(before=before, last_at=number_of_time(now))
            )
        return _time(before)


def delete_follows(connection: Connection, account: str) -> None:
    """Delete the follows and the visits of an account, and others' follows of it."""
    of_it = sa.and_(_FOLLOWS.kind == "member", _FOLLOWS.value == account)
    connection.execute(sa.delete(follows).where(sa.or_(_FOLLOWS.account == account, of_it)))
    connection.execute(sa.delete(visits).where(_VISITS.account == account))


def _time(number: int | None) -> dt.datetime | None:
    return time_of_number(number) if number else None
