"""Notices, marks, and the precedence of sources on them."""

import pytest
from arriving import LONG_ABSTRACT, arrival

from broadsheet.domain.errors import PaperNotFoundError

ARXIV = ["arxiv:2401.00001"]
TITLE = "Gradient methods without smoothness constants"


def paper(source="arxiv", **fields):
    fields.setdefault("identifiers", ARXIV)
    fields.setdefault("key", f"{source}-1")
    return arrival(source=source, title=TITLE, abstract=LONG_ABSTRACT, authors=["A. Roe"], **fields)


def notice(updated="2024-02-03", **fields):
    fields.setdefault("identifiers", ARXIV)
    return arrival(
        source="arxiv", key="arxiv-1", title="", status="deleted", updated=updated, **fields
    )


@pytest.mark.parametrize("batches", [[["n"], ["p"]], [["n", "p"]], [["p"], ["n"]]])
def test_a_notice_that_comes_before_its_paper_is_not_forgotten(store, batches):
    records = {"n": notice(), "p": paper(updated="2024-01-02")}
    for batch in batches:
        summary = store.store([records[name] for name in batch], [])
        assert summary.read == summary.new + summary.updated + summary.duplicates + summary.rejected
    assert store.get("2401.00001").status == "removed"
    assert store.count_rejected() == 0
    assert store.store([records["n"], records["p"]], []).duplicates == 2


def test_a_notice_for_a_paper_that_never_comes_stays_listed(store):
    store.store([notice()], [])
    store.store([paper(identifiers=["arxiv:2401.00002"], key="other")], [])
    assert store.count_rejected() == 1
    with pytest.raises(PaperNotFoundError):
        store.get("2401.00001")


def test_a_withdrawn_paper_is_found_by_its_id_with_all_that_was_known(store):
    store.store([paper(updated="2024-01-02"), notice()], [])
    stored = store.get("2401.00001v2")
    assert (stored.status, stored.title, stored.abstract) == ("removed", TITLE, LONG_ABSTRACT)


def test_a_paper_that_comes_back_unchanged_lifts_its_notice(store):
    """A returning version has the old date; only the harvest's stamp is new."""
    store.store([paper(updated="2024-01-02", extra={"datestamp": "2024-01-03"}), notice()], [])
    assert store.get("2401.00001").status == "removed"
    store.store([paper(updated="2024-01-02", extra={"datestamp": "2024-03-04"})], [])
    assert store.get("2401.00001").status == ""


def test_a_retraction_counts_whoever_says_it(store):
    store.store([paper(), paper("openalex", status="Retracted")], [])
    assert store.get("2401.00001").status == "retracted"


def test_a_withdrawal_counts_where_no_source_believed_more_has_the_paper(store):
    store.store([paper(), paper("openalex", status="withdrawn")], [])
    assert store.get("2401.00001").status == ""
    store.store([paper("acl", identifiers=["acl:2024.1"], key="x", status="removed")], [])
    assert store.get("2401.00001").status == ""


def test_a_submission_withdrawn_from_a_venue_is_no_withdrawn_paper(store):
    store.store([paper("papers-jsonl", status="Withdraw")], [])
    assert store.get("2401.00001").status == "submission withdrawn"
    unknown_elsewhere = arrival(
        source="papers-jsonl",
        title="Known as a submission only",
        identifiers=["openreview:x"],
        status="Withdraw",
    )
    store.store([unknown_elsewhere], [])
    assert store.get("openreview:x").status == "withdrawn"


def test_a_mark_survives_an_export_and_an_import(store):
    store.store([paper("papers-jsonl", status="withdrawn")], [])
    assert store.get("2401.00001").status == "withdrawn"


def test_notices_do_not_lead_to_each_others_papers(store):
    """They have one title, none; each of them loaded every paper that ever had a notice."""
    for number in range(1, 4):
        names = [f"arxiv:2401.0000{number}"]
        store.store(
            [
                arrival(source="arxiv", key=str(number), title=f"Work number {number} of a few",
                        identifiers=names, updated="2024-01-02"),
                arrival(source="arxiv", key=str(number), title="", status="deleted",
                        identifiers=names, updated="2024-02-03"),
            ],
            [],
        )  # fmt: skip
    assert [p.status for p in store.iter_papers()] == ["removed"] * 3
    identifiers = []
    decide = store._decide

    def spy(arrivals, library, now):
        load = library.load
        library.load = lambda keys: identifiers.append(set(keys)) or load(keys)
        return decide(arrivals, library, now)

    store._decide = spy
    again = arrival(source="arxiv", key="1", title="", status="deleted",
                    identifiers=["arxiv:2401.00001"], updated="2024-03-03")  # fmt: skip
    store.store([again], [])
    assert identifiers == [{1}]
