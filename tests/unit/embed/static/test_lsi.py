"""Learning an embedder from the library's own papers."""

import numpy as np
import pytest

from broadsheet.embed.embedder import NothingToLearnError
from broadsheet.embed.static.bag_of_words import count_tokens
from broadsheet.embed.static.lsi import find_leading_columns, learn_lsi

GRAPHS = ("Graph networks", "Message passing on graphs with neural networks.")
PROTEINS = ("Protein folding", "Structure of proteins from sequences.")
SOUND = ("Speech recognition", "Transcribing speech and sound with transducers.")


@pytest.mark.parametrize("papers", [[GRAPHS], [GRAPHS, PROTEINS, SOUND], [GRAPHS] * 150])
def test_small_libraries_give_few_dimensions(papers: list[tuple[str, str]]) -> None:
    embedder = learn_lsi(papers)
    assert 1 <= embedder.dimensions <= len(papers)
    vectors = embedder.encode_documents([title for title, _ in papers], [a for _, a in papers])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_query_is_closest_to_the_paper_about_it() -> None:
    papers = [GRAPHS, PROTEINS, SOUND]
    embedder = learn_lsi(papers)
    documents = embedder.encode_documents([t for t, _ in papers], [a for _, a in papers])
    scores = embedder.encode_queries(["graph message", "folding", "speech"]) @ documents.T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_words_that_keep_the_same_company_are_close() -> None:
    papers = [(f"car {n}", "engine wheel") for n in range(9)]
    papers += [(f"auto {n}", "engine wheel") for n in range(9)]
    papers += [(f"tulip {n}", "garden flower") for n in range(9)]
    embedder = learn_lsi(papers, dimensions=2)
    car, auto, tulip = embedder.encode_queries(["car", "auto", "tulip"])
    assert car @ auto > 0.9
    assert car @ tulip < 0.1


def test_the_same_papers_and_seed_give_the_same_embedder() -> None:
    rng = np.random.default_rng(5)
    papers = [(f"w{a} w{b}", f"w{c} w{a}") for a, b, c in rng.integers(0, 60, (200, 3))]
    assert learn_lsi(papers, 16).name == learn_lsi(iter(papers), 16).name
    assert learn_lsi(papers, 16).name != learn_lsi(papers, 16, seed=2).name


@pytest.mark.parametrize("papers", [[], [("", "")], [("?", "!")]])
def test_papers_without_words_are_an_error(papers: list[tuple[str, str]]) -> None:
    with pytest.raises(NothingToLearnError, match="import papers first"):
        learn_lsi(papers)


def test_the_basis_is_that_of_the_singular_value_decomposition() -> None:
    rng = np.random.default_rng(3)
    words = [b"w%d" % n for n in range(40)]
    texts = [[words[w] for w in rng.zipf(1.6, 12) if w < 40] for _ in range(60)]
    matrix = count_tokens(texts, {word: n for n, word in enumerate(words)})
    dense = np.zeros((60, 40), np.float32)
    for row in range(60):
        entries = slice(matrix.starts[row], matrix.starts[row + 1])
        dense[row, matrix.columns[entries]] = matrix.values[entries]
    basis = find_leading_columns(matrix, 5, iterations=6, seed=1)
    _, values, right = np.linalg.svd(dense, full_matrices=False)
    np.testing.assert_allclose(np.linalg.norm(dense @ basis, axis=0), values[:5], rtol=1e-3)
    np.testing.assert_allclose(np.abs(np.sum(right[:5].T * basis, axis=0)), 1, atol=1e-2)


def test_the_transposed_matrix_is_the_transposed_matrix() -> None:
    texts = [[b"a", b"b", b"a"], [], [b"c"]]
    matrix = count_tokens(texts, {b"a": 0, b"b": 1, b"c": 2})
    eye = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(matrix.times(eye), [[2, 1, 0], [0, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(matrix.transposed().times(eye), matrix.times(eye).T)
