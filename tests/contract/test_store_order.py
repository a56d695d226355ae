"""Property: whatever the order and the batches, the same papers come out.

What may differ is named: keys, ids (the first to come names the paper) and times.
The works differ in title, so that no record without identifiers fits two of them;
for one that does, the paper that came first is documented to win.
"""

from arriving import LONG_ABSTRACT, arrival, read_record
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.ingest import Arrival
from broadsheet.domain.paper import Paper

SCHEMES = ("arxiv", "doi", "acl", "s2")
SOURCES = ("arxiv", "acl", "openalex", "papers-jsonl", "bibtex", "hf-papers", "another")
TITLES = ("Title {} as first printed", "Title {} of the journal version")


@st.composite
def records_of_a_work(draw: st.DrawFn, work: int) -> list[Arrival]:
    authors = [f"Author{work} Name{work}", "Second Person", "Third Person"]
    records = []
    for source in draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=5, unique=True)):
        schemes = draw(st.lists(st.sampled_from(SCHEMES), max_size=3, unique=True))
        fields = {
            "venue": draw(st.sampled_from(["", "ICML", "J. Example"])),
            "published": draw(st.sampled_from(["", "2024", "2024-01", "2024-01-02"])),
            "categories": draw(st.lists(st.sampled_from(["cs.LG", "cs.CL"]), unique=True)),
            "signals": draw(st.dictionaries(st.sampled_from(["upvotes", "gs"]), st.integers(0, 9))),
            "abstract": f"{LONG_ABSTRACT} {source}" if draw(st.booleans()) else "",
        }
        records.append(
            arrival(
                source=source,
                key=f"{source}-{work}",
                title=draw(st.sampled_from(TITLES)).format(f"number {work}"),
                authors=authors[: draw(st.integers(1, 3))],
                identifiers=[f"{scheme}:{work}" for scheme in sorted(schemes)],
                **fields,
            )
        )
    return records


@st.composite
def arrivals_in_two_orders(draw: st.DrawFn) -> tuple[list[Arrival], list[Arrival]]:
    works = draw(st.integers(1, 3))
    records = [each for work in range(works) for each in draw(records_of_a_work(work))]
    again = draw(st.lists(st.sampled_from(records), max_size=4))
    return draw(st.permutations(records + again)), draw(st.permutations(records + again))


def stored(store: SqlStore, arrivals: list[Arrival], batch: int) -> list[Paper]:
    for start in range(0, len(arrivals), batch):
        store.store(arrivals[start : start + batch], [])
    return list(store.iter_papers())


def paper_rows(papers: list[Paper]) -> list[tuple[object, ...]]:
    """The paper that readers see, without the parts that may depend on the order."""
    return sorted(
        (
            p.title, p.abstract, p.authors, p.identifiers, str(p.published), p.venue, p.categories,
            sorted(p.signals.items()), p.sources,
        )
        for p in papers
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(orders=arrivals_in_two_orders(), batches=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_any_order_gives_the_same_papers_and_twice_changes_nothing(new_library, orders, batches):
    results = []
    for arrivals, batch in zip(orders, batches, strict=True):
        with new_library() as database, SqlStore(database, Decider(read_record)) as store:
            papers = stored(store, arrivals, batch)
            last = store.last_change()
            assert stored(store, arrivals, batch) == papers
            assert store.last_change() == last
            numbers = [change.number for change in store.changes_after(0, 1000)]
            assert len(numbers) == len(set(numbers))
            alive = {c.key for c in store.changes_after(0, 1000) if not c.removed}
            assert alive == {paper.key for paper in papers}
            results.append(paper_rows(papers))
    assert results[0] == results[1]
