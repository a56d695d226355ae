"""Every index store must remember, forget, filter, survive crashes."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.backends.local_index.store import EmbeddedIndexStore
from broadsheet.domain.errors import (
    EmbedderMismatchError,
    IndexLockedError,
    IndexUnavailableError,
)
from broadsheet.domain.paper import Paper
from broadsheet.domain.query import After, And, Before, Field, Has, Not, Or, Query, Word
from broadsheet.embed.static.token_ids import TokenIds, Tokeniser
from broadsheet.embed.static.word_table import WordTable
from broadsheet.index.documents import IndexDocument, ReadableText
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import Models, Vectors
from memory_library import MemoryLibrary, make_paper

DIMENSIONS = 96


class HashEmbedder:
    """Words to fixed random directions; nothing to learn, nothing to ship."""

    def __init__(self, name: str = "hash-1") -> None:
        self.name = name
        self.dimensions = DIMENSIONS

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        texts = [f"{title} {text}" for title, text in zip(titles, abstracts, strict=True)]
        return self.encode_queries(texts)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        found = np.zeros((len(queries), DIMENSIONS), np.float32)
        for row, text in zip(found, queries, strict=True):
            for word in text.lower().split():
                seed = sum(ord(sign) * 31**at for at, sign in enumerate(word[:8]))
                row += np.random.default_rng(seed).standard_normal(DIMENSIONS)
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return found


EMBEDDER = HashEmbedder()
FILES = (
    "rows.bin",
    "codes.bin",
    "vectors.bin",
    "spans.bin",
    "tokens.bin",
    "terms.bin",
    "counts.bin",
    "texts.bin",
    "attributes.jsonl",
)
TABLE = WordTable([b"graph", b"network", b"protein", b"again", b"##s"])
TOKENISER = Tokeniser(TABLE)
MODELS = Models(EMBEDDER.name, DIMENSIONS, TOKENISER.name)


@pytest.fixture
def store(tmp_path: Path) -> EmbeddedIndexStore:
    return EmbeddedIndexStore(tmp_path / "index")


def indexer(library: MemoryLibrary, store: EmbeddedIndexStore) -> Indexer:
    return Indexer(library, library, store, EMBEDDER, TOKENISER)


def holding(store: EmbeddedIndexStore, word: str) -> list[int]:
    """Keys of papers with this word, after checking that both sides hold the same papers."""
    assert store.words.count_papers() == store.vectors.count_papers()
    return store.words.keys(Word(word)).tolist()


def nearest(store: EmbeddedIndexStore, text: str, k: int = 3) -> list[int]:
    return store.vectors.candidates(EMBEDDER.encode_queries([text])[0], k).keys.tolist()


def tokens(store: EmbeddedIndexStore, *keys: int) -> list[list[str]]:
    """The tokens of each paper as words of the table."""
    found = store.vectors.tokens_of(np.array(keys, np.int64))
    words = [TABLE.tokens[row].decode() for row in found.ids.tolist()]
    return [words[start:end] for start, end in itertools.pairwise(found.starts.tolist())]


def test_what_is_held_is_one_commit(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "A graph", "of a network")])
    indexer = Indexer(library, library, store, EMBEDDER, TOKENISER)
    indexer.catch_up()

    def seen() -> tuple[int, int]:
        return store.words.count(None), store.vectors.count_papers()

    with store.words.held(), store.vectors.held():
        assert seen() == (1, 1)
        library.write(make_paper(2, "A protein", "of a network"))
        indexer.catch_up()
        with store.words.held(), store.vectors.held():
            assert seen() == (1, 1)
        assert seen() == (1, 1)
        with ThreadPoolExecutor(1) as another:
            assert another.submit(seen).result() == (2, 2)
    assert seen() == (2, 2)


def test_before_the_first_build_it_answers_as_an_empty_index(store: EmbeddedIndexStore) -> None:
    assert store.words.count_papers() == store.vectors.count_papers() == 0
    assert store.words.applied() == store.vectors.applied() == 0
    assert nearest(store, "graph") == []
    assert store.words.candidates({"graph": 1.0}, None, 5).keys.tolist() == []
    assert store.vectors.embedder() is None
    assert store.vectors.tokeniser() is None
    assert tokens(store, 1, 2) == [[], []]


def test_papers_are_found_replaced_and_forgotten(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks"), make_paper(2, "protein folding")])
    assert indexer(library, store).catch_up() == 2
    assert holding(store, "graph") == [1]
    assert nearest(store, "protein folding")[0] == 2
    library.write(make_paper(1, "quantum circuits"))
    library.write(make_paper(3, "graph colouring"))
    library.remove(2)
    assert indexer(library, store).catch_up() == 3
    assert holding(store, "graph") == [3]
    assert holding(store, "protein") == []
    assert nearest(store, "quantum circuits") == [1, 3]
    assert store.vectors.find(2) is None
    library.write(make_paper(2, "protein again"))
    indexer(library, store).catch_up()
    assert holding(store, "protein") == [2]
    assert nearest(store, "protein again")[0] == 2
    assert indexer(library, store).catch_up() == 0


def test_tokens_follow_their_papers(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "Graph networks", "protein, again"), make_paper(2, "x")])
    indexer(library, store).catch_up()
    assert tokens(store, 2, 7, 1) == [[], [], ["graph", "network", "##s", "protein", "again"]]
    assert store.vectors.tokens_of(np.array([1])).titles.tolist() == [3]
    titles = store.vectors.titles_of(np.array([2, 1, 7, 1]), fewest=2)
    assert titles.titles.tolist() == [0, 3, 0, 3]
    words = [TABLE.tokens[row].decode() for row in titles.ids.tolist()]
    assert words == ["graph", "network", "##s"] * 2
    assert store.vectors.tokeniser() == TOKENISER.name
    library.write(make_paper(2, "again"))
    library.remove(1)
    indexer(library, store).catch_up()
    assert tokens(store, 1, 2) == [[], ["again"]]
    library.write(make_paper(1, "graph"))
    indexer(library, store).rebuild()
    assert tokens(store, 1, 2) == [["graph"], ["again"]]


def test_texts_follow_their_papers(store: EmbeddedIndexStore) -> None:
    readable, formula = make_paper(1, "Graphs", "One. Two."), make_paper(2, "A $\\beta$", "x_1")
    library = MemoryLibrary([readable, formula])
    assert list(store.vectors.texts_of([readable])) == [None]
    indexer(library, store).catch_up()
    texts = [ReadableText("Graphs", "One. Two.", (0, 5, 10)), ReadableText("A β", "x₁", (0, 3))]
    assert list(store.vectors.texts_of([readable, formula])) == texts
    changed = make_paper(1, "Graphs", "Three.")
    assert list(store.vectors.texts_of([formula, changed])) == [texts[1], None]
    library.write(changed)
    library.remove(2)
    indexer(library, store).catch_up()
    three = ReadableText("Graphs", "Three.", (0, 7))
    assert list(store.vectors.texts_of([changed, formula, readable])) == [three, None, None]
    indexer(library, store).rebuild(keep_vectors=True)
    assert list(store.vectors.texts_of([changed])) == [three]


def test_a_text_that_is_no_text_is_reported(store: EmbeddedIndexStore, tmp_path: Path) -> None:
    paper = make_paper(1, "A $\\beta$ title")
    indexer(MemoryLibrary([paper]), store).catch_up()
    path = next((tmp_path / "index").glob("build-*")) / "vectors" / "texts.bin"
    content = bytearray(path.read_bytes())
    content[8:12] = b"\xff" * 4
    path.write_bytes(content)
    again = EmbeddedIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match=r"texts.bin: .*index rebuild"):
        again.vectors.texts_of([paper])


def test_tokens_of_another_table_ask_for_a_rebuild(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    library.write(make_paper(2, "graph"))
    other = Indexer(library, library, store, EMBEDDER, Tokeniser(WordTable([b"networks"])))
    assert not other.fits()
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        other.catch_up()
    other.rebuild()
    found = store.vectors.tokens_of(np.array([1, 2]))
    assert (found.ids.tolist(), found.starts.tolist()) == ([0], [0, 1, 1])


def test_another_reader_sees_commits_without_reopening(
    store: EmbeddedIndexStore, tmp_path: Path
) -> None:
    other = EmbeddedIndexStore(tmp_path / "index")
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    assert holding(other, "graph") == [1]
    library.write(make_paper(2, "graph colouring"))
    indexer(library, store).catch_up()
    assert holding(other, "graph") == [1, 2]
    indexer(library, store).rebuild()
    assert holding(other, "graph") == [1, 2]
    assert len(nearest(other, "graph")) == 2


@pytest.mark.parametrize("side", ["words", "vectors"])
def test_a_crash_between_the_two_commits_is_made_good(store: EmbeddedIndexStore, side: str) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    library.write(make_paper(1, "graph colouring"))
    library.write(make_paper(2, "graph drawing"))
    with pytest.raises(RuntimeError, match="crash"):
        Crashing(library, library, store, EMBEDDER, TOKENISER).crash_after(side)
    assert store.words.applied() == (3 if side == "words" else 1)
    assert store.vectors.applied() == (3 if side == "vectors" else 1)
    assert indexer(library, store).catch_up() == 2
    assert holding(store, "graph") == [1, 2]
    assert holding(store, "network") == []
    assert store.vectors.applied() == 3


class Crashing(Indexer):
    """Gets as far as one side's commit."""

    def crash_after(self, side: str) -> None:
        with self._store.write(MODELS) as writers:
            batch = self._next(min(writers.words.applied, writers.vectors.applied))
            assert batch is not None
            self._write_words(writers, batch)
            self._write_vectors(writers, self._embedder, batch)
            getattr(writers, side).commit(batch.upto)
            raise RuntimeError("crash")


def test_what_was_not_committed_is_dropped(store: EmbeddedIndexStore, tmp_path: Path) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    build = next((tmp_path / "index").glob("build-*"))
    for name in FILES:
        with (build / "vectors" / name).open("ab") as file:
            file.write(b"half a row")
    assert nearest(EmbeddedIndexStore(tmp_path / "index"), "graph") == [1]
    library.write(make_paper(2, "graph colouring", venue="VENUE", categories=["cs.DM"]))
    indexer(library, store).catch_up()
    assert sorted(nearest(store, "graph")) == [1, 2]
    assert tokens(store, 2, 1) == [["graph"], ["graph", "network", "##s"]]
    vector = EMBEDDER.encode_queries(["graph"])[0]
    assert store.vectors.candidates(vector, 5, Field("venue", "venue")).keys.tolist() == [2]


def test_values_numbered_but_not_committed_are_forgotten(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph", venue="ICML")])
    indexer(library, store).catch_up()
    tokens = TokenIds.joined([([], [])])
    vector = EMBEDDER.encode_queries(["graph"])
    with store.write(MODELS) as writers:
        writers.vectors.add([IndexDocument(2, "graph", "", venue="Lost")], vector, tokens)
    library.write(make_paper(3, "graph", venue="Found"))
    indexer(library, store).catch_up()
    found = {
        venue: store.vectors.candidates(vector[0], 5, Field("venue", venue)).keys.tolist()
        for venue in ("ICML", "Lost", "Found")
    }
    assert found == {"ICML": [1], "Lost": [], "Found": [3]}


WORDS = ("graph", "network", "protein", "again", "alpha")


def test_counting_many_words_equals_counting_few(store: EmbeddedIndexStore) -> None:
    texts = [
        " ".join(chosen) for size in (3, 4, 5) for chosen in itertools.combinations(WORDS, size)
    ]
    papers = [
        make_paper(key, text, date=("2023", "2024")[key % 2])
        for key, text in enumerate(texts * 15, 1)
    ]
    indexer(MemoryLibrary(papers), store).catch_up()
    after = After(make_paper(0, date="2024").published)  # type: ignore[arg-type]
    for where, wanted in ((None, papers), (after, [p for p in papers if p.key % 2])):
        for size in (3, 4, 5):
            for chosen in itertools.combinations(WORDS, size):
                terms = [store.words.tokens(word)[0].text for word in chosen]
                expected = sum(set(chosen) <= set(paper.title.split()) for paper in wanted)
                assert store.words.count(where, terms) == expected, (where, chosen)
    assert store.words.count(None, ["graph", "network", "protein", "nowhere"]) == 0


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_reported_with_the_next_step(
    store: EmbeddedIndexStore, tmp_path: Path, name: str
) -> None:
    library = MemoryLibrary(make_paper(key, f"graph {key}", venue=f"V{key}") for key in range(9))
    indexer(library, store).catch_up()
    path = next((tmp_path / "index").glob("build-*")) / "vectors" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    library.write(make_paper(20, "graph"))
    again = EmbeddedIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        indexer(library, again).catch_up()
    indexer(library, again).rebuild()
    assert len(holding(again, "graph")) == 10


@pytest.mark.parametrize("name", ["words/meta.json", "vectors/manifest.json", "format.json"])
def test_a_damaged_description_is_reported_and_rebuilt(
    store: EmbeddedIndexStore, tmp_path: Path, name: str
) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    (next((tmp_path / "index").glob("build-*")) / name).write_bytes(b'{"half":')
    again = EmbeddedIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        holding(again, "graph")
    indexer(library, again).rebuild()
    assert holding(again, "graph") == [1]


def test_one_writer_at_a_time(store: EmbeddedIndexStore, tmp_path: Path) -> None:
    other = EmbeddedIndexStore(tmp_path / "index")
    with (
        store.write(MODELS),
        pytest.raises(IndexLockedError),
        other.write(MODELS),
    ):
        pass


def test_another_embedder_is_refused_until_a_rebuild(store: EmbeddedIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    library.write(make_paper(2, "graph colouring"))
    other = Indexer(library, library, store, HashEmbedder("hash-2"), TOKENISER)
    with pytest.raises(EmbedderMismatchError, match="hash-1"):
        other.catch_up()
    other.rebuild()
    assert store.vectors.embedder() == "hash-2"
    assert holding(store, "graph") == [1, 2]


def test_a_failed_rebuild_leaves_the_old_build(store: EmbeddedIndexStore, tmp_path: Path) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    with pytest.raises(RuntimeError), store.rebuild(MODELS, 1):
        raise RuntimeError("power cut")
    assert holding(store, "graph") == [1]
    assert len(list((tmp_path / "index").glob("build-*"))) == 1


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


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[EmbeddedIndexStore, list[Paper]]:
    papers = _corpus()
    store = EmbeddedIndexStore(tmp_path_factory.mktemp("filled") / "index")
    library = MemoryLibrary(papers)
    indexer(library, store).catch_up()
    return store, papers


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
def test_filters_equal_brute_force_on_both_sides(
    filled: tuple[EmbeddedIndexStore, list[Paper]], where: Query
) -> None:
    store, papers = filled
    expected = [paper.key for paper in papers if passes(paper, where)]
    assert store.words.keys(where).tolist() == expected
    among = np.array([*expected[::2], 10_000], np.int64)
    assert store.words.keys(where, among).tolist() == expected[::2]
    assert store.words.count(where) == len(expected)
    by_words = store.words.candidates({"graph": 1.0}, where, len(papers))
    assert sorted(by_words.keys.tolist()) == expected
    vector = EMBEDDER.encode_queries(["graph alpha"])[0]
    assert store.vectors.supports(where)
    near = store.vectors.candidates(vector, len(papers), where)
    assert sorted(near.keys.tolist()) == expected
    everything = store.vectors.candidates(vector, len(papers))
    kept = [key for key in everything.keys.tolist() if key in set(expected)]
    assert near.keys.tolist() == kept


def test_authors_in_any_common_form(filled: tuple[EmbeddedIndexStore, list[Paper]]) -> None:
    store, papers = filled
    expected = [paper.key for paper in papers if paper.authors[0].name == "Yoshua Bengio"]
    for name in ("Bengio", "bengio", "Yoshua Bengio", "Y. Bengio", "Bengio, Yoshua"):
        assert store.words.keys(Field("author", name)).tolist() == expected, name
    assert store.words.keys(Field("author", "Ada Bengio")).tolist() == []


def test_scores_do_not_depend_on_how_candidates_were_found(
    filled: tuple[EmbeddedIndexStore, list[Paper]],
) -> None:
    store, _ = filled
    terms = {"graph": 1.0, "alpha": 2.0}
    found = store.words.candidates(terms, None, 50)
    assert np.allclose(store.words.scores(terms, found.keys), found.scores, rtol=1e-5)
    vector = EMBEDDER.encode_queries(["graph alpha"])[0]
    near = store.vectors.candidates(vector, 50)
    assert np.allclose(store.vectors.scores(vector, near.keys), near.scores)
    assert np.isnan(store.vectors.scores(vector, np.array([10**6])))[0]


def add_vectors(store: EmbeddedIndexStore, vectors: Vectors, applied: int = 1) -> None:
    """One paper a row, by the number of the row."""
    documents = [IndexDocument(key, "t", "") for key in range(len(vectors))]
    with store.write(MODELS) as writers:
        writers.vectors.add(documents, vectors, TokenIds.none(len(vectors)))
        writers.vectors.commit(applied)


def many_vectors() -> Vectors:
    """More than are compared without a scan of codes; shape (12,000, DIMENSIONS)."""
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((300, DIMENSIONS))
    vectors = centres[rng.integers(0, 300, 12_000)] + 0.7 * rng.standard_normal(
        (12_000, DIMENSIONS)
    )
    found: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return found


@pytest.mark.parametrize("where", [None, Not(Field("cat", "cs.LG"))])
def test_a_scan_passes_over_rows_that_were_replaced_or_removed(
    store: EmbeddedIndexStore, where: Query | None
) -> None:
    vectors = many_vectors()
    add_vectors(store, vectors)
    add_vectors(store, -vectors[:50], applied=2)
    with store.write(MODELS) as writers:
        writers.vectors.remove(range(50, 100))
        writers.vectors.commit(3)
    assert store.vectors.count_papers() == 11_950
    for key in range(100):
        found = store.vectors.candidates(vectors[key], 20, where).keys
        assert key not in found
        if key < 50:
            assert store.vectors.candidates(-vectors[key], 20, where).keys[0] == key


def test_many_rows_are_scanned_by_codes_and_agree_with_exact_search(
    store: EmbeddedIndexStore,
) -> None:
    vectors = many_vectors()
    add_vectors(store, vectors)
    kept = 0
    for query in vectors[:40]:
        exact = set(np.argsort(-(vectors @ query))[:20].tolist())
        kept += len(exact & set(store.vectors.candidates(query, 20).keys.tolist()))
    assert kept / (40 * 20) > 0.97
