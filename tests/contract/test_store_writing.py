"""PaperWriter and ChangeFeed: batches, changes, rejected records."""

import dataclasses
import threading

import pytest
from arriving import LONG_ABSTRACT, arrival, read_record

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.ingest import ImportSummary, Rejection
from broadsheet.domain.paper import Change


def counts(summary: ImportSummary) -> tuple[int, int, int, int, int]:
    return (summary.read, summary.new, summary.updated, summary.duplicates, summary.rejected)


def one(title="A paper about one thing", **fields):
    return arrival(title=title, identifiers=["arxiv:2401.00001"], **fields)


def test_the_counts_of_a_batch_add_up(store):
    bad = ("bad.jsonl", "test", Rejection("no title", "line 7", b"{}"))
    other = arrival(title="Another paper altogether", identifiers=["arxiv:2401.00002"])
    summary = store.store([one(), other, one(), one(venue="ICML")], [bad])
    assert counts(summary) == (5, 2, 1, 1, 1)
    assert store.get("2401.00001").venue == "ICML"


def test_storing_a_batch_again_changes_nothing(store):
    batch = [one(), arrival(title="Another paper altogether", authors=["A. Roe"])]
    store.store(batch, [])
    before = (list(store.iter_papers()), store.last_change())
    assert counts(store.store(batch, [])) == (2, 0, 0, 2, 0)
    assert (list(store.iter_papers()), store.last_change()) == before


def test_what_is_stored_is_there_after_opening_again(open_store):
    store = open_store()
    store.store([one()], [("f", "test", Rejection("no title", "line 7", b"{}"))])
    papers = list(store.iter_papers())
    store.close()
    again = open_store()
    assert list(again.iter_papers()) == papers
    assert again.count_rejected() == 1


def test_every_write_of_a_paper_is_a_change_and_only_the_last_counts(store):
    store.store([one(), arrival(title="Another paper altogether")], [])
    first, second = store.changes_after(0, 10)
    assert [first.number, second.number] == [1, 2]
    store.store([one(venue="ICML")], [])
    assert list(store.changes_after(0, 10)) == [second, Change(3, first.key, False)]
    assert list(store.changes_after(2, 10)) == [Change(3, first.key, False)]
    assert list(store.changes_after(0, 1)) == [second]
    assert store.last_change() == 3
    assert list(store.changes_after(3, 10)) == []


def test_a_duplicate_is_no_change(store):
    store.store([one()], [])
    changed_at = store.last_changed_at()
    assert changed_at is not None
    store.store([one()], [])
    assert store.last_change() == 1
    assert store.last_changed_at() == changed_at


def test_two_papers_found_to_be_one_leave_a_removal_and_a_redirect(store):
    store.store(
        [
            arrival(title="Draft of a paper", identifiers=["openreview:abc"]),
            arrival(title="The paper in print", identifiers=["doi:10.1000/1"]),
        ],
        [],
    )
    survivor, gone = list(store.iter_papers())
    both = arrival(
        source="openalex", title="The paper", identifiers=["openreview:abc", "doi:10.1000/1"]
    )
    assert counts(store.store([both], [])) == (1, 0, 1, 0, 0)
    assert store.count() == 1
    assert store.get("openreview:abc").key == store.get("doi:10.1000/1").key == survivor.key
    assert store.get(gone.id).id == survivor.id == "openreview:abc"
    assert {(c.key, c.removed) for c in store.changes_after(2, 10)} == {
        (survivor.key, False),
        (gone.key, True),
    }
    store.store([arrival(title="Something new", identifiers=["doi:10.1000/2"])], [])
    assert store.get("doi:10.1000/2").key > gone.key


def test_a_chain_of_mergers_within_one_batch_redirects_to_the_last(store):
    store.store([arrival(title="Oldest of the three", identifiers=["pmid:1"])], [])
    store.store(
        [
            arrival(title="Second of the three", identifiers=["s2:2"]),
            arrival(title="Third of the three", identifiers=["openalex:3"]),
            arrival(source="a", title="Links two", identifiers=["s2:2", "openalex:3"]),
            arrival(source="b", title="Links all", identifiers=["pmid:1", "openalex:3"]),
        ],
        [],
    )
    assert [paper.id for paper in store.iter_papers()] == ["pmid:1"]
    for name in ("pmid:1", "s2:2", "openalex:3"):
        assert store.get(name).id == "pmid:1"


def test_a_batch_is_stored_whole_or_not_at_all(open_store, tmp_path):
    store = open_store()
    store.store([one()], [])
    before = (list(store.iter_papers()), store.last_change(), store.count_rejected())
    plan_of = Decider(read_record)

    def decide(arrivals, library, now):
        plan = plan_of(arrivals, library, now)
        # The second of two equal keys fails in the database, after much was written.
        plan.created.append(plan.created[-1])
        return plan

    store._decide = decide
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.store(
            [arrival(title=f"Lost paper number {n} of many") for n in range(10)],
            [("f", "test", Rejection("no title", "line 7", b"{}"))],
        )
    store._decide = plan_of
    assert (list(store.iter_papers()), store.last_change(), store.count_rejected()) == before
    assert counts(store.store([arrival(title="The next paper is fine")], [])) == (1, 1, 0, 0, 0)


def test_writers_wait_for_each_other(open_store):
    stores: list[SqlStore] = [open_store() for _ in range(3)]

    def write(number: int) -> None:
        for n in range(20):
            stores[number].store([arrival(title=f"Paper {n} of writer {number} here")], [])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].count() == 60
    numbers = [change.number for change in stores[0].changes_after(0, 100)]
    assert numbers == list(range(1, 61))


def test_a_rejected_record_is_listed_once_however_often_it_comes(store):
    broken = Rejection("half a line", "line 3", b'{"title": "Hal')
    cut = Rejection("compressed data ends early", "after record 4")
    for _ in range(2):
        summary = store.store([], [("a.jsonl", "test", broken), ("a.jsonl", "test", cut)])
        assert counts(summary) == (2, 0, 0, 0, 2)
    store.store([], [("b.jsonl", "test", cut)])
    listed = list(store.iter_rejected())
    assert [(r.origin, r.position, r.reason) for r in listed] == [
        ("a.jsonl", "line 3", "half a line"),
        ("a.jsonl", "after record 4", "compressed data ends early"),
        ("b.jsonl", "after record 4", "compressed data ends early"),
    ]
    assert listed[0].raw == b'{"title": "Hal'
    assert listed[0].format == "test"
    assert listed[0].rejected_at.utcoffset().total_seconds() == 0
    assert store.count_rejected() == 3
    store.remove_rejected([listed[0].number, 12345])
    assert [r.number for r in store.iter_rejected()] == [r.number for r in listed[1:]]


def test_no_more_than_64_kib_are_kept_of_a_rejected_record(store):
    store.store([], [("a", "test", Rejection("a line of 50 MB", "line 1", b"x" * 100_000))])
    (rejected,) = store.iter_rejected()
    assert rejected.raw == b"x" * 64 * 1024


def test_a_record_without_title_is_rejected_with_what_came(store):
    came = arrival(title="", key="arxiv:2401.00009", identifiers=["arxiv:2401.00009"])
    assert counts(store.store([came], [])) == (1, 0, 0, 0, 1)
    (rejected,) = store.iter_rejected()
    assert rejected.raw == came.raw.raw
    assert "title" in rejected.reason


def test_many_raw_records_come_back_as_they_came(store):
    """Large batches are compressed with a dictionary; merging reads them again."""
    batch = [
        arrival(
            title=f"Paper number {n} of many",
            abstract=f"{LONG_ABSTRACT} {n}",
            identifiers=[f"arxiv:2401.{n:05d}"],
            authors=["A. Roe"],
        )
        for n in range(1, 2001)
    ]
    store.store(batch[:100], [])
    store.store(batch[100:], [])
    later = [
        arrival(
            source="zzz", title=f"Paper number {n} of many", identifiers=[f"arxiv:2401.{n:05d}"]
        )
        for n in (5, 1100)
    ]
    assert counts(store.store(later, [])) == (2, 0, 2, 0, 0)
    for n in (5, 1100):
        paper = store.get(f"2401.{n:05d}")
        assert paper.abstract == f"{LONG_ABSTRACT} {n}"
        assert paper.sources == ("papers-jsonl", "zzz")


def test_a_kept_record_that_cannot_be_read_any_more_loses_nothing(store):
    came = one(abstract=LONG_ABSTRACT, authors=["A. Roe"], signals={"upvotes": 3})
    store.store([dataclasses.replace(came, format="unreadable")], [])
    later = arrival(source="arxiv", title="A paper about one thing", key="x",
                    identifiers=["arxiv:2401.00001"], venue="ICML")  # fmt: skip
    store.store([later], [])
    paper = store.get("2401.00001")
    assert (paper.abstract, paper.venue, paper.signals) == (LONG_ABSTRACT, "ICML", {"upvotes": 3})
    assert paper.sources == ("arxiv", "papers-jsonl")
