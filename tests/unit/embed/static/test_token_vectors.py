"""The static embedder: vectors, saved models, errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.static.token_vectors import Counting, TokenVectorEmbedder, quantise

TOKENS = [b"graph", b"neural", b"network", b"protein", b"hyper", b"##fluor", b"##ination"]


def make_embedder(**counting: float) -> TokenVectorEmbedder:
    matrix = np.random.default_rng(0).standard_normal((len(TOKENS), 16)).astype(np.float32)
    vectors, factors = quantise(matrix)
    return TokenVectorEmbedder("test", TOKENS, vectors, factors, Counting(**counting))  # type: ignore[arg-type]


def test_rows_have_unit_length_and_the_right_shape() -> None:
    embedder = make_embedder()
    vectors = embedder.encode_documents(["Graph neural network", "Protein"], ["A network.", "x"])
    assert vectors.shape == (2, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("text", ["", " \n", "?!", "zzz", "好"])
def test_a_text_without_known_words_is_a_row_of_zeros(text: str) -> None:
    embedder = make_embedder()
    assert not embedder.encode_queries([text]).any()
    assert not embedder.encode_documents([text], [text]).any()


def test_no_texts_give_no_rows() -> None:
    assert make_embedder().encode_documents([], []).shape == (0, 16)
    assert make_embedder().encode_queries([]).shape == (0, 16)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    one, two = make_embedder().encode_queries(["Graph-Néural  NETWORK!", "graph neural network"])
    np.testing.assert_array_equal(one, two)


def test_an_unknown_word_is_the_sum_of_its_pieces() -> None:
    embedder = make_embedder()
    vector = embedder.encode_queries(["hyperfluorination"])[0]
    expected = (embedder.vectors[4:7] * embedder.factors[4:7, None]).sum(axis=0)
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-6)


def test_saturation_and_title_repeats_shift_the_weights() -> None:
    plain = make_embedder(title_repeats=1, saturation=1.0)
    title_heavy = make_embedder(title_repeats=3, saturation=1.0)
    a = title_heavy.encode_documents(["graph"], ["protein"])
    b = plain.encode_documents(["graph graph graph"], ["protein"])
    np.testing.assert_allclose(a, b, atol=1e-6)
    assert plain.name != title_heavy.name


def test_as_many_titles_as_abstracts() -> None:
    with pytest.raises(ValueError, match="2 titles but 1 abstracts"):
        make_embedder().encode_documents(["a", "b"], ["c"])


def test_the_name_says_what_is_in_the_model() -> None:
    embedder = make_embedder()
    assert embedder.name == make_embedder().name
    assert embedder.name.startswith("test-")
    changed = embedder.vectors.copy()
    changed[0, 0] += 1
    other = TokenVectorEmbedder("test", TOKENS, changed, embedder.factors, embedder.counting)
    assert other.name != embedder.name


@settings(max_examples=50, deadline=None)
@given(
    texts=st.lists(
        st.text("abcd graph neural network protein hyperfluor", max_size=80), max_size=8
    ),
    more=st.text(max_size=40),
)
def test_another_text_in_the_batch_changes_nothing(texts: list[str], more: str) -> None:
    embedder = make_embedder()
    alone = embedder.encode_documents(texts, texts)
    together = embedder.encode_documents([more, *texts], [more, *texts])
    np.testing.assert_array_equal(together[1:], alone)


def test_many_texts_are_encoded_as_each_alone() -> None:
    embedder = make_embedder()
    texts = [f"graph {'neural ' * (n % 5)} {'protein' * (n % 2)}" for n in range(700)]
    together = embedder.encode_queries(texts)
    for place in (0, 255, 256, 699):
        np.testing.assert_array_equal(together[place], embedder.encode_queries([texts[place]])[0])


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    embedder = make_embedder(title_repeats=2, saturation=0.7)
    embedder.save(tmp_path / "model")
    loaded = TokenVectorEmbedder.load(tmp_path / "model")
    assert loaded.name == embedder.name
    assert loaded.dimensions == 16
    queries = ["graph hyperfluorination", "protein"]
    np.testing.assert_array_equal(loaded.encode_queries(queries), embedder.encode_queries(queries))


@pytest.mark.parametrize("file", ["model.json", "tokens.txt", "vectors.npy", "factors.npy"])
@pytest.mark.parametrize("damage", ["missing", "cut", "flipped"])
def test_a_damaged_model_says_which_and_what_to_do(tmp_path: Path, file: str, damage: str) -> None:
    make_embedder().save(tmp_path)
    path = tmp_path / file
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[-3] ^= 0x04
        path.write_bytes(content)
    with pytest.raises(EmbedderUnavailableError, match="install broadsheet again") as caught:
        TokenVectorEmbedder.load(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.code == "unavailable"


def test_a_model_of_a_later_format_is_refused(tmp_path: Path) -> None:
    make_embedder().save(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(EmbedderUnavailableError, match="format 99"):
        TokenVectorEmbedder.load(tmp_path)


def test_quantising_keeps_vectors_within_a_half_step() -> None:
    matrix = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    matrix[3] = 0
    vectors, factors = quantise(matrix)
    error = np.abs(vectors * factors[:, None] - matrix)
    assert (error <= factors[:, None] * 0.501).all()


def test_shares_of_words_add_up_to_the_dot_product():
    from broadsheet.embed.static.shipped import default_embedder

    embedder = default_embedder()
    title, abstract = "Hyperfluorination of maps", "We fold maps. Maps fold by hyperfluorination ħ."
    direction = np.linspace(-1, 1, embedder.dimensions, dtype=np.float32)
    shares = embedder.share_by_word(title, abstract, direction)
    expected = embedder.encode_documents([title], [abstract])[0] @ direction
    assert sum(shares.values()) == pytest.approx(expected, abs=1e-5)
    assert {b"maps", b"fold", b"hyperfluorination"} <= shares.keys()
    assert embedder.share_by_word("", "", direction) == {}
