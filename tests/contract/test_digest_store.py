"""Subscriptions, issues and deliveries, over every store."""

import dataclasses
import datetime as dt
import threading

import pytest
from arriving import arrival

from broadsheet.digest.compose import compose_issue
from broadsheet.domain.digest import Period, Schedule, SubscriptionRequest, Topic
from digest_samples import NOW, WORDING, make_candidate

LEASE = dt.timedelta(minutes=15)
REQUEST = SubscriptionRequest(
    address="reader@example.org",
    topic=Topic("search", "diffusion policy"),
    schedule=Schedule("weekly", dt.time(7, 30), "Europe/Berlin", 2),
    limit=7,
    detail="abstracts",
    markup="plain",
    when_empty="silent",
)


@pytest.fixture
def digest(store):
    return store.digest


def subscribe(digest, address="reader@example.org", confirmed=True):
    request = SubscriptionRequest(address=address, topic=Topic("trending"))
    subscription = digest.subscribe(request, "nonce", NOW)
    if confirmed:
        digest.set_state(subscription.id, "active", NOW)
    return subscription.id


def plan(digest, numbers, name="2026-12-01", at=NOW):
    return digest.schedule(
        [(number, Period(name, at), at, f"<{number}.{name}@x>") for number in numbers]
    )


def test_a_subscription_comes_back_as_it_was_asked_for(digest):
    made = digest.subscribe(REQUEST, "nonce", NOW, "ada")
    assert digest.find_subscription(made.id) == made
    assert (made.state, made.created_at, made.confirmed_at) == ("pending", NOW, None)
    assert (made.topic, made.schedule, made.limit) == (REQUEST.topic, REQUEST.schedule, 7)
    assert (made.detail, made.markup, made.when_empty) == ("abstracts", "plain", "silent")
    assert (made.nonce, made.account) == ("nonce", "ada")
    assert digest.find_subscription(made.id + 1) is None


def test_absent_readers_are_asked_and_then_paused(digest, store):
    days = dt.timedelta
    request = SubscriptionRequest(address="reader@example.org", topic=Topic("trending"))
    member = digest.subscribe(request, "nonce", NOW, "ada").id
    digest.set_state(member, "active", NOW)
    silent, answers, stranger = (
        subscribe(digest, f"{name}@example.org", name != "stranger")
        for name in ("silent", "answers", "stranger")
    )
    assert digest.ask_absent(NOW, NOW + days(180)) == 0
    store.follows.visit("ada", NOW + days(100))
    assert digest.ask_absent(NOW + days(1), NOW + days(181)) == 2
    assert digest.ask_absent(NOW + days(1), NOW + days(182)) == 0
    assert digest.find_subscription(silent).asked_at == NOW + days(181)
    assert digest.find_subscription(member).asked_at is None
    digest.note_sign(answers, NOW + days(190))
    assert digest.pause_silent(NOW + days(181), "silence") == 0
    assert digest.pause_silent(NOW + days(182), "silence") == 1
    states = {
        number: digest.find_subscription(number).state for number in (member, silent, answers)
    }
    assert states == {member: "active", silent: "paused", answers: "active"}
    assert digest.find_subscription(silent).reason == "silence"
    assert digest.find_subscription(stranger).state == "pending"
    # A visit answers too.
    assert digest.ask_absent(NOW + days(300), NOW + days(480)) == 2
    store.follows.visit("ada", NOW + days(485))
    digest.note_sign(answers, NOW + days(485))
    assert digest.pause_silent(NOW + days(600), "silence") == 0


def test_the_same_topic_twice_is_one_subscription(digest):
    first = digest.subscribe(REQUEST, "one", NOW)
    digest.set_state(first.id, "active", NOW)
    again = digest.subscribe(dataclasses.replace(REQUEST, limit=3), "two", NOW)
    assert (again.id, again.limit, again.state, again.nonce) == (first.id, 3, "active", "one")
    digest.set_state(first.id, "unsubscribed", NOW)
    back = digest.subscribe(REQUEST, "three", NOW)
    assert (back.id, back.state, back.nonce, back.confirmed_at) == (
        first.id,
        "pending",
        "three",
        None,
    )


def test_a_period_has_one_delivery_whoever_plans_it(digest):
    number = subscribe(digest)
    assert plan(digest, [number]) == 1
    assert plan(digest, [number]) == 0
    assert digest.last_periods() == {number: "2026-12-01"}


def test_concurrent_claims_never_share_a_delivery(digest):
    plan(digest, [subscribe(digest, f"reader{n}@example.org") for n in range(60)])
    claims: dict[str, list[int]] = {}

    def claim(holder):
        mine = claims.setdefault(holder, [])
        while claimed := digest.claim(holder, NOW, LEASE, 7):
            mine += [each.id for each in claimed]

    threads = [threading.Thread(target=claim, args=(f"h{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [each for mine in claims.values() for each in mine]
    assert len(everything) == len(set(everything)) == 60


def test_the_claim_of_a_dead_sender_expires_and_its_message_id_stays(digest):
    plan(digest, [subscribe(digest)])
    (first,) = digest.claim("dead", NOW, LEASE, 10)
    assert digest.submit([first.id], "dead") == {first.id}
    assert not digest.claim("other", NOW + LEASE / 2, LEASE, 10)
    (again,) = digest.claim("other", NOW + LEASE, LEASE, 10)
    assert (again.id, again.message_id, again.attempts) == (first.id, first.message_id, 2)
    assert not digest.submit([first.id], "dead")
    assert digest.submit([first.id], "other")


def test_claims_of_a_known_dead_sender_are_given_back_at_once(digest):
    plan(digest, [subscribe(digest)])
    digest.claim("dead", NOW, LEASE, 10)
    assert digest.holders() == {"dead"}
    digest.release("dead")
    assert not digest.holders()
    assert len(digest.claim("other", NOW, LEASE, 10)) == 1


def test_what_is_sent_is_remembered_with_its_version_and_not_claimed_again(digest):
    number = subscribe(digest)
    plan(digest, [number])
    (delivery,) = digest.claim("me", NOW, LEASE, 10)
    issue = compose_issue(
        digest.find_subscription(number),
        delivery.period,
        [make_candidate(1, versions=2), make_candidate(2)],
        {},
        WORDING,
        NOW,
    )
    digest.save_issues([issue])
    assert digest.find_issue(number, "2026-12-01") == issue
    digest.finish(delivery.id, "sent", NOW, stories=issue.stories)
    assert digest.sent_papers(number) == {1: 2, 2: 1}
    assert not digest.claim("me", NOW + dt.timedelta(9), LEASE, 10)
    sent = digest.find_delivery(delivery.id)
    assert (sent.state, sent.sent_at) == ("sent", NOW)
    assert digest.issues(number, 5) == [issue]


def test_a_postponed_delivery_is_claimed_when_it_is_due_again(digest):
    plan(digest, [subscribe(digest)])
    (delivery,) = digest.claim("me", NOW, LEASE, 10)
    later = NOW + dt.timedelta(minutes=5)
    digest.finish(delivery.id, "pending", NOW, "450 greylisted", later)
    assert not digest.claim("me", NOW, LEASE, 10)
    (again,) = digest.claim("me", later, LEASE, 10)
    assert again.last_error == "450 greylisted"


def test_unsubscribing_withdraws_what_is_not_sent(digest):
    number = subscribe(digest)
    plan(digest, [number])
    digest.set_state(number, "unsubscribed", NOW)
    assert not digest.claim("me", NOW, LEASE, 10)


def test_a_suppressed_address_suspends_its_subscriptions(digest):
    number, other = subscribe(digest), subscribe(digest, "other@example.org")
    digest.suppress("reader@example.org", "complained", NOW)
    assert digest.suppressed(["reader@example.org", "other@example.org"]) == {
        "reader@example.org": "complained"
    }
    assert digest.find_subscription(number).state == "suspended"
    assert digest.find_subscription(other).state == "active"


def test_status_counts_by_state(digest):
    numbers = [subscribe(digest), subscribe(digest, "b@example.org", confirmed=False)]
    plan(digest, numbers[:1])
    status = digest.status(NOW)
    assert status.subscriptions == {"active": 1, "pending": 1}
    assert (status.deliveries, status.overdue) == ({"pending": 1}, 1)


def test_what_was_sent_follows_a_merger_of_papers(store):
    store.store([arrival(title="A paper of its own", identifiers=["doi:10.1/a"])])
    store.store([arrival(title="Quite another title", identifiers=["arxiv:2401.00001"])])
    one, two = store.get("doi:10.1/a"), store.get("arxiv:2401.00001")
    assert one.key != two.key
    digest = store.digest
    number = subscribe(digest)
    plan(digest, [number])
    (delivery,) = digest.claim("me", NOW, LEASE, 10)
    issue = compose_issue(
        digest.find_subscription(number), "2026-12-01", [make_candidate(two.key)], {}, WORDING, NOW
    )
    digest.finish(delivery.id, "sent", NOW, stories=issue.stories)
    store.store(
        [arrival(title="Quite another title", identifiers=["arxiv:2401.00001", "doi:10.1/a"])]
    )
    merged = store.get("arxiv:2401.00001")
    assert merged.key == store.get("doi:10.1/a").key
    assert list(digest.sent_papers(number)) == [merged.key]
