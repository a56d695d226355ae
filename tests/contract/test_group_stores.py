"""Contract of the stores of collections, comments and moderation."""

import datetime as dt

import pytest
from arriving import arrival

from broadsheet.domain.collections import Collection, Entry
from broadsheet.domain.comments import Comment, LogEntry

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def papers(store):
    store.store(
        [
            arrival(
                key=str(number),
                title=f"Paper number {number} of many",
                identifiers=[f"doi:10.1/{number}"],
            )
            for number in (1, 2, 3)
        ]
    )
    return [paper.key for paper in store.iter_papers()]


def collection(collection_id="c", account="ada", sharing="private", at=NOW):
    return Collection(collection_id, account, "the owner", "A title", "", sharing, at, at)


def comment(paper, text="A remark", account="ada", parent=None, at=NOW):
    return Comment(0, paper, parent, account, "the owner", text, "visible", at)


def merge(store):
    store.store([arrival(key="9", title="Both are one", identifiers=["doi:10.1/1", "doi:10.1/2"])])


def test_collections_keep_order_and_notes(store, papers):
    stored = store.collections
    stored.save(collection())
    for paper in papers:
        stored.set_entry("c", Entry(paper, ""), NOW)
    stored.set_entry("c", Entry(papers[2], "Read this first"), NOW)
    stored.move_entry("c", papers[2], -2, NOW)
    stored.move_entry("c", papers[0], 9, NOW + MINUTE)
    expected = [Entry(papers[2], "Read this first"), Entry(papers[1], ""), Entry(papers[0], "")]
    assert stored.entries("c") == expected
    stored.remove_entry("c", papers[1], NOW + MINUTE)
    changed = stored.find("c")
    assert (changed.size, changed.changed_at) == (2, NOW + MINUTE)


def test_only_public_collections_are_listed_for_all(store):
    for number, sharing in enumerate(("private", "link", "public", "public")):
        store.collections.save(collection(f"c{number}", sharing=sharing, at=NOW + number * MINUTE))
    assert [each.id for each in store.collections.public(10)] == ["c3", "c2"]
    assert len(store.collections.of_account("ada")) == 4
    assert store.collections.of_account("bob") == []
    store.collections.delete("c3")
    assert store.collections.find("c3") is None


def test_entries_and_comments_follow_a_merger(store, papers):
    store.collections.save(collection())
    for paper in papers[:2]:
        store.collections.set_entry("c", Entry(paper, f"note {paper}"), NOW)
        store.comments.add(comment(paper))
    merge(store)
    merged = store.get("doi:10.1/1").key
    assert [entry.paper for entry in store.collections.entries("c")] == [merged]
    assert len(store.comments.of_paper(merged)) == 2


def test_edits_keep_the_earlier_text(store, papers):
    stored = store.comments
    number = stored.add(comment(papers[0], "one")).id
    stored.edit(number, "two", NOW + MINUTE)
    stored.edit(number, "three", NOW + 2 * MINUTE)
    assert stored.find(number).text == "three"
    assert stored.find(number).edited_at == NOW + 2 * MINUTE
    assert stored.history(number) == [(NOW + MINUTE, "one"), (NOW + 2 * MINUTE, "two")]


def test_a_deleted_comment_leaves_no_text(store, papers):
    stored = store.comments
    number = stored.add(comment(papers[0], "one")).id
    stored.edit(number, "two", NOW)
    stored.set_state(number, "deleted")
    stored.set_state(number, "visible")
    assert stored.find(number).text == ""
    assert stored.history(number) == []


def test_a_removed_comment_can_be_restored(store, papers):
    number = store.comments.add(comment(papers[0], "one")).id
    store.comments.set_state(number, "removed")
    assert store.comments.find(number).text == ""
    store.comments.set_state(number, "visible")
    assert store.comments.find(number).text == "one"


def test_one_flag_an_account_counts(store, papers):
    stored = store.comments
    number = stored.add(comment(papers[0])).id
    stored.flag(number, "bob", "spam", NOW)
    stored.flag(number, "bob", "unkind", NOW)
    assert stored.flagged(2) == []
    stored.flag(number, "eve", "spam", NOW)
    assert [(each.id, each.flags) for each in stored.flagged(2)] == [(number, 2)]
    stored.clear_flags(number)
    assert stored.flagged(1) == []


def test_an_account_that_goes_leaves_deleted_comments(store, papers):
    store.collections.save(collection())
    first = store.comments.add(comment(papers[0], "mine"))
    store.comments.add(comment(papers[0], "an answer", account="bob", parent=first.id))
    store.comments.remove_account("ada")
    store.community.remove_account("ada", NOW)
    gone, answer = store.comments.of_paper(papers[0])
    assert (gone.state, gone.text, gone.author, gone.account) == ("deleted", "", "", "")
    assert (answer.text, answer.parent) == ("an answer", first.id)
    assert store.collections.find("c") is None


def test_comments_of_the_last_hour_are_counted(store, papers):
    for minutes in (0, 30, 90):
        store.comments.add(comment(papers[0], at=NOW - minutes * MINUTE))
    assert store.comments.count_since("ada", NOW - 60 * MINUTE) == 2


def test_visible_comments_are_counted_by_paper(store, papers):
    kept, gone = (store.comments.add(comment(papers[0], text)) for text in ("one", "two"))
    store.comments.set_state(gone.id, "removed")
    assert store.comments.counts(papers) == {papers[0]: 1}
    store.comments.set_state(kept.id, "deleted")
    assert store.comments.counts(papers) == {}


def test_the_log_is_read_latest_first(store):
    for action in ("one", "two"):
        store.comments.add_log_entry(LogEntry(NOW, "Cleo", action, "because"))
    assert [entry.action for entry in store.comments.log(10)] == ["two", "one"]
