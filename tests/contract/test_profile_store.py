"""Contract of the stores of readers' decisions and texts for their own ranking."""

import datetime as dt

import pytest
from arriving import arrival

from broadsheet.domain.community import ReaderMark
from broadsheet.domain.personal import ProfileEdit

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def profiles(store):
    return store.profiles


@pytest.fixture
def paper(store):
    store.store([arrival(key="1", title="A paper", identifiers=["doi:10.1/1"])])
    return next(store.iter_papers()).key


def test_edits_are_replaced_and_removed(profiles):
    profiles.set_edit("ada", ProfileEdit("term", "bees", "pinned"), NOW)
    profiles.set_edit("ada", ProfileEdit("author", "Ben", "unwanted"), NOW)
    profiles.set_edit("ada", ProfileEdit("term", "bees", "muted"), NOW)
    assert profiles.edits("ada") == [
        ProfileEdit("author", "Ben", "unwanted"),
        ProfileEdit("term", "bees", "muted"),
    ]
    assert profiles.edits("bob") == []
    profiles.remove_edit("bob", "term", "bees")
    profiles.remove_edit("ada", "author", "Ben")
    assert profiles.edits("ada") == [ProfileEdit("term", "bees", "muted")]


def test_a_text_is_kept_once_and_removed_by_its_account_alone(profiles):
    texts = [("", "one"), ("Title", "two"), ("", "one")]
    assert profiles.add_texts("ada", texts, NOW) == 2
    assert profiles.add_texts("ada", texts, NOW) == 0
    assert profiles.add_texts("bob", texts[:1], NOW) == 1
    first, second = profiles.texts("ada")
    assert (first.text, second.title) == ("one", "Title")
    profiles.remove_text("bob", first.number)
    profiles.remove_text("ada", second.number)
    assert profiles.texts("ada") == [first]


def test_a_reset_takes_all_out_of_the_ranking_and_keeps_what_was_saved(store, profiles, paper):
    for mark in ("saved", "more_like", "pinned"):
        store.community.set_mark(ReaderMark("ada", paper, mark, NOW), True)
    profiles.set_edit("ada", ProfileEdit("term", "bees", "pinned"), NOW)
    profiles.add_texts("ada", [("", "one")], NOW)
    profiles.set_edit("bob", ProfileEdit("term", "bees", "pinned"), NOW)
    profiles.reset("ada", [paper], NOW)
    assert store.community.paper_marks("ada", [paper]).own == {paper: {"saved", "ignored"}}
    assert (profiles.edits("ada"), profiles.texts("ada")) == ([], [])
    assert len(profiles.edits("bob")) == 1
    store.community.set_mark(ReaderMark("ada", paper, "more_like", NOW), True)
    assert store.community.paper_marks("ada", [paper]).own == {paper: {"saved", "more_like"}}


def test_a_removed_account_leaves_nothing(store, profiles):
    profiles.set_edit("ada", ProfileEdit("term", "bees", "pinned"), NOW)
    profiles.add_texts("ada", [("", "one")], NOW)
    store.community.remove_account("ada", NOW)
    assert (profiles.edits("ada"), profiles.texts("ada")) == ([], [])
