"""Property: any interleaving of versions, updates, notices, duplicates and crashes over
several sources ends in the same library.

What the records of a work say is drawn once; then they come in two orders, in batches, some
twice, some in transactions that are rolled back and played again. What may differ is
named: keys, ids (the first to come names the paper), times and change numbers. Titles
change with versions only: a value in no stored record cannot be matched by.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from arriving import LONG_ABSTRACT, arrival, read_record
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.ingest import Arrival
from broadsheet.domain.paper import Paper
from broadsheet.index.documents import IndexDocument, make_document

ACCOUNTS = ("", "query", "feed", "oai")
COMMENTS = ("", "12 pages", "This paper has been withdrawn by the author", "Accepted at ICML")
CATEGORIES = st.lists(st.sampled_from(["cs.LG", "cs.CL", "stat.ML"]), unique=True)
NUMBERS = st.dictionaries(st.sampled_from(["upvotes", "stars"]), st.integers(0, 9))


@st.composite
def archive_records(draw: st.DrawFn, work: int) -> list[Arrival]:
    """An archive's records of a work: versions through several accounts, edits, notices."""
    newest = draw(st.integers(1, 4))
    days = [f"2024-{n:02d}-10" for n in range(1, newest + 1)]
    records = []
    for version in range(1, newest + 1):
        title = draw(st.sampled_from(["Work number {} as posted", "Work number {} corrected"]))
        comment = draw(st.sampled_from(COMMENTS))
        categories = draw(CATEGORIES)
        for account in draw(st.lists(st.sampled_from(ACCOUNTS), max_size=4, unique=True)):
            fields: dict[str, Any] = {
                "source": "arxiv",
                "account": account,
                "key": f"2401.{work:05d}",
                "identifiers": [f"arxiv:2401.{work:05d}"],
                "title": title.format(work),
                "abstract": f"{LONG_ABSTRACT} Version {version}.",
                "authors": [f"Author{work} Name{work}", f"Person {version}"],
                "categories": categories,
                "comment": "" if account == "feed" else comment,
                "published": days[0],
                "updated": days[version - 1],
            }
            if account == "":
                fields["versions"] = [[n, days[n - 1]] for n in range(1, version + 1)]
                fields["extra"] = {"datestamp": f"2024-{version:02d}-12"}
            elif account == "query":
                fields["versions"] = [[n, days[n - 1]] for n in sorted({1, version})]
            elif account == "feed":
                fields["versions"] = [[version, None]]
                fields["updated"] = f"2024-{version:02d}-11"
            records.append(arrival(**fields))
            if account == "" and draw(st.booleans()):
                edited = {"datestamp": f"2024-{version:02d}-20"}
                records.append(arrival(**fields | {"venue": "J. Example", "extra": edited}))
    months = draw(st.lists(st.integers(1, 6), max_size=2, unique=True))
    name = f"2401.{work:05d}"
    return records + [_notice("arxiv", name, f"arxiv:{name}", month) for month in months]


@st.composite
def catalogue_records(draw: st.DrawFn, work: int, source: str) -> list[Arrival]:
    """States of one record with dates, and perhaps a notice."""
    name = f"doi:10.1000/{work}"
    both = [name, f"arxiv:2401.{work:05d}"] if draw(st.booleans()) else [name]
    records = [
        arrival(
            source=source,
            key=f"10.1000/{work}",
            identifiers=both,
            title=f"Work number {work} in print",
            authors=[f"Author{work} Name{work}"],
            venue=draw(st.sampled_from(["", "ICML", "J. Example"])),
            categories=draw(CATEGORIES),
            status=draw(st.sampled_from(["", "", "Retracted", "Poster"])),
            signals=draw(NUMBERS),
            updated=f"2024-{month:02d}-01",
        )
        for month in draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True))
    ]
    if draw(st.booleans()):
        records.append(_notice(source, f"10.1000/{work}", name, draw(st.integers(1, 9))))
    return records


def _notice(source: str, key: str, name: str, month: int) -> Arrival:
    return arrival(
        source=source, key=key, title="", identifiers=[name], status="deleted",
        updated=f"2024-{month:02d}-15",
    )  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Arrival]:
    records = []
    for work in range(draw(st.integers(1, 2))):
        records += draw(archive_records(work))
        for source in draw(
            st.lists(st.sampled_from(["crossref", "openalex", "acl"]), max_size=2, unique=True)
        ):
            records += draw(catalogue_records(work, source))
        if draw(st.booleans()):
            records.append(
                arrival(
                    source="bibtex",
                    key=f"entry{work}",
                    title=f"Work number {work} as posted",
                    authors=[f"Author{work} Name{work}"],
                    keywords=["deltas"],
                    identifiers=[f"arxiv:2401.{work:05d}"],
                )
            )
    return records


@st.composite
def two_courses(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival]]:
    records = draw(histories())
    again = draw(st.lists(st.sampled_from(records), max_size=5)) if records else []
    return draw(st.permutations(records + again)), draw(st.permutations(records + again))


COURSES = st.tuples(two_courses(), st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2))))


class FollowedIndex:
    """The content of an index that only ever reads the papers named by changes."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._applied = 0
        self.documents: dict[int, IndexDocument] = {}

    def follow(self) -> None:
        changes = self._store.changes_after(self._applied, 10_000)
        papers = self._store.get_many([change.key for change in changes if not change.removed])
        for change in changes:
            self._applied = change.number
            if change.key in papers:
                self.documents[change.key] = make_document(papers[change.key])
            else:
                self.documents.pop(change.key, None)


def run(database: str, arrivals: Sequence[Arrival], pages: Sequence[tuple[int, int]]) -> SqlStore:
    """Stores pages; ``pages`` are (size, mishap): 1 is a power cut, 2 a page that comes again."""
    store = SqlStore(database, Decider(read_record))
    index = FollowedIndex(store)
    rest, turn = list(arrivals), 0
    while rest:
        size, mishap = pages[turn % len(pages)] if pages else (3, 0)
        turn += 1
        page, rest = rest[:size], rest[size:]
        if mishap == 1:
            _cut_off(store, page)
        store.store(page, [])
        if mishap == 2:
            store.store(page, [])
        index.follow()
    papers = {paper.key: make_document(paper) for paper in store.iter_papers()}
    assert index.documents == papers
    return store


class PowerCutError(Exception):
    """Stops a transaction when all of it is written and nothing committed."""


class _Cut(list):
    """Rejections are the last to be written."""

    def __iter__(self):
        raise PowerCutError


def _cut_off(store: SqlStore, page: Sequence[Arrival]) -> None:
    class Cut(Decider):
        def __call__(self, arrivals, library, now):
            plan = super().__call__(arrivals, library, now)
            plan.rejections = _Cut(plan.rejections)
            return plan

    decide, store._decide = store._decide, Cut(read_record)
    with pytest.raises(PowerCutError):
        store.store(page, [])
    store._decide = decide


def library_of(store: SqlStore) -> list[tuple[object, ...]]:
    """Everything but keys, ids, times and change numbers."""
    return sorted((_paper_row(store, paper) for paper in store.iter_papers()), key=repr)


def _paper_row(store: SqlStore, p: Paper) -> tuple[object, ...]:
    records = sorted((r.source, r.key, r.content) for r in store.records_of(p.key))
    return (
        p.title, p.abstract, p.authors, p.identifiers, str(p.published), str(p.updated), p.venue,
        p.categories, p.keywords, p.comment, p.status, p.versions, sorted(p.signals.items()),
        sorted(p.extra.items()), p.sources, p.code_url, p.url, p.listed, records,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(courses=COURSES)
def test_any_interleaving_ends_in_the_same_library(new_library, courses):
    orders, pages = courses
    libraries = []
    for arrivals, mishaps in zip(orders, (pages, []), strict=True):
        with new_library() as database, run(database, arrivals, mishaps) as store:
            libraries.append(library_of(store))
            owned = {i for paper in store.iter_papers() for i in paper.identifiers}
            for each in arrivals:
                names = owned.intersection(each.record.identifiers)
                assert len({store.get(str(name)).key for name in names}) <= 1
            before = store.last_change()
            run_again = store.store(arrivals, [])
            assert (run_again.new, run_again.updated) == (0, 0)
            assert store.last_change() == before
            # Reading all again with the same code changes nothing either.
            assert store.reread(1000) is None or store.last_change() == before
            assert library_of(store) == libraries[-1]
    assert libraries[0] == libraries[1]
