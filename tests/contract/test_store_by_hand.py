"""Papers joined and parted by hand, and later imports that respect it."""

import datetime as dt

import pytest
from arriving import LONG_ABSTRACT, OTHER_ABSTRACT, arrival

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.screening import Screening

TITLE = "Gradient methods without smoothness constants"
PREPRINT = {
    "source": "a",
    "title": TITLE,
    "authors": ["A. Roe"],
    "identifiers": ["arxiv:2401.00001"],
}
PRINTED = {"source": "b", "title": TITLE, "authors": ["A. Roe"], "identifiers": ["doi:10.1000/1"]}
UNLIKE = {"source": "c", "title": TITLE, "authors": ["B. Poe"], "abstract": OTHER_ABSTRACT}
NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def keys(store):
    return {paper.id: paper.key for paper in store.iter_papers()}


def sources(store, key):
    return {record.source for record in store.records_of(key)}


def name_of(store, key, source):
    return next(
        (record.source, record.key) for record in store.records_of(key) if record.source == source
    )


def test_two_papers_become_one_with_all_that_readers_attached(store):
    store.store([arrival(**PREPRINT), arrival(**{**UNLIKE, "identifiers": ["doi:10.1000/2"]})])
    one, two = keys(store)["arxiv:2401.00001"], keys(store)["doi:10.1000/2"]
    store.screenings.add(Screening("s", "ada", "T", "q", 0.9, 0.9, NOW), [two])
    change = store.last_change()
    assert store.find_doubles(one) == [two]
    store.join(one, two)
    assert keys(store) == {"arxiv:2401.00001": one}
    assert sources(store, one) == {"a", "c"}
    assert store.get("doi:10.1000/2").key == one
    assert store.get("doi:10.1000/2").abstract == OTHER_ABSTRACT
    assert [each.paper for each in store.screenings.papers("s")] == [one]
    assert store.last_change() > change
    store.store([arrival(**{**UNLIKE, "identifiers": ["doi:10.1000/2"], "venue": "Later"})])
    assert keys(store) == {"arxiv:2401.00001": one}


@pytest.mark.parametrize("source", ["a", "b"])
def test_a_parted_paper_stays_two_whatever_comes_later(store, source):
    store.store([arrival(**PREPRINT), arrival(**PRINTED)])
    [key] = keys(store).values()
    new = store.part(key, [name_of(store, key, source)])
    # The id stays with the records that have it.
    assert keys(store) == {"arxiv:2401.00001": key, "doi:10.1000/1": new}
    assert (sources(store, key), sources(store, new)) == ({"a"}, {"b"})
    assert [str(name) for name in store.get("doi:10.1000/1").identifiers] == ["doi:10.1000/1"]
    assert not store.find_doubles(key)
    # A new state of either record, and a third that has the title and both identifiers.
    both = [*PREPRINT["identifiers"], *PRINTED["identifiers"]]
    store.store([arrival(**{**PRINTED, "abstract": LONG_ABSTRACT})])
    store.store([arrival(source="d", title=TITLE, authors=["A. Roe"], identifiers=both)])
    assert keys(store) == {"arxiv:2401.00001": key, "doi:10.1000/1": new}
    assert store.get_many([new])[new].abstract == LONG_ABSTRACT
    store.reread(10)
    assert len(keys(store)) == 2
    store.join(key, new)
    assert keys(store) == {"arxiv:2401.00001": key}


def test_records_without_identifiers_get_a_name(store):
    store.store([arrival(**PREPRINT), arrival(source="e", title=TITLE, authors=["A. Roe"])])
    [key] = keys(store).values()
    new = store.part(key, [name_of(store, key, "e")])
    assert store.get_many([new])[new].id.startswith("local:")


def test_papers_that_are_kept_apart_are_not_joined_by_a_third_record(store):
    store.store([arrival(**PREPRINT), arrival(**{**PRINTED, "title": "The paper in print"})])
    one, two = keys(store).values()
    store.keep_apart(two, one)
    store.keep_apart(one, two)
    both = [*PREPRINT["identifiers"], *PRINTED["identifiers"]]
    third = {"source": "d", "title": "A third title of it", "authors": ["A. Roe"]}
    store.store([arrival(**third, identifiers=both)])
    assert set(keys(store).values()) == {one, two}


def test_a_parting_follows_mergers(store):
    other = {"source": "f", "title": "Quite another", "identifiers": ["doi:10.1000/9"]}
    store.store([arrival(**PREPRINT), arrival(**PRINTED), arrival(**other)])
    key, third = keys(store)["arxiv:2401.00001"], keys(store)["doi:10.1000/9"]
    new = store.part(key, [name_of(store, key, "b")])
    store.join(third, new)  # what was parted is the third paper
    both = [*PREPRINT["identifiers"], *other["identifiers"]]
    store.store([arrival(source="g", title="Both of them", identifiers=both)])
    assert set(keys(store).values()) == {key, third}


def test_neither_paper_may_be_empty(store):
    store.store([arrival(**PREPRINT), arrival(**PRINTED)])
    [key] = keys(store).values()
    everything = [(record.source, record.key) for record in store.records_of(key)]
    for names in ([], everything, [("x", "y")]):
        with pytest.raises(InvalidInputError, match="has 2 records; name some of them"):
            store.part(key, names)
