"""Contract of every index: remember, forget, filter, rank, and answer from one commit."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.backends.memory.index import MemoryIndexStore
from broadsheet.domain.errors import (
    EmbedderMismatchError,
    IndexLockedError,
    IndexUnavailableError,
)
from broadsheet.domain.paper import Paper
from broadsheet.domain.query import After, And, Before, Field, Has, Not, Or, Query, Word
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.index.documents import ReadableText
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import (
    CandidateRequest,
    CompletionRequest,
    FeatureRequest,
    IndexSnapshot,
    IndexStore,
    Keys,
    Models,
    Selection,
)
from embedding import DIMENSIONS, EMBEDDER, EMBEDDERS, MODELS, HashEmbedder
from memory_library import MemoryLibrary, make_paper

OpenIndex = Callable[[], IndexStore]
TOKENISER = default_tokeniser()


def _memory(folder: Path) -> OpenIndex:
    store = MemoryIndexStore()
    return lambda: store


INDEXES: dict[str, Callable[[Path], OpenIndex]] = {
    "local": lambda folder: lambda: LocalIndexStore(folder / "index"),
    "memory": _memory,
}
"""Opens one and the same index, as often as it is called. A new backend adds one entry."""


@pytest.fixture(params=sorted(INDEXES))
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> OpenIndex:
    return INDEXES[request.param](tmp_path)


@pytest.fixture
def store(open_index: OpenIndex) -> IndexStore:
    return open_index()


def indexer(library: MemoryLibrary, store: IndexStore) -> Indexer:
    return Indexer(library, library, store, EMBEDDERS)


def with_word(store: IndexStore, word: str) -> list[int]:
    """Keys of the papers with a word, ascending."""
    return sorted(store.snapshot().newest(Selection(Word(word)), 100).keys.tolist())


def by_words(
    snapshot: IndexSnapshot, where: Query | None = None, k: int = 10, **terms: float
) -> Keys:
    return snapshot.candidates(CandidateRequest(terms, None, where, k, 0)).keys


def nearest(
    snapshot: IndexSnapshot, text: str, k: int = 3, where: Query | None = None
) -> list[int]:
    """The nearest papers, the nearest first."""
    vector = EMBEDDER.encode_queries([text])[0]
    answer = snapshot.candidates(CandidateRequest({}, vector, where, 0, k))
    order = np.lexsort((answer.keys, -answer.features["cosine"]))
    return answer.keys[order].tolist()


def tokens(store: IndexStore, *keys: int) -> list[list[int]]:
    answer = store.snapshot().documents(np.array(keys, np.int64), {"tokens"}).tokens
    ids = answer.ids.tolist()
    return [ids[start:end] for start, end in itertools.pairwise(answer.starts.tolist())]


def text_tokens(text: str) -> list[int]:
    return TOKENISER.encode_text(text).tolist()


def find_text(store: IndexStore, paper: Paper) -> ReadableText | None:
    (stored,) = store.snapshot().documents(np.array([paper.key]), {"text"}).texts
    return stored and stored.find_text(paper)


def test_a_snapshot_is_one_commit(store: IndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "A graph", "of a network")])
    indexer(library, store).catch_up()
    before = store.snapshot()

    def counts(snapshot: IndexSnapshot) -> tuple[int, int, int, int]:
        return (
            *snapshot.count([Selection()]),
            snapshot.papers,
            snapshot.applied,
            len(nearest(snapshot, "network")),
        )

    assert counts(before) == (1, 1, 1, 1)
    library.write(make_paper(2, "A protein", "of a network"))
    indexer(library, store).catch_up()
    assert counts(before) == (1, 1, 1, 1)
    with ThreadPoolExecutor(1) as another:
        assert another.submit(lambda: counts(store.snapshot())).result() == (2, 2, 2, 2)
    assert counts(before) == (1, 1, 1, 1)


def test_before_the_first_commit_it_answers_as_an_empty_index(store: IndexStore) -> None:
    snapshot = store.snapshot()
    keys = np.array([1, 2])
    assert (snapshot.papers, snapshot.applied) == (0, 0)
    assert (snapshot.embedder, snapshot.tokeniser) == (None, None)
    assert nearest(snapshot, "graph") == []
    assert by_words(snapshot, graph=1.0).tolist() == []
    assert snapshot.count([Selection(), Selection(Word("graph"))]) == [0, 0]
    assert snapshot.statistics(["graph"], ["ada"]).frequencies == {"graph": 0}
    assert snapshot.newest(Selection(), 10).total == 0
    assert snapshot.facets(Selection()) == {}
    assert snapshot.complete([CompletionRequest("word", "g", 5)]) == [[]]
    assert snapshot.find_titles("graph networks", 5).tolist() == []
    features = snapshot.features(keys, FeatureRequest({"graph": 1.0}, [np.ones(4)], [Word("a")]))
    assert features.bm25 == {}
    assert np.isnan(features.cosines[0]).all()
    assert features.passes[0].tolist() == [False, False]
    documents = snapshot.documents(keys, {"vector", "tokens", "day", "text"})
    assert (len(documents.vectors), len(documents.tokens)) == (2, 2)
    assert (documents.days.tolist(), list(documents.texts)) == ([0, 0], [None, None])


def test_papers_are_found_replaced_and_forgotten(store: IndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks"), make_paper(2, "protein folding")])
    assert indexer(library, store).catch_up() == 2
    assert with_word(store, "graph") == [1]
    assert nearest(store.snapshot(), "protein folding")[0] == 2
    library.write(make_paper(1, "quantum circuits"))
    library.write(make_paper(3, "graph colouring"))
    library.remove(2)
    assert indexer(library, store).catch_up() == 3
    assert with_word(store, "graph") == [3]
    assert with_word(store, "protein") == []
    assert nearest(store.snapshot(), "quantum circuits") == [1, 3]
    assert not store.snapshot().documents(np.array([2]), {"vector"}).vectors.any()
    library.write(make_paper(2, "protein again"))
    indexer(library, store).catch_up()
    assert with_word(store, "protein") == [2]
    assert nearest(store.snapshot(), "protein again")[0] == 2
    assert indexer(library, store).catch_up() == 0


def test_tokens_follow_their_papers(store: IndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "Graph networks", "protein, again"), make_paper(2, "")])
    indexer(library, store).catch_up()
    title = text_tokens("Graph networks")
    assert tokens(store, 2, 7, 1) == [[], [], title + text_tokens("protein again")]
    answer = store.snapshot().documents(np.array([2, 1]), {"tokens"}).tokens
    assert answer.titles.tolist() == [0, len(title)]
    assert store.snapshot().tokeniser == TOKENISER.name
    library.write(make_paper(2, "again"))
    library.remove(1)
    indexer(library, store).catch_up()
    assert tokens(store, 1, 2) == [[], text_tokens("again")]
    library.write(make_paper(1, "graph"))
    indexer(library, store).rebuild()
    assert tokens(store, 1, 2) == [text_tokens("graph"), text_tokens("again")]


def test_texts_follow_their_papers(store: IndexStore) -> None:
    readable, formula = make_paper(1, "Graphs", "One. Two."), make_paper(2, "A $\\beta$", "x_1")
    library = MemoryLibrary([readable, formula])
    assert find_text(store, readable) is None
    indexer(library, store).catch_up()
    assert find_text(store, readable) == ReadableText("Graphs", "One. Two.", (0, 5, 10))
    assert find_text(store, formula) == ReadableText("A β", "x₁", (0, 3))
    changed = make_paper(1, "Graphs", "Three.")
    assert find_text(store, changed) is None
    library.write(changed)
    library.remove(2)
    indexer(library, store).catch_up()
    three = ReadableText("Graphs", "Three.", (0, 7))
    assert [find_text(store, each) for each in (changed, formula, readable)] == [three, None, None]
    indexer(library, store).rebuild()
    assert find_text(store, changed) == three


def test_other_models_are_refused_until_a_rebuild(store: IndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    other = Models(EMBEDDER.name, DIMENSIONS, "other tokens")
    with pytest.raises(IndexUnavailableError, match="index rebuild"), store.write(other):
        pass
    library.write(make_paper(2, "graph colouring"))
    changed = Indexer(library, library, store, EmbedderRegistry(HashEmbedder("hash-2")))
    assert (changed.fits(), changed.renewal_due()) == (False, "all")
    with pytest.raises(EmbedderMismatchError, match="hash-1"):
        changed.catch_up()
    changed.rebuild()
    assert store.snapshot().embedder == "hash-2"
    assert with_word(store, "graph") == [1, 2]
    assert (changed.fits(), changed.renewal_due()) == (True, "")


def test_a_rebuild_may_read_the_vectors_of_unchanged_papers(store: IndexStore) -> None:
    embedder = HashEmbedder()
    library = MemoryLibrary(
        make_paper(key, f"graph number{key}", f"text{key}") for key in range(1, 9)
    )
    Indexer(library, library, store, EmbedderRegistry(embedder)).catch_up()
    before = store.snapshot()
    library.write(make_paper(3, "protein folding"))
    library.write(make_paper(9, "quantum circuits"))
    library.remove(4)
    embedder.papers = 0
    Indexer(library, library, store, EmbedderRegistry(embedder)).rebuild(reuse_vectors=True)
    assert embedder.papers == 2
    after, same = store.snapshot(), np.array([1, 2, 5, 6, 7, 8])
    assert after.papers == 8
    both = [each.documents(same, {"vector"}).vectors for each in (before, after)]
    np.testing.assert_allclose(*both, atol=1e-6)
    assert nearest(after, "protein folding")[0] == 3
    assert nearest(after, "quantum circuits")[0] == 9


def test_another_reader_sees_commits_without_reopening(open_index: OpenIndex) -> None:
    store, other = open_index(), open_index()
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    assert with_word(other, "graph") == [1]
    library.write(make_paper(2, "graph colouring"))
    indexer(library, store).catch_up()
    assert with_word(other, "graph") == [1, 2]
    indexer(library, store).rebuild()
    assert with_word(other, "graph") == [1, 2]
    assert len(nearest(other.snapshot(), "graph")) == 2


def test_uncommitted_work_is_dropped(open_index: OpenIndex) -> None:
    store = open_index()
    library = MemoryLibrary([make_paper(1, "graph networks", venue="ICML")])
    indexer(library, store).catch_up()
    with store.write(MODELS) as writer:
        writer.remove([1])
    assert with_word(open_index(), "graph") == [1]
    assert store.snapshot().applied == 1


def test_one_writer_at_a_time(open_index: OpenIndex) -> None:
    store, other = open_index(), open_index()
    with store.write(MODELS), pytest.raises(IndexLockedError), other.write(MODELS):
        pass
    with other.write(MODELS) as writer:
        assert writer.applied == 0


def test_a_failed_rebuild_leaves_what_was(store: IndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()

    def fail() -> None:
        with store.rebuild(MODELS, 1) as writer:
            writer.commit(5)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    assert with_word(store, "graph") == [1]
    assert store.snapshot().applied == 1


WORDS = ("graph", "network", "protein", "again", "alpha")


def test_counting_many_words_equals_counting_few(store: IndexStore) -> None:
    texts = [
        " ".join(combination)
        for size in (3, 4, 5)
        for combination in itertools.combinations(WORDS, size)
    ]
    papers = [
        make_paper(key, text, date=("2023", "2024")[key % 2])
        for key, text in enumerate(texts * 15, 1)
    ]
    indexer(MemoryLibrary(papers), store).catch_up()
    snapshot = store.snapshot()
    after = After(make_paper(0, date="2024").published)  # type: ignore[arg-type]
    for where, selected in ((None, papers), (after, [p for p in papers if p.key % 2])):
        for size in (3, 4, 5):
            for combination in itertools.combinations(WORDS, size):
                expected = sum(set(combination) <= set(paper.title.split()) for paper in selected)
                assert snapshot.count([Selection(where, combination)]) == [expected], (
                    where,
                    combination,
                )
    assert snapshot.count([Selection(None, ("graph", "network", "protein", "nowhere"))]) == [0]


VENUES = ("", "NeurIPS 2017", "NeurIPS 2018 poster", "ICML")
CATEGORIES = (("cs.LG", "stat.ML"), ("cs.CL",), ("math.PR",), ())
DATES = ("", "2023", "2024-01", "2024-06-30", "2025-02-01")


def _corpus() -> list[Paper]:
    shapes = itertools.product(VENUES, CATEGORIES, DATES, ("", "https://code"), ("acl", "arXiv"))
    return [
        make_paper(
            key,
            f"graph {('alpha', 'beta', 'gamma')[key % 3]}",
            venue=venue,
            categories=categories,
            date=date,
            code_url=code,
            sources=[source],
            authors=["Yoshua Bengio" if key % 5 else "Ada Lovelace"],
        )
        for key, (venue, categories, date, code, source) in enumerate(shapes, 1)
    ]


@pytest.fixture(scope="module", params=sorted(INDEXES))
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[IndexSnapshot, list[Paper]]:
    papers = _corpus()
    store = INDEXES[request.param](tmp_path_factory.mktemp("filled"))()
    indexer(MemoryLibrary(papers), store).catch_up()
    return store.snapshot(), papers


def passes(paper: Paper, query: Query) -> bool:
    """The filter by brute force, straight from the paper."""
    first = paper.published.first_day() if paper.published else None
    match query:
        case After(date):
            return first is not None and first >= date.first_day()
        case Before(date):
            return first is not None and first < date.first_day()
        case Has():
            return bool(paper.code_url)
        case Field("cat", text):
            return any(f"{name}.".startswith(f"{text}.") for name in paper.categories)
        case Field("source", text):
            return text in [source.lower() for source in paper.sources]
        case Field("venue", text):
            return f" {text.lower()} " in f" {paper.venue.lower()} "
        case Not(child):
            return not passes(paper, child)
        case And(children):
            return all(passes(paper, child) for child in children)
        case Or(children):
            return any(passes(paper, child) for child in children)
    raise AssertionError(query)


_LEAVES = st.sampled_from(
    [
        *(Field("cat", name) for name in ("cs", "cs.LG", "stat.ML", "math", "cs.L")),
        *(Field("venue", name) for name in ("neurips", "NeurIPS 2017", "2018 poster", "icm")),
        *(Field("source", name) for name in ("acl", "arxiv", "none")),
        Has("code"),
    ]
) | st.builds(
    lambda kind, date: kind(date),
    st.sampled_from([After, Before]),
    st.sampled_from([make_paper(0, date=date).published for date in DATES if date]),
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda children: (
        st.builds(Not, children)
        | st.lists(children, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(children, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=6,
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=_FILTERS)
def test_filters_equal_brute_force_everywhere(
    filled: tuple[IndexSnapshot, list[Paper]], where: Query
) -> None:
    snapshot, papers = filled
    expected = [paper.key for paper in papers if passes(paper, where)]
    selection = Selection(where)
    assert sorted(snapshot.newest(selection, len(papers)).keys.tolist()) == expected
    assert snapshot.count([selection]) == [len(expected)]
    keys = np.array([paper.key for paper in papers] + [10_000])
    (passing,) = snapshot.features(keys, FeatureRequest(filters=[where])).passes
    assert keys[passing].tolist() == expected
    assert sorted(by_words(snapshot, where, len(papers), graph=1.0).tolist()) == expected
    near = nearest(snapshot, "graph alpha", len(papers), where)
    everything = nearest(snapshot, "graph alpha", len(papers))
    assert near == [key for key in everything if key in set(expected)]


def test_authors_in_any_common_form(filled: tuple[IndexSnapshot, list[Paper]]) -> None:
    snapshot, papers = filled
    expected = [paper.key for paper in papers if paper.authors[0].name == "Yoshua Bengio"]
    names = ("Bengio", "bengio", "Yoshua Bengio", "Y. Bengio", "Bengio, Yoshua")
    assert snapshot.count([Selection(Field("author", name)) for name in names]) == [
        len(expected)
    ] * len(names)
    assert snapshot.count([Selection(Field("author", "Ada Bengio"))]) == [0]
    assert snapshot.statistics((), ["Yoshua", "graph"]).author_frequencies == {
        "Yoshua": len(expected),
        "graph": 0,
    }


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("Xu Wei", "Wei Xu"),
        ("张 伟", "张伟"),
        ("太郎 山田", "山田太郎"),
        ("Geoffrey E. Hinton", "Hinton, G."),
        ("Laurens van der Maaten", "van der Maaten"),
        ("Bernhard Schölkopf", "schoelkopf"),
        ("The Alan Turing Institute", "Turing Institute"),
    ],
)
def test_an_author_is_found_in_another_spelling(
    store: IndexStore, printed: str, typed: str
) -> None:
    papers = [make_paper(1, authors=["Ada Bo", printed]), make_paper(2, authors=["Ada Bo"])]
    indexer(MemoryLibrary(papers), store).catch_up()
    newest = store.snapshot().newest(Selection(Field("author", typed)), 5)
    assert newest.keys.tolist() == [1]


def test_a_person_is_not_found_by_parts_of_a_name_nor_by_names_of_two_authors(
    store: IndexStore,
) -> None:
    library = MemoryLibrary([make_paper(1, authors=["Leo Yu Zhang", "Wei Xu", "Min Li"])])
    indexer(library, store).catch_up()
    names = ("Yu Zhang", "Wei Li", "Xu Min", "Leo Zhang")
    assert store.snapshot().count([Selection(Field("author", name)) for name in names]) == [0] * 4


def test_each_author_counts_once_a_paper(store: IndexStore) -> None:
    library = MemoryLibrary(
        [make_paper(1, authors=["Ada Bo", "Bo Li", "Ada Bo"]), make_paper(2, authors=["Ada Bo"])]
    )
    indexer(library, store).catch_up()
    facets = store.snapshot().facets(Selection())
    assert list(facets["author"]) == [("Ada Bo", 2), ("Bo Li", 1)]


def test_features_do_not_depend_on_how_papers_were_found(
    filled: tuple[IndexSnapshot, list[Paper]],
) -> None:
    snapshot, _ = filled
    terms = {"graph": 1.0, "alpha": 2.0}
    vector = EMBEDDER.encode_queries(["graph alpha"])[0]
    answer = snapshot.candidates(CandidateRequest(terms, vector, None, 50, 50))
    assert 50 <= len(answer.keys) <= 100
    features = snapshot.features(answer.keys, FeatureRequest(terms, [vector]))
    np.testing.assert_allclose(sum(features.bm25.values()), answer.features["bm25"], rtol=1e-5)
    np.testing.assert_allclose(features.cosines[0], answer.features["cosine"], atol=1e-6)
    unknown = snapshot.features(np.array([10**6]), FeatureRequest(terms, [vector]))
    assert (unknown.bm25, np.isnan(unknown.cosines[0]).tolist()) == ({}, [True])
