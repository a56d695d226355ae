"""Kept records read again after the code that understands them improved."""

import dataclasses

import pytest
from arriving import LONG_ABSTRACT, arrival, read_record

from broadsheet.catalogue.decide import Decider
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.ingest.pipeline import reread_records


def improved(format_name, raw):
    """Titles lose a mark that the old code took for a part of them; comments name DOIs."""
    record = read_record(format_name, raw)
    doi = record.comment.removeprefix("doi ")
    named = (Identifier("doi", doi),) if doi != record.comment else ()
    return dataclasses.replace(
        record,
        title=record.title.removeprefix("[PDF] "),
        identifiers=(*record.identifiers, *named),
    )


def filled(store, count=5):
    store.store(
        [
            arrival(
                title=f"[PDF] Paper number {n} of many" if n % 2 else f"Paper number {n} of many",
                abstract=LONG_ABSTRACT,
                authors=["A. Roe"],
                identifiers=[f"arxiv:2401.{n:05d}"],
            )
            for n in range(count)
        ],
        [],
    )


def test_what_readers_see_follows_the_code(store):
    filled(store)
    last = store.last_change()
    assert reread_records(store).updated == 0
    assert store.last_change() == last
    store._decide = Decider(improved)
    summary = reread_records(store)
    assert (summary.read, summary.updated, summary.duplicates, summary.rejected) == (5, 2, 3, 0)
    assert [p.title for p in store.iter_papers()] == [f"Paper number {n} of many" for n in range(5)]
    assert {c.key for c in store.changes_after(last, 10)} == {2, 4}
    assert reread_records(store).updated == 0


def test_the_new_titles_lead_to_their_papers(store):
    filled(store, 2)
    store._decide = Decider(improved)
    reread_records(store)
    citing = arrival(source="bibtex", title="Paper number 1 of many", authors=["A. Roe"])
    store.store([citing], [])
    assert store.count() == 2
    assert store.get("2401.00001").sources == ("papers-jsonl", "bibtex")


def test_an_identifier_found_at_last_joins_two_papers(store):
    store.store(
        [
            arrival(title="As it was posted", identifiers=["arxiv:2401.00001"], comment="doi 10.1/1"),
            arrival(source="crossref", title="As it was printed", identifiers=["doi:10.1/1"]),
        ],
        [],
    )  # fmt: skip
    assert store.count() == 2
    store._decide = Decider(improved)
    assert reread_records(store).updated == 2
    (paper,) = store.iter_papers()
    assert paper.id == "arxiv:2401.00001"
    assert store.get("doi:10.1/1") == paper
    assert [(c.key, c.removed) for c in store.changes_after(2, 10)] == [(1, False), (2, True)]


def test_a_record_that_cannot_be_read_stays_and_is_counted(store):
    filled(store, 3)

    def forgetful(format_name, raw):
        if b"number 1" in raw:
            raise RecordError("not any more")
        return improved(format_name, raw)

    before = store.get("2401.00001")
    store._decide = Decider(forgetful)
    summary = reread_records(store)
    assert (summary.read, summary.updated, summary.duplicates, summary.rejected) == (3, 0, 2, 1)
    assert "1 kept record" in summary.notes[0]
    assert store.get("2401.00001") == before


def test_a_reading_that_was_cut_off_goes_on_where_it_stopped(open_store):
    store = open_store()
    filled(store)
    store._decide = Decider(improved)
    assert store.reread(2).read == 2
    store.close()
    store = open_store()
    store._decide = Decider(improved)
    assert store.reread(2).read == 2

    class Cut(Decider):
        def reread(self, keys, library, now):
            raise KeyboardInterrupt

    store._decide = Cut(improved)
    with pytest.raises(KeyboardInterrupt):
        store.reread(2)
    store._decide = Decider(improved)
    assert store.reread(2).read == 1
    assert store.reread(2) is None
    assert store.reread(2).read == 2
    store.restart_rereading()
    assert reread_records(store).read == 5
