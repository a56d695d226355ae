"""Every store keeps submissions and features."""

import datetime as dt
from dataclasses import replace

import pytest
from arriving import arrival

from broadsheet.domain.submissions import Feature, Submission

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
DAY = NOW.date()
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def papers(store):
    store.store(
        [
            arrival(key=str(n), title=f"Paper number {n} of many", identifiers=[f"doi:10.1/{n}"])
            for n in (1, 2, 3)
        ]
    )
    return [paper.key for paper in store.iter_papers()]


def add(store, address="10.1/1", account="a", at=NOW, **fields):
    blank = Submission(0, account, "", address, "", "pending", None, "", 0, at, None)
    return store.submissions.add(replace(blank, **fields))


def feature(store, paper, day=DAY, account="a", reason="it is new"):
    store.submissions.feature(Feature(paper, account, "", reason, day, 0))


def order(store):
    return [each.paper for each in store.submissions.features_between(DAY, DAY)]


def test_submissions_wait_for_their_next_attempt(store, papers):
    first, second = add(store), add(store, "10.1/2")
    kept = store.submissions
    assert [each.number for each in kept.due(NOW, 9)] == [first.number, second.number]
    kept.update(replace(first, problem="no network", attempts=1), NOW + HOUR)
    kept.update(replace(second, state="listed", paper=papers[1], listed_on=DAY))
    assert kept.due(NOW, 9) == []
    (waiting,) = kept.due(NOW + HOUR, 9)
    assert (waiting.problem, waiting.attempts) == ("no network", 1)
    assert kept.count_since("a", NOW - HOUR) == 2
    assert kept.count_since("a", NOW) == 0
    assert [each.number for each in kept.latest(["listed"], 9)] == [second.number]
    assert kept.latest(["listed"], 9, "b") == []


def test_the_first_of_several_submissions_of_a_paper_stands(store, papers):
    for note in ("first", "second"):
        add(store, note=note, state="listed", paper=papers[0], listed_on=DAY)
    for highlights in (
        store.submissions.highlights_of(papers),
        store.submissions.highlights_between(DAY, DAY),
    ):
        assert {key: each.note for key, each in highlights.submissions.items()} == {
            papers[0]: "first"
        }
    assert not store.submissions.highlights_between(DAY - dt.timedelta(2), DAY - HOUR * 24).features


def test_features_are_ordered_by_hand(store, papers):
    for paper in papers:
        feature(store, paper)
    feature(store, papers[0], reason="changed")
    assert order(store) == papers
    store.submissions.move_feature(papers[2], -2)
    store.submissions.move_feature(papers[0], 9)
    assert order(store) == [papers[2], papers[1], papers[0]]
    assert store.submissions.remove_feature(papers[1])
    assert not store.submissions.remove_feature(papers[1])
    assert store.submissions.highlights_of(papers).features[papers[0]].reason == "changed"


def test_each_change_is_noticed(store, papers):
    states = [store.submissions.state()]
    for change in (
        lambda: feature(store, papers[0]),
        lambda: store.submissions.move_feature(papers[0], 1),
        lambda: add(store),
        lambda: store.submissions.remove_feature(papers[0]),
    ):
        change()
        states.append(store.submissions.state())
    assert states == sorted(set(states))


def test_they_follow_a_merger_of_papers(store, papers):
    add(store, state="listed", paper=papers[1], listed_on=DAY)
    feature(store, papers[1])
    store.store([arrival(key="9", title="Both are one", identifiers=["doi:10.1/1", "doi:10.1/2"])])
    highlights = store.submissions.highlights_of([papers[0]])
    assert (list(highlights.submissions), list(highlights.features)) == ([papers[0]], [papers[0]])


def test_an_account_leaves_nothing(store, papers):
    add(store, account="a")
    kept = add(store, account="b")
    feature(store, papers[0], account="a")
    store.community.remove_account("a", NOW)
    assert [each.number for each in store.submissions.latest(["pending"], 9)] == [kept.number]
    assert order(store) == []
