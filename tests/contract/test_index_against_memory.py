"""Property tests: the local index answers as the index in memory does, which is exact."""

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.backends.memory.index import MemoryIndexStore
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.domain.query import (
    After,
    And,
    Before,
    Field,
    Has,
    Not,
    Or,
    Phrase,
    Query,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import (
    FACETS,
    CandidateRequest,
    CompletionRequest,
    DayName,
    FeatureRequest,
    IndexSnapshot,
    Selection,
)
from embedding import EMBEDDER, EMBEDDERS
from memory_library import MemoryLibrary, make_paper

WORDS = ("graph", "graphs", "Naïve", "learning", "C++", "proteins", "of", "few-shot", "GAN")
AUTHORS = (
    "Émile Oriel",
    "Bo Li",
    "Yoshua Bengio",
    "B. Li",
    "Li Bo",
    "Bo-An van der Müller",
    "Anna B. C. Oriel",
    "张 伟",
    "The Graph Learning Group of Li",
)
NAMES = (
    *AUTHORS,
    "oriel",
    "E. Oriel",
    "Oriel, Émile",
    "oriel emile",
    "Li",
    "B Li",
    "van der Mueller, Boan",
    "A. Oriel",
    "Anna Oriel",
    "Anna Bea Oriel",
    "张伟",
    "graph learning",
    "?",
    "Nobody",
)
CATEGORIES = ("cs.LG", "cs", "stat.ML", "math.PR")
VENUES = ("", "ICML 2024", "Journal of Graphs")
DATES = ("", "2023", "2024-05", "2024-05-02", "2025-01-31")
DAY_NAMES: tuple[DayName, ...] = ("published", "updated")
EVERYTHING = 100

texts = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
abstracts = texts | texts.map(lambda text: f"{text} A generative adversarial network (GAN). {text}")


def papers(key: st.SearchStrategy[int]) -> st.SearchStrategy[Paper]:
    return st.builds(
        lambda key, title, abstract, date, authors, categories, venue, code, update: make_paper(
            key,
            title,
            abstract,
            date=date,
            authors=authors,
            categories=categories,
            venue=venue,
            code_url=code,
            updated=update,
            comment=f"{venue} {code}",
            report_number=venue,
        ),
        key,
        texts,
        abstracts,
        st.sampled_from(DATES),
        st.lists(st.sampled_from(AUTHORS), max_size=2, unique=True),
        st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True),
        st.sampled_from(VENUES),
        st.sampled_from(["", "https://code"]),
        st.sampled_from(DATES),
    )


libraries = st.lists(papers(st.integers(1, 12)), min_size=1, max_size=14)
unchanged = st.lists(
    papers(st.integers(1, 12)), min_size=1, max_size=12, unique_by=lambda paper: paper.key
)
"""Without a paper that was replaced: an index may still count its words."""
updates = st.lists(papers(st.integers(1, 15)) | st.integers(1, 12), max_size=6)
leaves: st.SearchStrategy[Query] = (
    st.builds(Word, st.sampled_from(WORDS))
    | st.builds(Phrase, texts)
    | st.builds(Field, st.sampled_from(["title", "abs"]), texts)
    | st.builds(
        Field,
        st.just("author"),
        st.sampled_from(NAMES),
    )
    | st.builds(Field, st.just("cat"), st.sampled_from([*CATEGORIES, "math", "c"]))
    | st.builds(
        Field,
        st.sampled_from(["venue", "comment", "report"]),
        st.sampled_from(["icml", "ICML 2024", "of graphs", "x"]),
    )
    | st.builds(Field, st.just("source"), st.sampled_from(["test", "TEST", "other"]))
    | st.builds(Field, st.just("id"), st.sampled_from(["local:1", "local:99"]))
    | st.builds(After, st.sampled_from([PartialDate(2024), PartialDate(2024, 5, 2)]))
    | st.builds(Before, st.sampled_from([PartialDate(2024), PartialDate(2025, 1)]))
    | st.builds(UpdatedAfter, st.sampled_from([PartialDate(2024), PartialDate(2024, 5, 2)]))
    | st.builds(UpdatedBefore, st.sampled_from([PartialDate(2024), PartialDate(2025, 1)]))
    | st.builds(Has, st.sampled_from(["code", "project"]))
)
filters = st.recursive(
    leaves,
    lambda children: (
        st.builds(Not, children)
        | st.lists(children, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(children, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=5,
)
selections = st.builds(
    Selection,
    st.none() | filters,
    st.lists(st.sampled_from(["graph", "naiv", "learn", "cpp", "gan"]), max_size=4, unique=True),
)
unhurried = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def both(
    library: Sequence[Paper], changes: Sequence[Paper | int] = ()
) -> Iterator[tuple[IndexSnapshot, IndexSnapshot]]:
    """The same papers in both indexes, with some changed or removed since."""
    source = MemoryLibrary(library)
    # Tantivy may still collect its garbage when its merging threads have ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stores = LocalIndexStore(Path(folder) / "index"), MemoryIndexStore()
        for store in stores:
            Indexer(source, source, store, EMBEDDERS).catch_up()
        for change in changes:
            if isinstance(change, Paper):
                source.write(change)
            elif source.get_many([change]):
                source.remove(change)
        for store in stores:
            Indexer(source, source, store, EMBEDDERS).catch_up()
        yield stores[0].snapshot(), stores[1].snapshot()


@settings(unhurried, max_examples=50)
@given(libraries, updates, selections, st.integers(0, 3))
def test_selections_have_the_same_papers(
    library: list[Paper], changes: list[Paper | int], selection: Selection, offset: int
) -> None:
    with both(library, changes) as (local, memory):
        assert (local.papers, local.applied) == (memory.papers, memory.applied)
        assert local.count([selection, Selection()]) == memory.count([selection, Selection()])
        for by, oldest_first in itertools.product(DAY_NAMES, (False, True)):
            one, other = (
                each.newest(selection, EVERYTHING, offset, by, oldest_first)
                for each in (local, memory)
            )
            assert (one.keys.tolist(), one.total) == (other.keys.tolist(), other.total)
        keys = np.arange(20)
        if selection.where is not None:
            request = FeatureRequest(filters=[selection.where])
            (passes,), (expected,) = (
                each.features(keys, request).passes for each in (local, memory)
            )
            assert passes.tolist() == expected.tolist()
        if memory.papers:
            counts, expected_counts = local.facets(selection), memory.facets(selection)
            for name in FACETS:
                assert sorted(counts[name]) == sorted(expected_counts[name]), name
                if name != "year":
                    values = [papers for _, papers in counts[name]]
                    assert values == sorted(values, reverse=True)


@unhurried
@given(libraries, updates)
def test_forward_data_is_the_same(library: list[Paper], changes: list[Paper | int]) -> None:
    with both(library, changes) as (local, memory):
        keys = np.arange(18)
        one, other = (
            each.documents(keys, {"vector", "tokens", "day", "text"}) for each in (local, memory)
        )
        np.testing.assert_allclose(one.vectors, other.vectors, atol=0.01)
        assert one.tokens.ids.tolist() == other.tokens.ids.tolist()
        assert one.tokens.starts.tolist() == other.tokens.starts.tolist()
        assert one.tokens.titles.tolist() == other.tokens.titles.tolist()
        assert one.days.tolist() == other.days.tolist()
        assert list(one.texts) == list(other.texts)


@unhurried
@given(
    unchanged,
    st.dictionaries(
        st.sampled_from(["graph", "naiv", "learn", "cpp", "li", "nowhere"]),
        st.floats(0.5, 3.0),
        min_size=1,
        max_size=3,
    ),
    st.none() | filters,
    texts.filter(bool),
)
def test_features_are_the_same(
    library: list[Paper], terms: dict[str, float], where: Query | None, text: str
) -> None:
    vector = EMBEDDER.encode_queries([text])[0]
    with both(library) as (local, memory):
        one, other = local.statistics(terms, AUTHORS), memory.statistics(terms, AUTHORS)
        assert one == other
        request = CandidateRequest(terms, vector, where, EVERYTHING, EVERYTHING)
        answer, expected = local.candidates(request), memory.candidates(request)
        assert sorted(answer.keys.tolist()) == sorted(expected.keys.tolist())
        order, expected_order = np.argsort(answer.keys), np.argsort(expected.keys)
        for name, tolerance in (("bm25", 1e-4), ("cosine", 0.02)):
            np.testing.assert_allclose(
                answer.features[name][order],  # type: ignore[index]
                expected.features[name][expected_order],  # type: ignore[index]
                atol=tolerance,
            )
        keys = np.arange(15)
        by_term = [each.features(keys, FeatureRequest(terms)).bm25 for each in (local, memory)]
        assert by_term[0].keys() == by_term[1].keys()
        for term, scores in by_term[0].items():
            np.testing.assert_allclose(scores, by_term[1][term], atol=1e-4)


@unhurried
@given(
    unchanged,
    st.sampled_from(["", "g", "gr", "Gra", "b", "bo l", "émile", "Oriel", "cs", "icml", "GAN"]),
    st.none() | st.integers(1, 4),
    st.integers(1, 3),
    texts,
)
def test_completions_are_the_same(
    library: list[Paper], prefix: str, limit: int | None, fewest: int, title: str
) -> None:
    requests = [
        CompletionRequest(kind, prefix.lower() if kind == "word" else prefix, limit, fewest)
        for kind in ("word", "author", "category", "venue", "acronym")
    ]
    with both(library) as (local, memory):
        for request, answer, expected in zip(
            requests, local.complete(requests), memory.complete(requests), strict=True
        ):
            assert list(answer) == list(expected), request
        assert (
            local.find_titles(title, EVERYTHING).tolist()
            == memory.find_titles(title, EVERYTHING).tolist()
        )
