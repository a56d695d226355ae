"""Contract of the store of screenings."""

import datetime as dt

import pytest
from arriving import arrival

from broadsheet.domain.screening import Screening, ScreeningPaper

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def screenings(store):
    return store.screenings


@pytest.fixture
def papers(store):
    store.store(
        [
            arrival(key=str(number), title=f"Paper {number}", identifiers=[f"doi:10.1/{number}"])
            for number in (1, 2, 3)
        ]
    )
    return [paper.key for paper in store.iter_papers()]


def start(screenings, papers, name="s", account="ada", review=""):
    screening = Screening(name, account, "Title", "query", 0.95, 0.9, NOW, review)
    screenings.add(screening, papers)
    return screening


def test_labels_are_numbered_as_they_come_and_undone_from_the_last(screenings, papers):
    start(screenings, [papers[2], papers[0], papers[1]])
    assert screenings.set_label("s", papers[0], True, "why", NOW)
    assert screenings.set_label("s", papers[1], False, "", NOW)
    assert screenings.set_label("s", papers[0], False, "", NOW)
    assert not screenings.set_label("s", 999, True, "", NOW)
    assert screenings.papers("s") == [
        ScreeningPaper(papers[0], 2, 1, False, ""),
        ScreeningPaper(papers[1], 3, 2, False, ""),
        ScreeningPaper(papers[2], 1),
    ]
    assert screenings.undo("s") == papers[1]
    assert screenings.undo("s") == papers[0]
    assert screenings.undo("s") is None


def test_screenings_of_one_pool(screenings, papers):
    start(screenings, papers)
    start(screenings, papers, "t", "bob", review="s")
    start(screenings, papers, "u", "bob")
    assert [each.id for each in screenings.of_review("s")] == ["s", "t"]
    assert [each.review for each in screenings.of_account("bob")] == ["s", "u"]
    assert not screenings.of_review("t")


def test_counts_of_a_screening(screenings, papers):
    start(screenings, papers)
    screenings.set_label("s", papers[0], True, "", NOW)
    screenings.set_label("s", papers[1], False, "", NOW)
    stored = screenings.find("s")
    assert (stored.papers, stored.labels, stored.relevant) == (3, 2, 1)
    assert (stored.recall, stored.confidence, stored.created_at) == (0.95, 0.9, NOW)
    assert screenings.find("other") is None


def test_screenings_are_of_one_account_and_deleted_whole(store, screenings, papers):
    start(screenings, papers, "a")
    start(screenings, papers, "b", "bob")
    assert [each.id for each in screenings.of_account("ada")] == ["a"]
    screenings.delete("a")
    assert (screenings.of_account("ada"), screenings.papers("a")) == ([], [])
    store.community.remove_account("bob", NOW)
    assert (screenings.of_account("bob"), screenings.papers("b")) == ([], [])


@pytest.mark.parametrize("labelled", [1, 2])
def test_labels_follow_a_merger(store, screenings, papers, labelled):
    start(screenings, papers)
    screenings.set_label("s", papers[labelled], True, "why", NOW)
    store.store([arrival(key="9", title="Both", identifiers=["doi:10.1/2", "doi:10.1/3"])])
    merged = [paper.key for paper in store.iter_papers()]
    assert len(merged) == 2
    labels = {each.paper: (each.relevant, each.reason) for each in screenings.papers("s")}
    assert labels == {merged[0]: (None, ""), merged[1]: (True, "why")}
