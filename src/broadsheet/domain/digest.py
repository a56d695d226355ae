"""Subscriptions to the digest, its issues, and their deliveries."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from broadsheet.domain.errors import BroadsheetError

TopicKind = Literal["trending", "edition", "search", "like", "follows", "for-me"]
TOPIC_KINDS: tuple[TopicKind, ...] = (
    "trending",
    "edition",
    "search",
    "like",
    "follows",
    "for-me",
)
OWN_TOPICS: tuple[TopicKind, ...] = ("follows", "for-me")
"""Topics of one account: what it follows, and its own ranking."""
Every = Literal["daily", "weekdays", "weekly"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SubscriptionState = Literal["pending", "active", "paused", "suspended", "unsubscribed"]
"""Waiting for the reader's confirmation; receiving issues; stopped by the reader for a while;
stopped because the address refuses mail; ended by the reader."""
DeliveryState = Literal["pending", "submitting", "sent", "empty", "failed"]
"""Due and not yet tried, or to be tried again; handed to the mail server, answer not yet known;
accepted by the server; nothing to say and the reader wants silence; given up."""
Detail = Literal["short", "abstracts"]
Markup = Literal["html", "plain"]
WhenEmpty = Literal["say", "silent"]
Purpose = Literal["confirm", "unsubscribe", "change", "read", "stay"]
"""The purposes of signed links in messages."""

FEWEST_PAPERS, MOST_PAPERS = 1, 50
ANSWER_DAYS = 21
"""So long an absent reader is asked whether to go on, before the digest pauses."""
COLLECTION_PREFIX = "collection:"


class SubscriptionNotFoundError(BroadsheetError):
    """No subscription has this number, or a link names none."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class Topic:
    """Topic of a subscription.

    ``value`` is a query, an edition's name, a paper's id or "collection:" with a collection's, or
    for ``OWN_TOPICS`` the id of the account; empty for "trending".
    """

    kind: TopicKind
    value: str = ""
    label: str = field(default="", compare=False)
    """The title of the paper or collection that ``value`` names."""

    def __str__(self) -> str:
        named = self.value and self.kind not in OWN_TOPICS
        return f"{self.kind}:{self.value}" if named else self.kind

    @property
    def collection(self) -> str:
        """Id of the collection that the topic names; "" if it names none."""
        named = self.kind == "like" and self.value.startswith(COLLECTION_PREFIX)
        return self.value.removeprefix(COLLECTION_PREFIX) if named else ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When issues are due: a time of day in an IANA zone, on some days of the week."""

    every: Every = "daily"
    at: dt.time = dt.time(7)
    zone: str = "UTC"
    weekday: int = 0
    """Of a weekly digest: 0 is Monday."""

    def __str__(self) -> str:
        days = f"weekly:{WEEKDAYS[self.weekday]}" if self.every == "weekly" else self.every
        return f"{days} at {self.at:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class Period:
    """The span that one issue covers: a subscription has at most one delivery of each name."""

    name: str
    """The local date on which the issue is due: "2026-12-01"."""
    due_at: dt.datetime
    """UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """A saved interest, and how its digest reaches the reader. Times are UTC."""

    id: int
    address: str
    topic: Topic
    schedule: Schedule = Schedule()
    limit: int = 10
    """Papers an issue has at most."""
    detail: Detail = "short"
    markup: Markup = "html"
    when_empty: WhenEmpty = "say"
    state: SubscriptionState = "pending"
    reason: str = ""
    """Why it is suspended or paused, for people."""
    nonce: str = ""
    """Signed into links; renewed on a new subscription, which ends older links."""
    created_at: dt.datetime
    confirmed_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    """When the reader was asked whether to go on; None unless an answer is awaited."""
    account: str = ""
    """The member it belongs to; empty for an address alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionRequest:
    """A subscription as a reader asks for it."""

    address: str
    topic: Topic
    schedule: Schedule = Schedule()
    limit: int = 10
    detail: Detail = "short"
    markup: Markup = "html"
    when_empty: WhenEmpty = "say"


@dataclass(frozen=True, slots=True)
class Story:
    """One paper in an issue, as readable text."""

    paper: int
    """The store's key."""
    id: str
    version: int
    """The newest version of the paper when the issue was composed; 0 if unknown."""
    headline: str
    byline: str
    standfirst: str
    reason: str
    """Why it is in this issue, in one sentence."""
    facts: str = ""
    """Field, venue, votes: one line."""
    abstract: str = ""
    is_update: bool = False
    """A new version of a paper that was sent before."""


@dataclass(frozen=True, slots=True)
class StoryGroup:
    """Stories of one field."""

    title: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One composed digest; deterministic for a library, a subscription and a time."""

    subscription: int
    period: str
    subject: str
    introduction: str
    groups: tuple[StoryGroup, ...] = ()
    diversity: float = 0.0
    """Vendi score: the effective number of different stories, from 1 to their count."""
    empty_because: str = ""
    """Why there is no story; empty if there is one."""
    composed_at: dt.datetime

    @property
    def stories(self) -> tuple[Story, ...]:
        """All stories in reading order."""
        return tuple(story for group in self.groups for story in group.stories)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One issue on its way to one reader. Times are UTC."""

    id: int
    subscription: int
    period: str
    state: DeliveryState
    message_id: str
    """Fixed before the first attempt, so that a repetition can be recognised."""
    due_at: dt.datetime
    attempts: int = 0
    next_attempt_at: dt.datetime
    sent_at: dt.datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestStatus:
    """Counts for the status page and the command line."""

    subscriptions: Mapping[str, int]
    """By state."""
    deliveries: Mapping[str, int]
    """By state, of the last 30 days."""
    overdue: int
    """Deliveries that are due and not sent."""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Counts of one run of the sender."""

    planned: int = 0
    sent: int = 0
    empty: int = 0
    postponed: int = 0
    failed: int = 0

    def __add__(self, other: "DeliveryCounts") -> "DeliveryCounts":
        return DeliveryCounts(
            self.planned + other.planned,
            self.sent + other.sent,
            self.empty + other.empty,
            self.postponed + other.postponed,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both parts of a message."""

    html: str
    text: str


class DigestStore(Protocol):
    """Subscriptions, issues and deliveries. Thread-safe; times are UTC.

    Every write is committed with full synchronisation before the call returns. Raises
    LibraryUnavailableError if the database cannot be used.
    """

    def subscribe(
        self, request: SubscriptionRequest, nonce: str, now: dt.datetime, account: str = ""
    ) -> Subscription:
        """Add a pending subscription. One with the same address and topic is changed to the
        request: an active one stays active, any other becomes pending."""
        ...

    def find_subscription(self, number: int) -> Subscription | None: ...

    def subscriptions(
        self, state: SubscriptionState | None = None, address: str = ""
    ) -> Sequence[Subscription]:
        """Subscriptions by id, of a state and an address if given."""
        ...

    def set_state(
        self, number: int, state: SubscriptionState, now: dt.datetime, reason: str = ""
    ) -> None:
        """Change the state; becoming active for the first time sets ``confirmed_at``.
        Unsubscribing withdraws deliveries that are not sent."""
        ...

    def note_sign(self, number: int, now: dt.datetime) -> None:
        """Remember that the reader was there, which answers the question whether to go on."""
        ...

    def ask_absent(self, unseen_since: dt.datetime, now: dt.datetime) -> int:
        """Let active subscriptions without a sign of their reader, or a visit of their account,
        since then ask for one; return how many do so now."""
        ...

    def pause_silent(self, asked_before: dt.datetime, reason: str) -> int:
        """Pause active subscriptions that asked before then and whose reader gave no sign since;
        return how many."""
        ...

    def change(self, number: int, request: SubscriptionRequest) -> None:
        """Replace all that a reader can choose, except the address."""
        ...

    def schedule(self, periods: Sequence[tuple[int, Period, dt.datetime, str]]) -> int:
        """Add deliveries (subscription, period, first attempt, Message-ID) that do not exist
        yet; the number added."""
        ...

    def last_periods(self) -> Mapping[int, str]:
        """The newest period of each subscription that has a delivery."""
        ...

    def claim(
        self, holder: str, now: dt.datetime, lease: dt.timedelta, limit: int
    ) -> Sequence[Delivery]:
        """Take up to ``limit`` deliveries that are due and unclaimed, or whose claim expired
        (their holder died), by a conditional update: no two holders get the same."""
        ...

    def holders(self) -> Collection[str]:
        """Who holds claims."""
        ...

    def release(self, holder: str) -> None:
        """Give back the claims of a holder that is known to be dead, before they expire."""
        ...

    def save_issues(self, issues: Sequence[Issue]) -> None:
        """Keep composed issues; of one subscription and period the first is kept."""
        ...

    def find_issue(self, subscription: int, period: str) -> Issue | None: ...

    def issues(self, subscription: int, limit: int) -> Sequence[Issue]:
        """The newest first."""
        ...

    def submit(self, deliveries: Sequence[int], holder: str) -> Collection[int]:
        """Mark claimed deliveries as handed to the server; returns those that are marked, without
        those whose claim was lost or that were withdrawn."""
        ...

    def finish(
        self,
        delivery: int,
        state: DeliveryState,
        now: dt.datetime,
        error: str = "",
        next_attempt_at: dt.datetime | None = None,
        stories: Sequence[Story] = (),
    ) -> None:
        """End an attempt. ``sent`` remembers the stories as sent to the subscription, in the
        same transaction; ``pending`` releases the claim for another attempt."""
        ...

    def sent_papers(self, subscription: int) -> Mapping[int, int]:
        """Keys of papers sent before, with the version that was sent."""
        ...

    def suppress(self, address: str, reason: str, now: dt.datetime) -> None:
        """Never write to the address again; suspends its subscriptions."""
        ...

    def suppressed(self, addresses: Collection[str]) -> Mapping[str, str]:
        """Which of these addresses must not be written to, and why."""
        ...

    def deliveries(self, subscription: int | None, limit: int) -> Sequence[Delivery]:
        """The newest first."""
        ...

    def find_delivery(self, number: int) -> Delivery | None: ...

    def status(self, now: dt.datetime) -> DigestStatus: ...


@dataclass(frozen=True, slots=True)
class Submission:
    """The mail server's answer to one message."""

    outcome: Literal["sent", "temporary", "permanent"]
    answer: str = ""
    """In the server's words, for people and for the log; without addresses of others."""
    extra: Mapping[str, str] = field(default_factory=dict)
