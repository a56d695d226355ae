import datetime as dt

import pytest
from pydantic import ValidationError

from broadsheet.sources.zotero import ZoteroOptions
from replicas.server import Reply
from replicas.zotero import ZoteroReplica


@pytest.fixture
def library() -> ZoteroReplica:
    library = ZoteroReplica()
    library.put(
        "ABCD2345",
        itemType="preprint",
        title="Sorting by listening",
        extra="arXiv:2603.00777 [cs]\nDOI: 10.1000/sort.1",
        tags=[{"tag": "sorting"}],
        collections=["COLL2222"],
    )
    library.put("BOOK2345", itemType="book", title="Old sounds of the harbour")
    library.put("PATT2345", itemType="attachment", parentItem="ABCD2345", title="PDF")
    library.put("NOTE2345", itemType="note", note="<p>buy milk</p>")
    return library


def requested_paths(desk) -> list[str]:
    return [each.path.removeprefix("/users/12345/") for each in desk.requests("zotero")]


def test_a_library_and_then_its_changes(desk, library):
    desk.serve("zotero", library, library_id=12345)
    run = desk.run("zotero")
    assert (run.outcome, run.counts.new, run.counts.rejected) == ("done", 2, 0)
    paper = desk.paper("arxiv:2603.00777")
    assert (paper.title, paper.keywords) == ("Sorting by listening", ("sorting",))
    assert desk.paper("doi:10.1000/sort.1").id == paper.id
    assert desk.cursor("zotero") == {"library": "users/12345", "all": "4", "deleted": "4"}
    assert requested_paths(desk) == ["items/top", "items"]

    assert desk.run("zotero").outcome == "unchanged"
    assert requested_paths(desk) == ["items/top", "deleted"]

    library.put("BOOK2345", itemType="book", title="Old sounds of the harbour, second edition")
    library.put("NEWW2345", title="A new find in the attic")
    desk.requests("zotero")
    run = desk.run("zotero")
    assert (run.counts.read, run.counts.new, run.counts.updated) == (2, 1, 1)
    search, items, _ = desk.servers["zotero"].requests
    assert search.params == {"format": "versions", "since": "4"}
    assert items.params["itemKey"] == "BOOK2345,NEWW2345"
    assert items.headers["zotero-api-version"] == "3"


def test_what_was_deleted_is_marked_and_not_erased(desk, library):
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero")
    library.delete("BOOK2345")
    library.delete("NOTE2345")
    run = desk.run("zotero")
    assert (run.counts.read, run.counts.updated, run.counts.rejected) == (1, 1, 0)
    paper = desk.paper("zotero:BOOK2345")
    assert (paper.status, paper.title) == ("deleted from Zotero", "Old sounds of the harbour")
    assert desk.cursor("zotero")["deleted"] == "6"
    assert desk.run("zotero").outcome == "unchanged"


def test_an_item_that_is_restored_is_deleted_no_more(desk, library):
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero")
    library.delete("BOOK2345")
    desk.run("zotero")
    restored = f"{desk.now + dt.timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    library.put("BOOK2345", itemType="book", title="Old sounds", dateModified=restored)
    desk.run("zotero")
    paper = desk.paper("zotero:BOOK2345")
    assert (paper.status, paper.title) == ("", "Old sounds")


def test_a_zotero_that_keeps_no_deletions_is_fetched_all_the_same(desk, library):
    library.keeps_deletions = False
    desk.serve("zotero", library, library_id=12345)
    assert desk.run("zotero").counts.new == 2
    assert desk.run("zotero").outcome == "unchanged"


def test_collections_of_a_group_with_a_key(desk):
    library = ZoteroReplica("groups/77", api_key="s3cretkey")
    library.put("AAAA2345", title="Inside the collection of tides", collections=["COLL2222"])
    library.put("BBBB2345", title="Outside of any collection")
    options = {"library_type": "group", "library_id": 77, "collections": ["COLL2222"]}
    desk.serve("zotero", library, **options)
    refused = desk.run("zotero")
    assert refused.outcome == "refused"
    assert "403" in refused.message

    desk.tables["zotero"]["api_key"] = "s3cretkey"
    assert desk.run("zotero").counts.new == 1
    # A paper that is put into the collection has a new version, and comes.
    library.put("BBBB2345", title="Outside of any collection", collections=["COLL2222"])
    assert desk.run("zotero").counts.new == 1
    assert desk.cursor("zotero") == {"library": "groups/77", "COLL2222": "3", "deleted": "3"}


def test_another_library_begins_at_the_beginning(desk, library):
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero")
    other = ZoteroReplica("users/9")
    other.put("CCCC2345", title="Something else entirely")
    desk.serve("zotero", other, library_id=9)
    assert desk.run("zotero").counts.new == 1


def test_many_items_come_in_batches_and_survive_a_crash(desk):
    library = ZoteroReplica()
    for number in range(120):
        library.put(f"K{number:07d}", title=f"Item number {number} of a long shelf")
    for item in list(library.items.values())[40:70]:
        item["version"] = item["data"]["version"] = 41  # written in one go
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero", killed_at=2)
    assert desk.store.count() == 100
    # The first batch ended within records of one write.
    assert desk.cursor("zotero")["all"] == "40"
    library.delete("K0000000")
    run = desk.run("zotero")
    assert (run.counts.new, desk.store.count()) == (20, 120)
    assert desk.cursor("zotero")["all"] == "121"
    # Deleted between the crash and the next run.
    assert desk.paper("zotero:K0000000").status == "deleted from Zotero"


def test_since_fetches_everything_and_forgets_no_deletion(desk, library):
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero")
    library.delete("BOOK2345")
    run = desk.run("zotero", since=dt.date(2026, 1, 1))
    assert (run.counts.duplicates, run.counts.updated) == (1, 1)


def test_zotero_is_left_alone_as_long_as_it_asks(desk, library):
    server = desk.serve("zotero", library, library_id=12345)
    original = library._items
    library._items = lambda *arguments: _with_backoff(original(*arguments))
    desk.run("zotero")
    assert [seconds for seconds in desk.waited if seconds > 20] == [30.0]
    server.interject(Reply(status=429, headers={"Retry-After": "77"}))
    desk.run("zotero")
    assert max(desk.waited) >= 77


def _with_backoff(reply: Reply) -> Reply:
    return Reply(reply.body, headers={**reply.headers, "Backoff": "30"})


def test_two_entries_of_one_paper_are_one(desk):
    library = ZoteroReplica()
    for key in ("AAAA2345", "BBBB2345"):
        library.put(key, title="The same work, kept twice", DOI="10.1000/twice")
        library.put(key.replace("2345", "6789"), title="A work without any number")
    desk.serve("zotero", library, library_id=12345)
    desk.run("zotero")
    assert desk.store.count() == 2


def test_a_bad_item_is_rejected_alone(desk, library):
    library.items["BOOK2345"]["data"]["title"] = ""
    library.items["ABCD2345"]["data"]["creators"] = None
    desk.serve("zotero", library, library_id=12345)
    run = desk.run("zotero")
    assert (run.counts.new, run.counts.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"<html>"), "Zotero did not answer in JSON"),
        (Reply(b"{}"), "has no version"),
        (Reply(b"[]", headers={"Last-Modified-Version": "4"}), "Zotero did not answer in JSON"),
    ],
)
def test_what_is_no_answer_is_said(desk, library, reply, words):
    desk.serve("zotero", library, library_id=12345).interject(reply)
    run = desk.run("zotero")
    assert (run.outcome, words in run.message) == ("refused", True)


def test_it_says_what_has_to_be_set(desk, library):
    desk.serve("zotero", library)
    run = desk.run("zotero")
    assert run.outcome == "refused"
    assert "library_id" in run.message
    with pytest.raises(ValidationError, match="collections"):
        ZoteroOptions(collections=["My Collection"])
    assert "s3cret" not in repr(ZoteroOptions(api_key="s3cretkey"))
