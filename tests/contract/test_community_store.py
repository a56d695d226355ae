"""Contract of the stores of readers' marks and votes."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from arriving import arrival

from broadsheet.domain.community import ReaderMark

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def community(store):
    return store.community


@pytest.fixture
def papers(store):
    store.store(
        [
            arrival(
                key=str(number),
                title=f"Paper number {number} of many",
                identifiers=[f"doi:10.1/{number}"],
            )
            for number in (1, 2)
        ]
    )
    return [paper.key for paper in store.iter_papers()]


def vote(community, paper, account="ada", on=True, at=NOW):
    return community.set_mark(ReaderMark(account, paper, "voted", at), on)


def test_a_vote_counts_once_however_many_requests(community, papers):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: vote(community, papers[0]), range(100)))
    assert community.paper_marks("ada", papers).votes == {papers[0]: 1}


def test_votes_of_many_at_once_all_count(community, papers):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: vote(community, papers[0], f"reader {number}"), range(40)))
    assert community.paper_marks("", papers).votes == {papers[0]: 40}


def test_all_votes_of_the_voters_of_a_paper(store, community, papers):
    first, second = papers
    vote(community, first)
    vote(community, second, at=NOW + DAY)
    vote(community, second, "bob")
    votes = {(each.account, each.paper, each.at) for each in store.votes_of_voters([first])}
    assert votes == {("ada", first, NOW), ("ada", second, NOW + DAY)}
    assert {each.joined_at for each in store.votes_of_voters([first])} == {None}
    assert not store.votes_of_voters([])


def test_votes_are_a_signal_of_the_day(store, community, papers):
    assert vote(community, papers[0]) == 1
    assert vote(community, papers[0], "bob") == 2
    assert vote(community, papers[0], "bob", on=False, at=NOW + DAY) == 1
    values = [
        (each.source, each.name, each.day, each.value) for each in store.get_signals(papers[0])
    ]
    assert values == [
        ("here", "votes_here", NOW.date(), 2),
        ("here", "votes_here", (NOW + DAY).date(), 1),
    ]
    growth = store.growths_between(NOW.date(), NOW.date(), ["votes_here"])
    assert [(each.paper, each.amount) for each in growth] == [(papers[0], 2)]


def test_trends_know_that_votes_changed(store, community, papers):
    before = store.count_vote_changes()
    vote(community, papers[0])
    changed = store.count_vote_changes()
    vote(community, papers[0])
    assert before != changed == store.count_vote_changes()


def test_marks_replace_their_opposites(community, papers):
    for mark in ("saved", "later", "more_like", "read", "not_interested"):
        community.set_mark(ReaderMark("ada", papers[0], mark, NOW), True)
    own = community.paper_marks("ada", papers).own
    assert own == {papers[0]: {"saved", "read", "not_interested"}}
    assert community.paper_marks("bob", papers).own == {}
    assert community.paper_marks("", papers).own == {}


def test_marks_are_listed_latest_first(community, papers):
    for number, paper in enumerate(papers):
        community.set_mark(ReaderMark("ada", paper, "saved", NOW + number * DAY), True)
    marks = community.marks_of("ada", ["saved", "voted"], 10)
    assert [(each.paper, each.at) for each in marks] == [(papers[1], NOW + DAY), (papers[0], NOW)]


def test_withdrawn_votes_no_longer_count(store, community, papers):
    for account in ("ada", "bob"):
        vote(community, papers[0], account)
    community.set_mark(ReaderMark("ada", papers[0], "saved", NOW), True)
    assert community.withdraw_votes("ada", NOW) == 1
    marks = community.paper_marks("ada", papers)
    assert (marks.votes, marks.own) == ({papers[0]: 1}, {papers[0]: {"saved"}})
    community.remove_account("bob", NOW)
    assert community.paper_marks("ada", papers).votes == {}
    assert store.get_signals(papers[0])[-1].value == 0


def test_votes_and_marks_follow_a_merger(store, community, papers):
    first, second = papers
    vote(community, first, "ada")
    vote(community, second, "ada")
    vote(community, second, "bob")
    community.set_mark(ReaderMark("ada", second, "saved", NOW), True)
    store.store(
        [arrival(key="9", title="Both of them are one", identifiers=["doi:10.1/1", "doi:10.1/2"])]
    )
    (merged,) = store.iter_papers()
    marks = community.paper_marks("ada", [merged.key])
    assert (marks.votes, marks.own) == ({merged.key: 2}, {merged.key: {"voted", "saved"}})
    assert store.get_signals(merged.key)[-1].value == 2
