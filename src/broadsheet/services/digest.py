"""Subscriptions and the delivery of their issues; implements DigestService."""

import datetime as dt
import logging
import math
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from broadsheet.digest.bounces import parse_report
from broadsheet.digest.compose import Candidate, Wording, compose_issue, describe_topic
from broadsheet.digest.deliver import Sender, plan_deliveries
from broadsheet.digest.links import CONFIRM_DAYS, LinkSigner
from broadsheet.digest.message import (
    Envelope,
    check_address,
    compose_message,
    new_message_id,
    return_address,
    sign,
)
from broadsheet.digest.render import (
    IssueLinks,
    render_confirmation,
    render_issue,
)
from broadsheet.digest.schedule import check_zone, days_covered
from broadsheet.digest.settings import MailSettings
from broadsheet.digest.single import send_one
from broadsheet.digest.transport import DomainPace
from broadsheet.domain.access import ANONYMOUS, Principal, require
from broadsheet.domain.digest import (
    ANSWER_DAYS,
    FEWEST_PAPERS,
    MOST_PAPERS,
    OWN_TOPICS,
    Delivery,
    DeliveryCounts,
    DigestStatus,
    DigestStore,
    Issue,
    Purpose,
    Rendered,
    Subscription,
    SubscriptionNotFoundError,
    SubscriptionRequest,
    Topic,
)
from broadsheet.domain.errors import InvalidInputError, UnauthorizedError
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Job, JobResult

log = logging.getLogger(__name__)

CheckTopic = Callable[[Topic, Principal], Topic]
"""Returns a topic in the form in which it is kept. Raises InvalidInputError for one that this
principal cannot subscribe to."""

ReadTopic = Callable[[Topic, str, dt.date, dt.date], Sequence[Candidate]]
"""Topic, account of the subscription ("" for none), first and last day → papers listed in these
days, as candidates."""

RESEND_CONFIRMATION_AFTER = dt.timedelta(minutes=10)
"""Asking again sooner sends no second message, so that nobody can be flooded."""

FIRST_ISSUE_DAYS = 7
"""A subscription's first issue looks back so far, so that it is worth opening."""


class LocalDigestService:
    """See DigestService."""

    def __init__(
        self,
        store: DigestStore,
        check_topic: CheckTopic,
        read_topic: ReadTopic,
        explain_quiet: Callable[[dt.datetime], str],
        wording: Wording,
        mail: MailSettings,
        home: Path,
        read_secret: Callable[[], bytes],
        public_url: str,
        service_name: str = "Broadsheet",
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """``explain_quiet`` says why a time brings no papers, "" if there is no reason known."""
        self._store = store
        self._check_topic = check_topic
        self._read_topic = read_topic
        self._explain_quiet = explain_quiet
        self._wording = wording
        self._mail = mail
        self._home = home
        self._read_secret = read_secret
        self._links = LinkSigner(read_secret, public_url)
        self._service = service_name
        self._clock = clock
        self._pace = DomainPace(mail.per_domain_per_minute)
        self._sending = threading.Lock()
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._topics: dict[tuple[Topic, str, dt.date, dt.date], Sequence[Candidate]] = {}

    # Subscribing

    def subscribe(
        self, principal: Principal, request: SubscriptionRequest, confirmed: bool = False
    ) -> Subscription:
        """See DigestService."""
        require(principal, "manage_accounts" if confirmed else "subscribe")
        request = self._check(request, principal)
        now = self._clock()
        subscriptions = self._store.subscriptions(address=request.address)
        existing = next((each for each in subscriptions if each.topic == request.topic), None)
        if not confirmed and existing and not _may_change(principal, existing):
            # The answer is that to a new subscription: it tells nobody who subscribes.
            return replace(existing, state="pending", **_choices(request))
        subscription = self._store.subscribe(
            request, secrets.token_urlsafe(12), now, principal.id if principal.id else ""
        )
        if confirmed:
            self._store.set_state(subscription.id, "active", now)
            return self._get(subscription.id)
        lately = any(
            each.id == subscription.id
            and each.state == "pending"
            and now - each.created_at < RESEND_CONFIRMATION_AFTER
            for each in subscriptions
        )
        if subscription.state == "pending" and not lately:
            threading.Thread(target=self._send_confirmation, args=(subscription,)).start()
        return subscription

    def _check(self, request: SubscriptionRequest, principal: Principal) -> SubscriptionRequest:
        """Return a request in the form in which it is kept."""
        if not FEWEST_PAPERS <= request.limit <= MOST_PAPERS:
            raise InvalidInputError(
                f"a digest has {FEWEST_PAPERS} to {MOST_PAPERS} papers, not {request.limit}"
            )
        check_zone(request.schedule.zone)
        return replace(
            request,
            address=check_address(request.address),
            topic=self._check_topic(_own_topic(request.topic, principal.id), principal),
        )

    def _send_confirmation(self, subscription: Subscription) -> None:
        try:
            if self._store.suppressed([subscription.address]):
                return
            link = self._links.make(subscription, "confirm")
            rendered = render_confirmation(subscription, link, CONFIRM_DAYS, self._service)
            subject = f"Confirm your digest of {describe_topic(subscription)}"
            message_id = new_message_id(
                subscription.id, "confirm", self._mail.sender_domain, secrets.token_hex(8)
            )
            answer = send_one(
                self._mail,
                self._home,
                self._service,
                subscription.address,
                subject,
                rendered,
                message_id,
                subscription.markup,
            )
            if answer:
                log.warning("a confirmation could not be sent: %s", answer)
        except Exception:
            log.exception("a confirmation could not be sent")

    # Links

    def find_by_link(self, token: str, purpose: Purpose) -> Subscription:
        """See DigestService."""
        return self._links.read(self._store, token, purpose)

    def confirm(self, token: str) -> Subscription:
        """See DigestService."""
        subscription = self.find_by_link(token, "confirm")
        if subscription.state in ("pending", "paused"):
            self._store.set_state(subscription.id, "active", self._clock())
        return self._get(subscription.id)

    def stay(self, token: str) -> Subscription:
        """See DigestService."""
        subscription = self.find_by_link(token, "stay")
        now = self._clock()
        if subscription.state == "paused":
            self._store.set_state(subscription.id, "active", now)
        else:
            self._store.note_sign(subscription.id, now)
        return self._get(subscription.id)

    def unsubscribe(self, token: str) -> Subscription:
        """See DigestService."""
        subscription = self.find_by_link(token, "unsubscribe")
        self._store.set_state(subscription.id, "unsubscribed", self._clock())
        return self._get(subscription.id)

    def change(self, token: str, request: SubscriptionRequest, paused: bool) -> Subscription:
        """See DigestService."""
        subscription = self.find_by_link(token, "change")
        if subscription.state not in ("active", "paused"):
            raise InvalidInputError(
                f"this subscription is {subscription.state}; subscribe again to get the digest"
            )
        request = self._check(
            replace(request, address=subscription.address), reader_of(subscription.account)
        )
        self._store.change(subscription.id, request)
        self._store.note_sign(subscription.id, self._clock())
        state = "paused" if paused else "active"
        if state != subscription.state:
            self._store.set_state(subscription.id, state, self._clock())  # type: ignore[arg-type]
        return self._get(subscription.id)

    def links(self, subscription: Subscription) -> Mapping[Purpose, str]:
        """See DigestService."""
        purposes: tuple[Purpose, ...] = ("unsubscribe", "change", "read", "stay")
        return {purpose: self._links.make(subscription, purpose) for purpose in purposes}

    # Reading

    def subscriptions(self, principal: Principal) -> Sequence[Subscription]:
        """See DigestService."""
        require(principal, "manage_accounts")
        return self._store.subscriptions()

    def own(self, principal: Principal) -> Sequence[Subscription]:
        """See DigestService."""
        require(principal, "keep_personal")
        return [
            each
            for each in self._store.subscriptions()
            if each.account == principal.id and each.state not in ("pending", "unsubscribed")
        ]

    def end(self, principal: Principal, number: int) -> None:
        """See DigestService."""
        if number not in {each.id for each in self.own(principal)}:
            raise SubscriptionNotFoundError(f"you have no subscription {number}")
        self._store.set_state(number, "unsubscribed", self._clock())

    def deliveries(self, principal: Principal, limit: int) -> Sequence[Delivery]:
        """See DigestService."""
        require(principal, "manage_accounts")
        return self._store.deliveries(None, limit)

    def status(self, principal: Principal) -> DigestStatus:
        """See DigestService."""
        require(principal, "view_operations")
        return self._store.status(self._clock())

    def issues(self, token: str, limit: int = 50) -> Sequence[Issue]:
        """See DigestService."""
        return self._store.issues(self.find_by_link(token, "read").id, limit)

    def preview(self, principal: Principal, request: SubscriptionRequest) -> tuple[Issue, Rendered]:
        """See DigestService."""
        require(principal, "subscribe")
        request = self._check(request, principal)
        now = self._clock()
        subscription = Subscription(
            id=0,
            account=principal.id,
            address=request.address,
            topic=request.topic,
            schedule=request.schedule,
            limit=request.limit,
            detail=request.detail,
            markup=request.markup,
            when_empty=request.when_empty,
            created_at=now,
        )
        issue = self._compose(subscription, now.date().isoformat(), now)
        links = IssueLinks(self._links.public_url + "/", self._paper_address)
        return issue, render_issue(issue, subscription, links, self._service)

    def render(self, subscription: Subscription, issue: Issue) -> Rendered:
        """See DigestService."""
        return render_issue(issue, subscription, self._issue_links(subscription), self._service)

    # Sending

    def send_due(self, principal: Principal, immediately: bool = False) -> DeliveryCounts:
        """See DigestService."""
        require(principal, "manage_accounts")
        return self._send(immediately, lambda: False)

    def job(self) -> Job:
        """Sending the digests that are due, as a background job; see ``jobs.supervisor``."""
        return Job("digest", lambda now: True, self._run)

    def _run(self, lease: Lease) -> JobResult | None:
        counts = self._send(False, lease.stop.is_set)
        if not (counts.sent or counts.empty or counts.postponed or counts.failed):
            return None
        words = f"sent {counts.sent}, nothing to say to {counts.empty}"
        if counts.postponed or counts.failed:
            error = self._store.status(self._clock()).last_error
            words += f", postponed {counts.postponed}, failed {counts.failed}: {error}"
        return JobResult(words, failed=bool(counts.failed))

    def _send(self, immediately: bool, stopping: Callable[[], bool]) -> DeliveryCounts:
        with self._sending:
            now = self._clock()
            self._ask_absent(now)
            planned = plan_deliveries(
                self._store, now, self._mail.spread_minutes, self._message_id, immediately
            )
            self._topics.clear()
            self._release_dead_holders()
            signer = self._mail.open_signer()

            def compose_envelope(
                subscription: Subscription, delivery: Delivery, issue: Issue
            ) -> Envelope:
                return self._envelope(subscription, delivery, issue, signer)

            sender = Sender(
                self._store,
                lambda: self._mail.open_transport(self._home),
                self._compose,
                compose_envelope,
                self._holder,
                self._pace,
                self._clock,
            )
            return DeliveryCounts(planned=planned) + sender.send_due(stopping)

    def _ask_absent(self, now: dt.datetime) -> None:
        """Ask readers who were not seen for long whether to go on; pause for those who did not
        answer. What is known of a reader is the own links and, with an account, visits."""
        days = self._mail.absent_days
        if not days:
            return
        paused = self._store.pause_silent(
            now - dt.timedelta(ANSWER_DAYS), f"no sign of the reader for {days} days and no answer"
        )
        asked = self._store.ask_absent(now - dt.timedelta(days), now)
        if paused or asked:
            log.info("absent readers: asked %d, paused for %d without an answer", asked, paused)

    def _release_dead_holders(self) -> None:
        """Claims of processes of this machine that died need not wait for their leases."""
        for holder in self._store.holders():
            machine, _, process = holder.rpartition(":")
            if machine == socket.gethostname() and process.isdecimal() and not _lives(int(process)):
                self._store.release(holder)

    def record_report(self, principal: Principal, content: bytes) -> str:
        """See DigestService."""
        require(principal, "manage_accounts")
        report = parse_report(content, self._read_secret())
        if report is None or report.delivery is None:
            return "the message is no report about a delivery of this library"
        delivery = self._store.find_delivery(report.delivery)
        subscription = delivery and self._store.find_subscription(delivery.subscription)
        if not subscription:
            return f"delivery {report.delivery} is not known any more"
        now = self._clock()
        if report.kind == "complaint":
            self._store.suppress(subscription.address, report.words, now)
            return f"{subscription.address} complained and gets no more mail"
        if report.kind == "permanent":
            self._store.set_state(subscription.id, "suspended", now, report.words)
            return f"the subscription of {subscription.address} is suspended: {report.words}"
        return f"{subscription.address}: a temporary failure, nothing to do: {report.words}"

    def _envelope(
        self, subscription: Subscription, delivery: Delivery, issue: Issue, signer: object
    ) -> Envelope:
        from broadsheet.digest.message import Signer

        domain = self._mail.sender_domain
        secure = self._links.public_url.startswith("https://")
        message = compose_message(
            subject=issue.subject,
            rendered=self.render(subscription, issue),
            markup=subscription.markup,
            sender=self._mail.sender_address,
            service=self._service,
            recipient=subscription.address,
            message_id=delivery.message_id,
            date=self._clock(),
            list_id=f"{subscription.id}.digest.{domain}",
            # RFC 8058 wants HTTPS; a library on this machine alone has only its pages.
            unsubscribe=self._links.make(subscription, "unsubscribe")
            if secure or not self._mail.leaves_machine
            else "",
            unsubscribe_mail="" if secure else self._mail.bounces or self._mail.sender,
        )
        content = message.as_bytes()
        if isinstance(signer, Signer):
            content = sign(content, signer)
        bounces = self._mail.bounces
        sender = (
            return_address(bounces, delivery.id, self._read_secret())
            if bounces
            else self._mail.sender_address
        )
        return Envelope(sender, subscription.address, content)

    def _compose(self, subscription: Subscription, period: str, now: dt.datetime) -> Issue:
        sent = self._store.sent_papers(subscription.id) if subscription.id else {}
        days = days_covered(subscription.schedule)
        if not sent:
            days = max(days, FIRST_ISSUE_DAYS)
        first, last = now.date() - dt.timedelta(days), now.date()
        candidates = self._candidates(subscription, first, last)
        because = "" if candidates else self._explain_silence(now)
        return compose_issue(subscription, period, candidates, sent, self._wording, now, because)

    def _explain_silence(self, now: dt.datetime) -> str:
        reason = self._explain_quiet(now)
        return f"Nothing new has come in: {reason}." if reason else ""

    def _candidates(
        self, subscription: Subscription, first: dt.date, last: dt.date
    ) -> Sequence[Candidate]:
        """Those of a topic are read once a run, however many readers follow it. Which
        collections may be read depends on the account."""
        topic = subscription.topic
        key = (topic, subscription.account if topic.collection else "", first, last)
        if key not in self._topics:
            self._topics[key] = self._read_topic(*key)
        return self._topics[key]

    def _issue_links(self, subscription: Subscription) -> IssueLinks:
        links = self.links(subscription)
        return IssueLinks(
            home=self._links.public_url + "/",
            paper=self._paper_address,
            issue=links["read"],
            change=links["change"],
            unsubscribe=links["unsubscribe"],
            stay=links["stay"],
        )

    def _paper_address(self, paper_id: str) -> str:
        name = quote(paper_id.removeprefix("arxiv:"), safe="/:")
        return f"{self._links.public_url}/papers/{name}"

    def _message_id(self, subscription: Subscription, period: str) -> str:
        return new_message_id(subscription.id, period, self._mail.sender_domain, subscription.nonce)

    def _get(self, number: int) -> Subscription:
        subscription = self._store.find_subscription(number)
        if subscription is None:
            raise SubscriptionNotFoundError(f"there is no subscription {number}")
        return subscription


def _may_change(principal: Principal, subscription: Subscription) -> bool:
    """Whether subscribing again may change a subscription. One that runs belongs to its address,
    which has the link to change it, and to the account that made it."""
    if subscription.state not in ("active", "paused"):
        return True
    return bool(principal.id) and principal.id == subscription.account


def _choices(request: SubscriptionRequest) -> dict[str, Any]:
    return {
        "schedule": request.schedule,
        "limit": request.limit,
        "detail": request.detail,
        "markup": request.markup,
        "when_empty": request.when_empty,
    }


def _own_topic(topic: Topic, account: str) -> Topic:
    """Bind a digest of one's own ranking or follows to the account that asks for it."""
    if topic.kind not in OWN_TOPICS:
        return topic
    if not account:
        raise UnauthorizedError("a digest of your own needs an account; sign in first")
    return Topic(topic.kind, account)


def reader_of(account: str) -> Principal:
    """Whoever reads with the rights of an account ("" for none), and no more than a reader's."""
    return Principal(account, "", "reader") if account else ANONYMOUS


def _lives(process: int) -> bool:
    if os.name != "posix":
        return True  # signals would end the process; its lease expires
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def freshness(listed: dt.date | None, last: dt.date) -> float:
    """1 for a paper of the last day, halved with each two days of age; 0.5 if unknown."""
    if listed is None:
        return 0.5
    return math.exp2(-max(0, (last - listed).days) / 2)
