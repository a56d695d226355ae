"""The local index's files: crashes, damage, growth, and the scan of codes."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.backends.local_index.forward.files import RowWriter
from broadsheet.backends.local_index.postings.writer import PostingsWriter
from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.domain.query import Field, Not, Query, Word
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.documents import IndexDocument
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import CandidateRequest, Selection, Vectors
from embedding import DIMENSIONS, EMBEDDER, EMBEDDERS, MODELS
from memory_library import MemoryLibrary, make_paper

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


@pytest.fixture
def store(tmp_path: Path) -> LocalIndexStore:
    return LocalIndexStore(tmp_path / "index")


def indexer(library: MemoryLibrary, store: LocalIndexStore) -> Indexer:
    return Indexer(library, library, store, EMBEDDERS)


def with_word(store: LocalIndexStore, word: str) -> list[int]:
    return sorted(store.snapshot().newest(Selection(Word(word)), 100).keys.tolist())


def nearest(
    store: LocalIndexStore, vector: Vectors, k: int = 20, where: Query | None = None
) -> list[int]:
    """The nearest papers, the nearest first."""
    answer = store.snapshot().candidates(CandidateRequest({}, vector, where, 0, k))
    return answer.keys[np.lexsort((answer.keys, -answer.features["cosine"]))].tolist()


def encode(text: str) -> Vectors:
    vector: Vectors = EMBEDDER.encode_queries([text])[0]
    return vector


@pytest.mark.parametrize("part", ["words", "rows"])
def test_a_crash_between_the_two_commits_is_made_good(
    store: LocalIndexStore, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    library.write(make_paper(1, "graph colouring"))
    library.write(make_paper(2, "graph drawing"))

    def crash(writer: object, applied: int) -> None:
        raise RuntimeError("crash")

    with monkeypatch.context() as patched:
        where = PostingsWriter if part == "words" else RowWriter
        patched.setattr(where, "commit", crash)
        with pytest.raises(RuntimeError, match="crash"):
            indexer(library, store).catch_up()
    # The commit before is shown as it was: no paper without its words, no old words.
    assert (store.snapshot().applied, store.snapshot().papers) == (1, 1)
    assert with_word(store, "network") == [1]
    again = LocalIndexStore(tmp_path / "index")
    assert again.snapshot().applied == 1
    assert indexer(library, again).catch_up() == 2
    assert with_word(again, "graph") == [1, 2]
    assert with_word(again, "network") == []
    assert again.snapshot().applied == store.snapshot().applied == 3
    assert with_word(store, "graph") == [1, 2]


def test_between_the_two_commits_the_one_before_is_shown(
    store: LocalIndexStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    library.write(make_paper(2, "graph drawing"))
    keys_shown: list[int] = []
    commit = PostingsWriter.commit

    def look_first(writer: PostingsWriter, applied: int) -> None:
        keys_shown.append(store.snapshot().papers)
        commit(writer, applied)

    monkeypatch.setattr(PostingsWriter, "commit", look_first)
    indexer(library, store).catch_up()
    assert keys_shown == [1]
    assert store.snapshot().papers == 2


def test_what_lies_beyond_a_commit_is_cut_off(store: LocalIndexStore, tmp_path: Path) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    build = next((tmp_path / "index").glob("build-*"))
    for name in FILES:
        with (build / "vectors" / name).open("ab") as file:
            file.write(b"half a row")
    assert nearest(LocalIndexStore(tmp_path / "index"), encode("graph")) == [1]
    library.write(make_paper(2, "graph colouring", venue="VENUE", categories=["cs.DM"]))
    indexer(library, store).catch_up()
    assert sorted(nearest(store, encode("graph"))) == [1, 2]
    assert nearest(store, encode("graph"), 5, Field("venue", "venue")) == [2]


def test_values_numbered_but_not_committed_are_forgotten(store: LocalIndexStore) -> None:
    library = MemoryLibrary([make_paper(1, "graph", venue="ICML")])
    indexer(library, store).catch_up()
    tokens = TokenIds.joined([([], [])])
    vector = EMBEDDER.encode_queries(["graph"])
    with store.write(MODELS) as writer:
        writer.add([IndexDocument(2, "graph", "", venue="Lost")], vector, tokens)
    library.write(make_paper(3, "graph", venue="Found"))
    indexer(library, store).catch_up()
    by_venue = {
        venue: nearest(store, vector[0], 5, Field("venue", venue))
        for venue in ("ICML", "Lost", "Found")
    }
    assert by_venue == {"ICML": [1], "Lost": [], "Found": [3]}


def test_a_text_that_is_no_text_is_reported(store: LocalIndexStore, tmp_path: Path) -> None:
    indexer(MemoryLibrary([make_paper(1, "A $\\beta$ title")]), store).catch_up()
    path = next((tmp_path / "index").glob("build-*")) / "vectors" / "texts.bin"
    content = bytearray(path.read_bytes())
    content[8:12] = b"\xff" * 4
    path.write_bytes(content)
    again = LocalIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match=r"texts.bin: .*index rebuild"):
        again.snapshot().documents(np.array([1]), {"text"})


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_reported_with_the_next_step(
    store: LocalIndexStore, tmp_path: Path, name: str
) -> None:
    library = MemoryLibrary(make_paper(key, f"graph {key}", venue=f"V{key}") for key in range(9))
    indexer(library, store).catch_up()
    path = next((tmp_path / "index").glob("build-*")) / "vectors" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    library.write(make_paper(20, "graph"))
    again = LocalIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        indexer(library, again).catch_up()
    indexer(library, again).rebuild()
    assert len(with_word(again, "graph")) == 10


@pytest.mark.parametrize("name", ["words/meta.json", "vectors/manifest.json", "format.json"])
def test_a_damaged_description_is_reported_and_rebuilt(
    store: LocalIndexStore, tmp_path: Path, name: str
) -> None:
    library = MemoryLibrary([make_paper(1, "graph networks")])
    indexer(library, store).catch_up()
    (next((tmp_path / "index").glob("build-*")) / name).write_bytes(b'{"half":')
    again = LocalIndexStore(tmp_path / "index")
    with pytest.raises(IndexUnavailableError, match="index rebuild"):
        again.snapshot()
    indexer(library, again).rebuild()
    assert with_word(again, "graph") == [1]


def test_a_failed_rebuild_leaves_one_build(store: LocalIndexStore, tmp_path: Path) -> None:
    indexer(MemoryLibrary([make_paper(1, "graph networks")]), store).catch_up()
    with pytest.raises(RuntimeError), store.rebuild(MODELS, 1):
        raise RuntimeError("power cut")
    assert len(list((tmp_path / "index").glob("build-*"))) == 1


def add_vectors(store: LocalIndexStore, vectors: Vectors, applied: int = 1) -> None:
    """One paper a row, by the number of the row."""
    documents = [IndexDocument(key, "t", "") for key in range(len(vectors))]
    with store.write(MODELS) as writer:
        writer.add(documents, vectors, TokenIds.none(len(vectors)))
        writer.commit(applied)


def many_vectors() -> Vectors:
    """More than are compared without a scan of codes; shape (12,000, DIMENSIONS)."""
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((300, DIMENSIONS))
    vectors = centres[rng.integers(0, 300, 12_000)] + 0.7 * rng.standard_normal(
        (12_000, DIMENSIONS)
    )
    answer: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return answer


@pytest.mark.parametrize("where", [None, Not(Field("cat", "cs.LG"))])
def test_a_scan_passes_over_rows_that_were_replaced_or_removed(
    store: LocalIndexStore, where: Query | None
) -> None:
    vectors = many_vectors()
    add_vectors(store, vectors)
    add_vectors(store, -vectors[:50], applied=2)
    with store.write(MODELS) as writer:
        writer.remove(range(50, 100))
        writer.commit(3)
    assert store.snapshot().papers == 11_950
    for key in range(100):
        answer = nearest(store, vectors[key], 20, where)
        assert key not in answer
        if key < 50:
            assert nearest(store, -vectors[key], 20, where)[0] == key


def test_many_rows_are_scanned_by_codes_and_agree_with_exact_search(
    store: LocalIndexStore,
) -> None:
    vectors = many_vectors()
    add_vectors(store, vectors)
    common = 0
    for query in vectors[:40]:
        exact = set(np.argsort(-(vectors @ query))[:20].tolist())
        common += len(exact & set(nearest(store, query)))
    assert common / (40 * 20) > 0.97
