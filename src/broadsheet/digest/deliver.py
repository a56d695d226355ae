"""Plan due issues and send them: claim, compose, submit, record.

Neither lost nor doubled
    A delivery is one row, unique by subscription and period. A sender claims it by a conditional
    update with a lease, keeps the composed issue, marks the row ``submitting``, hands the message
    over, and records the server's answer, each step committed durably and for one recipient.
    After a crash the lease expires and another sender goes on from the kept issue, with the same
    Message-ID. One case stays open: a crash between the server's 250 and the record. SMTP cannot
    tell whether the message was taken (RFC 1047); it is sent again with the same Message-ID, by
    which servers and readers can recognise it.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from broadsheet.digest.message import Envelope
from broadsheet.digest.schedule import find_due_period, spread
from broadsheet.digest.transport import DomainPace, Transport
from broadsheet.domain.digest import (
    Delivery,
    DeliveryCounts,
    DigestStore,
    Issue,
    Submission,
    Subscription,
)

LEASE = dt.timedelta(minutes=15)
"""A sender that did not finish a delivery by then is taken for dead."""
FIRST_RETRY = dt.timedelta(minutes=5)
"""Doubles with each attempt; greylisting servers accept after some minutes (RFC 6647)."""
LONGEST_RETRY = dt.timedelta(hours=4)
GIVE_UP_AFTER = dt.timedelta(days=2)
"""From the time at which the issue was due."""
_BATCH = 100

log = logging.getLogger(__name__)

T = TypeVar("T")

Compose = Callable[[Subscription, str, dt.datetime], Issue]
"""Subscription, period, now → issue."""
ComposeEnvelope = Callable[[Subscription, Delivery, Issue], Envelope]
"""The message of an issue, signed, in its envelope."""
NewMessageId = Callable[[Subscription, str], str]


def plan_deliveries(
    store: DigestStore,
    now: dt.datetime,
    spread_minutes: int,
    new_message_id: NewMessageId,
    immediately: bool = False,
) -> int:
    """Add a delivery for each active subscription whose newest period has none; how many.

    Periods that were due before the subscription was confirmed are left out, and of several that
    a sleeping machine missed only the newest is sent: it covers the days since the last issue.
    With ``immediately`` an issue is due now for every active subscription that had none today.
    """
    newest = store.last_periods()
    planned = []
    for subscription in store.subscriptions("active"):
        period = find_due_period(subscription.schedule, now)
        if immediately:
            period = replace(period, name=now.date().isoformat(), due_at=now)
        since = subscription.confirmed_at or subscription.created_at
        if period.name <= newest.get(subscription.id, "") or period.due_at < since:
            continue
        delay = dt.timedelta() if immediately else spread(subscription.id, spread_minutes)
        message_id = new_message_id(subscription, period.name)
        planned.append((subscription.id, period, period.due_at + delay, message_id))
    return store.schedule(planned) if planned else 0


def run_in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end in a thread of its own, so that a caller may have a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A delivery whose message is ready."""

    delivery: Delivery
    subscription: Subscription
    issue: Issue
    envelope: Envelope


class Sender:
    """Send due deliveries. One run at a time in a process; several processes share the work."""

    def __init__(
        self,
        store: DigestStore,
        open_transport: Callable[[], Transport],
        compose: Compose,
        compose_envelope: ComposeEnvelope,
        holder: str,
        pace: DomainPace | None = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        at_once: int = 16,
    ) -> None:
        """``holder`` names this process in claims; ``at_once`` messages are under way together."""
        self._store = store
        self._open_transport = open_transport
        self._compose = compose
        self._compose_envelope = compose_envelope
        self._holder = holder
        self._pace = pace or DomainPace(0)
        self._clock = clock
        self._at_once = at_once

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> DeliveryCounts:
        """Send everything that is due now; a later call retries temporary failures.

        Calls ``stopping`` between messages; unused claims are given back.
        """
        return run_in_own_loop(self._send_due(stopping))

    async def _send_due(self, stopping: Callable[[], bool]) -> DeliveryCounts:
        transport = self._open_transport()
        counts = DeliveryCounts()
        try:
            while not stopping():
                claimed = self._store.claim(self._holder, self._clock(), LEASE, _BATCH)
                if not claimed:
                    break
                for start in range(0, len(claimed), self._at_once):
                    wave = claimed[start : start + self._at_once]
                    if stopping():
                        for delivery in wave:
                            self._store.finish(delivery.id, "pending", self._clock())
                        continue
                    counts += await self._send_wave(wave, transport)
        finally:
            await transport.close()
        return counts

    async def _send_wave(self, wave: Sequence[Delivery], transport: Transport) -> DeliveryCounts:
        """Send a few deliveries together.

        The writes before the server's answers are committed for all at once, each answer
        immediately.
        """
        counts = DeliveryCounts()
        prepared: list[_Prepared] = []
        for delivery in wave:
            result = self._prepare_or_postpone(delivery)
            if isinstance(result, DeliveryCounts):
                counts += result
            else:
                prepared.append(result)
        self._store.save_issues([each.issue for each in prepared])
        marked = self._store.submit([each.delivery.id for each in prepared], self._holder)
        sending = [
            self._submit(each, transport)
            for each in prepared
            # Of any other another sender has it now, or the reader has unsubscribed.
            if each.delivery.id in marked
        ]
        for part in await asyncio.gather(*sending):
            counts += part
        return counts

    def _prepare_or_postpone(self, delivery: Delivery) -> "_Prepared | DeliveryCounts":
        """An error that nobody expected costs this delivery a postponement, never the run."""
        try:
            return self._prepare(delivery)
        except Exception as error:
            log.exception("digest delivery %s failed", delivery.id)
            return self._postpone(delivery, f"{type(error).__name__}: {error}"[:300])

    def _prepare(self, delivery: Delivery) -> "_Prepared | DeliveryCounts":
        store, now = self._store, self._clock()
        subscription = store.find_subscription(delivery.subscription)
        if subscription is None or subscription.state != "active":
            state = subscription.state if subscription else "gone"
            store.finish(delivery.id, "failed", now, f"the subscription is {state}")
            return DeliveryCounts(failed=1)
        why = store.suppressed([subscription.address]).get(subscription.address)
        if why:
            store.finish(delivery.id, "failed", now, why)
            return DeliveryCounts(failed=1)
        issue = store.find_issue(subscription.id, delivery.period)
        if issue is None:
            issue = self._compose(subscription, delivery.period, now)
        if issue.empty_because and subscription.when_empty == "silent":
            store.finish(delivery.id, "empty", now)
            return DeliveryCounts(empty=1)
        wait = self._pace.wait_for(subscription.address)
        if wait:
            later = now + dt.timedelta(seconds=wait)
            store.finish(delivery.id, "pending", now, next_attempt_at=later)
            return DeliveryCounts(postponed=1)
        envelope = self._compose_envelope(subscription, delivery, issue)
        return _Prepared(delivery, subscription, issue, envelope)

    async def _submit(self, each: "_Prepared", transport: Transport) -> DeliveryCounts:
        try:
            submission = await transport.submit(each.envelope)
            return self._record(each.delivery, each.subscription, each.issue, submission)
        except Exception as error:
            log.exception("digest delivery %s failed", each.delivery.id)
            return self._postpone(each.delivery, f"{type(error).__name__}: {error}"[:300])

    def _record(
        self, delivery: Delivery, subscription: Subscription, issue: Issue, answer: Submission
    ) -> DeliveryCounts:
        now = self._clock()
        if answer.outcome == "sent":
            self._store.finish(delivery.id, "sent", now, stories=issue.stories)
            return DeliveryCounts(sent=1)
        if answer.outcome == "permanent":
            self._store.finish(delivery.id, "failed", now, answer.answer)
            reason = f"the mail server refused the address: {answer.answer}"
            self._store.set_state(subscription.id, "suspended", now, reason)
            return DeliveryCounts(failed=1)
        return self._postpone(delivery, answer.answer)

    def _postpone(self, delivery: Delivery, error: str) -> DeliveryCounts:
        now = self._clock()
        if now - delivery.due_at > GIVE_UP_AFTER:
            self._store.finish(delivery.id, "failed", now, f"given up after two days: {error}")
            return DeliveryCounts(failed=1)
        wait = min(FIRST_RETRY * 2 ** min(delivery.attempts - 1, 10), LONGEST_RETRY)
        self._store.finish(delivery.id, "pending", now, error, now + wait)
        return DeliveryCounts(postponed=1)
