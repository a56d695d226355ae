"""Subscriptions, issues and deliveries in the library's own database."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.reading import in_chunks
from broadsheet.backends.sql.rows import time_of_number
from broadsheet.backends.sql.tables import (
    deliveries as delivery_table,
)
from broadsheet.backends.sql.tables import (
    issues as issue_table,
)
from broadsheet.backends.sql.tables import (
    sent_papers,
    subscriptions,
    suppressed_addresses,
    visits,
)
from broadsheet.digest.issue_json import dump_issue, load_issue
from broadsheet.domain.digest import (
    Delivery,
    DeliveryState,
    DigestStatus,
    Issue,
    Period,
    Schedule,
    Story,
    Subscription,
    SubscriptionRequest,
    SubscriptionState,
    Topic,
)

_UNSENT = ("pending", "submitting")


class SqlDigestStore:
    """Implements DigestStore. A connection a call; every write is durable when it returns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def subscribe(
        self, request: SubscriptionRequest, nonce: str, now: dt.datetime, account: str = ""
    ) -> Subscription:
        """See DigestStore."""
        table = subscriptions
        with self._write() as connection:
            same = sa.and_(
                table.c.address == request.address,
                table.c.topic_kind == request.topic.kind,
                table.c.topic_value == request.topic.value,
            )
            row = connection.execute(sa.select(table.c.id, table.c.state).where(same)).first()
            values = _choices(request)
            if row is None:
                key = connection.execute(
                    sa.insert(table).values(
                        **values,
                        state="pending",
                        reason="",
                        nonce=nonce,
                        account=account,
                        created_at=_seconds(now),
                    )
                ).inserted_primary_key
                number = int(key[0]) if key else 0
            else:
                number = row.id
                if row.state != "active":
                    values |= {"state": "pending", "reason": "", "nonce": nonce}
                    values |= {"confirmed_at": None}
                connection.execute(sa.update(table).where(table.c.id == number).values(**values))
            return _subscription(
                connection.execute(sa.select(table).where(table.c.id == number)).one()
            )

    def find_subscription(self, number: int) -> Subscription | None:
        """See DigestStore."""
        query = sa.select(subscriptions).where(subscriptions.c.id == number)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return _subscription(row) if row else None

    def subscriptions(
        self, state: SubscriptionState | None = None, address: str = ""
    ) -> Sequence[Subscription]:
        """See DigestStore."""
        query = sa.select(subscriptions).order_by(subscriptions.c.id)
        if state:
            query = query.where(subscriptions.c.state == state)
        if address:
            query = query.where(subscriptions.c.address == address)
        with read_transaction(self._engine) as connection:
            return [_subscription(row) for row in connection.execute(query)]

    def set_state(
        self, number: int, state: SubscriptionState, now: dt.datetime, reason: str = ""
    ) -> None:
        """See DigestStore."""
        values: dict[str, Any] = {"state": state, "reason": reason}
        if state == "active":
            values["confirmed_at"] = sa.func.coalesce(subscriptions.c.confirmed_at, _seconds(now))
            values |= {"seen_at": _seconds(now), "asked_at": None}
        with self._write() as connection:
            connection.execute(
                sa.update(subscriptions).where(subscriptions.c.id == number).values(**values)
            )
            if state == "unsubscribed":
                connection.execute(
                    sa.update(delivery_table)
                    .where(
                        delivery_table.c.subscription == number, delivery_table.c.state == "pending"
                    )
                    .values(state="failed", holder="", last_error="the reader unsubscribed")
                )

    def note_sign(self, number: int, now: dt.datetime) -> None:
        """See DigestStore."""
        same = subscriptions.c.id == number
        with self._write() as connection:
            connection.execute(
                sa.update(subscriptions).where(same).values(seen_at=_seconds(now), asked_at=None)
            )

    def ask_absent(self, unseen_since: dt.datetime, now: dt.datetime) -> int:
        """See DigestStore."""
        columns = subscriptions.c
        since = _seconds(unseen_since)
        absent = sa.and_(
            columns.state == "active",
            columns.asked_at.is_(None),
            columns.seen_at < since,
            ~_has_visited(since),
        )
        with self._write() as connection:
            update = sa.update(subscriptions).where(absent).values(asked_at=_seconds(now))
            return connection.execute(update).rowcount

    def pause_silent(self, asked_before: dt.datetime, reason: str) -> int:
        """See DigestStore."""
        columns = subscriptions.c
        asked = sa.and_(columns.state == "active", columns.asked_at < _seconds(asked_before))
        with self._write() as connection:
            was_there = sa.and_(columns.asked_at.is_not(None), _has_visited(columns.asked_at))
            connection.execute(
                sa.update(subscriptions)
                .where(was_there)
                .values(seen_at=columns.asked_at, asked_at=None)
            )
            update = sa.update(subscriptions).where(asked)
            return connection.execute(update.values(state="paused", reason=reason)).rowcount

    def change(self, number: int, request: SubscriptionRequest) -> None:
        """See DigestStore."""
        values = _choices(request)
        del values["address"]
        with self._write() as connection:
            connection.execute(
                sa.update(subscriptions).where(subscriptions.c.id == number).values(**values)
            )

    def schedule(self, periods: Sequence[tuple[int, Period, dt.datetime, str]]) -> int:
        """See DigestStore."""
        added = 0
        with self._write() as connection:
            for chunk in in_chunks(list(periods)):
                numbers = [number for number, *_ in chunk]
                scheduled = {
                    (row.subscription, row.period)
                    for row in connection.execute(
                        sa.select(delivery_table.c.subscription, delivery_table.c.period).where(
                            delivery_table.c.subscription.in_(numbers),
                            delivery_table.c.period.in_({period.name for _, period, *_ in chunk}),
                        )
                    )
                }
                rows = [
                    {
                        "subscription": number,
                        "period": period.name,
                        "state": "pending",
                        "message_id": message_id,
                        "due_at": _seconds(period.due_at),
                        "next_attempt_at": _seconds(first_attempt),
                        "attempts": 0,
                        "holder": "",
                        "claim_expires_at": 0,
                        "last_error": "",
                    }
                    for number, period, first_attempt, message_id in chunk
                    if (number, period.name) not in scheduled
                ]
                if rows:
                    connection.execute(sa.insert(delivery_table), rows)
                added += len(rows)
        return added

    def last_periods(self) -> Mapping[int, str]:
        """See DigestStore."""
        query = sa.select(
            delivery_table.c.subscription, sa.func.max(delivery_table.c.period)
        ).group_by(delivery_table.c.subscription)
        with read_transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def claim(
        self, holder: str, now: dt.datetime, lease: dt.timedelta, limit: int
    ) -> Sequence[Delivery]:
        """See DigestStore."""
        table, moment = delivery_table, _seconds(now)
        available = sa.and_(
            table.c.state.in_(_UNSENT),
            table.c.next_attempt_at <= moment,
            table.c.claim_expires_at <= moment,
        )
        due = sa.select(table.c.id).where(available).order_by(table.c.next_attempt_at, table.c.id)
        with self._write() as connection:
            numbers = list(connection.execute(due.limit(limit)).scalars())
            if not numbers:
                return []
            connection.execute(
                sa.update(table)
                .where(table.c.id.in_(numbers), available)
                .values(
                    holder=holder,
                    claim_expires_at=moment + int(lease.total_seconds()),
                    attempts=table.c.attempts + 1,
                )
            )
            rows = connection.execute(
                sa.select(table)
                .where(table.c.id.in_(numbers), table.c.holder == holder)
                .order_by(table.c.next_attempt_at, table.c.id)
            )
            return [_delivery(row) for row in rows]

    def holders(self) -> Collection[str]:
        """See DigestStore."""
        query = sa.select(delivery_table.c.holder).where(delivery_table.c.holder != "").distinct()
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def release(self, holder: str) -> None:
        """See DigestStore."""
        with self._write() as connection:
            connection.execute(
                sa.update(delivery_table)
                .where(delivery_table.c.holder == holder)
                .values(holder="", claim_expires_at=0)
            )

    def save_issues(self, issues: Sequence[Issue]) -> None:
        """See DigestStore."""
        table = issue_table
        if not issues:
            return
        with self._write() as connection:
            for issue in issues:
                same = (table.c.subscription == issue.subscription, table.c.period == issue.period)
                if connection.execute(sa.select(table.c.id).where(*same)).first():
                    continue
                connection.execute(
                    sa.insert(table).values(
                        subscription=issue.subscription,
                        period=issue.period,
                        content=dump_issue(issue),
                        composed_at=_seconds(issue.composed_at),
                    )
                )

    def find_issue(self, subscription: int, period: str) -> Issue | None:
        """See DigestStore."""
        query = sa.select(issue_table.c.content).where(
            issue_table.c.subscription == subscription, issue_table.c.period == period
        )
        with read_transaction(self._engine) as connection:
            text = connection.execute(query).scalar()
        return load_issue(text) if text else None

    def issues(self, subscription: int, limit: int) -> Sequence[Issue]:
        """See DigestStore."""
        query = (
            sa.select(issue_table.c.content)
            .where(issue_table.c.subscription == subscription)
            .order_by(issue_table.c.period.desc())
            .limit(limit)
        )
        with read_transaction(self._engine) as connection:
            return [load_issue(text) for text in connection.execute(query).scalars()]

    def submit(self, deliveries: Sequence[int], holder: str) -> Collection[int]:
        """See DigestStore."""
        table = delivery_table
        if not deliveries:
            return ()
        ours = sa.and_(
            table.c.id.in_(deliveries),
            table.c.holder == holder,
            table.c.state.in_(_UNSENT),
        )
        with self._write() as connection:
            connection.execute(sa.update(table).where(ours).values(state="submitting"))
            return set(connection.execute(sa.select(table.c.id).where(ours)).scalars())

    def finish(
        self,
        delivery: int,
        state: DeliveryState,
        now: dt.datetime,
        error: str = "",
        next_attempt_at: dt.datetime | None = None,
        stories: Sequence[Story] = (),
    ) -> None:
        """See DigestStore."""
        values: dict[str, Any] = {
            "state": state,
            "last_error": error,
            "holder": "",
            "claim_expires_at": 0,
        }
        if state == "sent":
            values["sent_at"] = _seconds(now)
        if next_attempt_at is not None:
            values["next_attempt_at"] = _seconds(next_attempt_at)
        with self._write() as connection:
            connection.execute(
                sa.update(delivery_table).where(delivery_table.c.id == delivery).values(**values)
            )
            if stories:
                number = connection.execute(
                    sa.select(delivery_table.c.subscription).where(delivery_table.c.id == delivery)
                ).scalar_one()
                self._remember(connection, number, stories)

    def _remember(self, connection: Connection, number: int, stories: Sequence[Story]) -> None:
        keys = [story.paper for story in stories]
        connection.execute(
            sa.delete(sent_papers).where(
                sent_papers.c.subscription == number, sent_papers.c.paper.in_(keys)
            )
        )
        connection.execute(
            sa.insert(sent_papers),
            [
                {"subscription": number, "paper": story.paper, "version": story.version}
                for story in {story.paper: story for story in stories}.values()
            ],
        )

    def sent_papers(self, subscription: int) -> Mapping[int, int]:
        """See DigestStore."""
        query = sa.select(sent_papers.c.paper, sent_papers.c.version).where(
            sent_papers.c.subscription == subscription
        )
        with read_transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def suppress(self, address: str, reason: str, now: dt.datetime) -> None:
        """See DigestStore."""
        with self._write() as connection:
            query = sa.select(suppressed_addresses.c.address).where(
                suppressed_addresses.c.address == address
            )
            if not connection.execute(query).first():
                connection.execute(
                    sa.insert(suppressed_addresses).values(
                        address=address, reason=reason, since=_seconds(now)
                    )
                )
            connection.execute(
                sa.update(subscriptions)
                .where(
                    subscriptions.c.address == address,
                    subscriptions.c.state.in_(("active", "paused", "pending")),
                )
                .values(state="suspended", reason=reason)
            )

    def suppressed(self, addresses: Collection[str]) -> Mapping[str, str]:
        """See DigestStore."""
        table = suppressed_addresses
        query = sa.select(table.c.address, table.c.reason).where(table.c.address.in_(addresses))
        with read_transaction(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def deliveries(self, subscription: int | None, limit: int) -> Sequence[Delivery]:
        """See DigestStore."""
        query = sa.select(delivery_table).order_by(delivery_table.c.id.desc()).limit(limit)
        if subscription is not None:
            query = query.where(delivery_table.c.subscription == subscription)
        with read_transaction(self._engine) as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def find_delivery(self, number: int) -> Delivery | None:
        """See DigestStore."""
        query = sa.select(delivery_table).where(delivery_table.c.id == number)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return _delivery(row) if row else None

    def status(self, now: dt.datetime) -> DigestStatus:
        """See DigestStore."""
        moment = _seconds(now)
        by_state = sa.select(subscriptions.c.state, sa.func.count()).group_by(subscriptions.c.state)
        recent = (
            sa.select(delivery_table.c.state, sa.func.count())
            .where(delivery_table.c.due_at > moment - 30 * 86400)
            .group_by(delivery_table.c.state)
        )
        overdue = sa.select(sa.func.count()).where(
            delivery_table.c.state.in_(_UNSENT), delivery_table.c.next_attempt_at <= moment
        )
        error = (
            sa.select(delivery_table.c.last_error)
            .where(delivery_table.c.last_error != "")
            .order_by(delivery_table.c.id.desc())
            .limit(1)
        )
        with read_transaction(self._engine) as connection:
            return DigestStatus(
                subscriptions={row[0]: row[1] for row in connection.execute(by_state)},
                deliveries={row[0]: row[1] for row in connection.execute(recent)},
                overdue=connection.execute(overdue).scalar_one(),
                last_error=connection.execute(error).scalar() or "",
            )

    def _write(self) -> AbstractContextManager[Connection]:
        return write_transaction(self._engine)


def _choices(request: SubscriptionRequest) -> dict[str, Any]:
    schedule = request.schedule
    return {
        "address": request.address,
        "topic_kind": request.topic.kind,
        "topic_value": request.topic.value,
        "topic_label": request.topic.label,
        "every": schedule.every,
        "weekday": schedule.weekday,
        "minute": schedule.at.hour * 60 + schedule.at.minute,
        "zone": schedule.zone,
        "papers": request.limit,
        "detail": request.detail,
        "markup": request.markup,
        "when_empty": request.when_empty,
    }


def _has_visited(since: Any) -> sa.Exists:
    """Whether the account of a subscription was here after a time in seconds."""
    return (
        sa.exists()
        .where(
            visits.c.account == subscriptions.c.account,
            subscriptions.c.account != "",
            visits.c.last_at > since,
        )
        .correlate(subscriptions)
    )


def _subscription(row: sa.Row[Any]) -> Subscription:
    at = dt.time(row.minute // 60, row.minute % 60)
    return Subscription(
        id=row.id,
        address=row.address,
        topic=Topic(row.topic_kind, row.topic_value, row.topic_label),
        schedule=Schedule(row.every, at, row.zone, row.weekday),
        limit=row.papers,
        detail=row.detail,
        markup=row.markup,
        when_empty=row.when_empty,
        state=row.state,
        reason=row.reason,
        nonce=row.nonce,
        created_at=time_of_number(row.created_at),
        confirmed_at=_time(row.confirmed_at),
        asked_at=_time(row.asked_at),
        account=row.account,
    )


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        subscription=row.subscription,
        period=row.period,
        state=row.state,
        message_id=row.message_id,
        due_at=time_of_number(row.due_at),
        attempts=row.attempts,
        next_attempt_at=time_of_number(row.next_attempt_at),
        sent_at=_time(row.sent_at),
        last_error=row.last_error,
    )


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _time(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else time_of_number(seconds)
