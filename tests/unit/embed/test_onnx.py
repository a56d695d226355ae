"""The ONNX embedder on graphs made here: a token table, with the ends that exporters give."""

import functools
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.onnx import OnnxEmbedder
from broadsheet.embed.plugin import Encoding
from onnx_models import TABLE, WORDS, make_graph, write_model

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a model folder below ``tmp_path``; see ``write_model``."""
    return functools.partial(write_model, tmp_path)


def mean(*words: str) -> np.ndarray:
    rows = TABLE[[WORDS.index(word) for word in ("[CLS]", *words, "[SEP]")]]
    return rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0))


def test_states_are_averaged_without_the_padding(write: Write) -> None:
    embedder = OnnxEmbedder(str(write()))
    vectors = embedder.encode_documents(["graph networks stars", "graph"], ["stars", ""])
    assert vectors.dtype == np.float32
    assert embedder.dimensions == 16
    np.testing.assert_allclose(vectors[0], mean("graph", "networks", "stars", "stars"), atol=1e-6)
    np.testing.assert_allclose(vectors[1], mean("graph"), atol=1e-6)


@pytest.mark.parametrize(
    "config", [{"pooling_mode": "cls"}, {"pooling_mode_cls_token": True, "word_embedding": 16}]
)
def test_the_first_state_is_taken_where_the_model_says_cls(
    config: dict[str, object], write: Write
) -> None:
    embedder = OnnxEmbedder(str(write(files={"1_Pooling/config.json": config})))
    first = TABLE[2] / np.linalg.norm(TABLE[2])
    np.testing.assert_allclose(embedder.encode_queries(["graph stars"])[0], first, atol=1e-6)


def test_an_output_that_is_pooled_already_is_taken_as_it_is(write: Write) -> None:
    files = {"1_Pooling/config.json": {"pooling_mode": "lasttoken"}}
    embedder = OnnxEmbedder(str(write(end="pooled", files=files)))
    second = TABLE[4] / np.linalg.norm(TABLE[4])  # the token that this graph "pools"
    np.testing.assert_allclose(embedder.encode_queries(["graph stars"])[0], second, atol=1e-6)


def test_the_head_of_bert_is_not_taken_for_a_sentence(write: Write) -> None:
    embedder = OnnxEmbedder(str(write(end="pooler_output")))
    np.testing.assert_allclose(embedder.encode_queries(["graph"])[0], mean("graph"), atol=1e-6)


@pytest.mark.parametrize("extra", ["token_type_ids", "position_ids"])
@pytest.mark.parametrize("integers", ["INT64", "INT32"])
def test_graphs_differ_in_their_integer_inputs(extra: str, integers: str, write: Write) -> None:
    embedder = OnnxEmbedder(str(write(extra=extra, integers=integers)))
    np.testing.assert_allclose(embedder.encode_queries(["graph"])[0], mean("graph"), atol=1e-6)


def test_the_hubs_layout_and_a_single_graph_are_found(write: Write) -> None:
    folder = write(place="onnx/model.onnx")
    make_graph(folder / "onnx/model_other.onnx", end="pooled")
    one = OnnxEmbedder(str(folder))
    np.testing.assert_allclose(one.encode_queries(["graph"])[0], mean("graph"), atol=1e-6)
    other = OnnxEmbedder(str(folder / "onnx/model_other.onnx"))
    assert other.name != one.name


def test_rows_keep_the_order_of_the_texts_over_many_batches(write: Write) -> None:
    texts = [" ".join(WORDS[4 : 5 + number % 3] * (1 + number % 5)) for number in range(50)]
    embedder = OnnxEmbedder(str(write()), Encoding(batch=4))
    for row, text in zip(embedder.encode_queries(texts), texts, strict=True):
        np.testing.assert_allclose(row, mean(*text.split()), atol=1e-5)


def test_texts_are_cut_as_set_or_as_the_model_says(write: Write) -> None:
    folder = write(files={"sentence_bert_config.json": {"max_seq_length": 4}})
    cut = OnnxEmbedder(str(folder)).encode_queries(["graph networks stars stars"])[0]
    np.testing.assert_allclose(cut, mean("graph", "networks"), atol=1e-6)
    shorter = OnnxEmbedder(str(folder), Encoding(most_tokens=3))
    np.testing.assert_allclose(shorter.encode_queries(["graph stars"])[0], mean("graph"), atol=1e-6)
    longer = OnnxEmbedder(str(folder), Encoding(most_tokens=100))
    assert longer.name == OnnxEmbedder(str(folder)).name != shorter.name


def test_without_a_statement_the_configuration_bounds_the_length(write: Write) -> None:
    files = {
        "tokenizer_config.json": {"model_max_length": 1e30},
        "config.json": {"max_position_embeddings": 3},
    }
    row = OnnxEmbedder(str(write(files=files))).encode_queries(["graph stars"])[0]
    np.testing.assert_allclose(row, mean("graph"), atol=1e-6)


def test_prompts_are_the_models_own_unless_others_are_set(write: Write) -> None:
    own = {"prompts": {"query": "query: ", "passage": "passage: "}}
    folder = str(write(files={"config_sentence_transformers.json": own}))
    embedder = OnnxEmbedder(folder)
    np.testing.assert_allclose(
        embedder.encode_queries(["graph"])[0], mean("query:", "graph"), atol=1e-6
    )
    np.testing.assert_allclose(
        embedder.encode_documents(["graph"], [""])[0], mean("passage:", "graph"), atol=1e-6
    )
    bare = OnnxEmbedder(folder, Encoding(query_prompt="", document_prompt=""))
    np.testing.assert_allclose(bare.encode_queries(["graph"])[0], mean("graph"), atol=1e-6)
    assert bare.name != embedder.name
    assert OnnxEmbedder(folder, Encoding(query_prompt="")).name == embedder.name


def test_blank_texts_are_zeros(write: Write) -> None:
    embedder = OnnxEmbedder(str(write()))
    vectors = embedder.encode_documents(["", "graph"], [" ", ""])
    assert vectors.any(axis=1).tolist() == [False, True]
    assert embedder.encode_queries([]).shape == (0, 16)
    assert embedder.encode_queries(["\ud800"]).any()


@pytest.mark.parametrize(
    ("files", "graph", "reason"),
    [
        ({"1_Pooling/config.json": {"pooling_mode": "lasttoken"}}, {}, "pooling lasttoken"),
        ({"1_Pooling/config.json": {"pooling_mode": ["cls", "mean"]}}, {}, r"pooling cls\+mean"),
        ({"modules.json": [{"type": "sentence_transformers.models.Dense"}]}, {}, "layer Dense"),
        ({"modules.json": {"type": 1}}, {}, "lists no modules"),
        ({"config.json": [1]}, {}, "no JSON object"),
        ({}, {"extra": "pixel_values"}, "input pixel_values"),
        ({}, {"end": "ids"}, "no output of vectors"),
    ],
)
def test_models_that_are_not_read_say_why(
    files: dict[str, object], graph: dict[str, str], reason: str, write: Write
) -> None:
    with pytest.raises(EmbedderUnavailableError, match=reason):
        OnnxEmbedder(str(write(files=files, **graph)))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_missing_and_damaged_files_are_clear_errors(name: str, write: Write) -> None:
    folder = write()
    (folder / name).write_bytes(b"damaged")
    with pytest.raises(EmbedderUnavailableError, match="cannot be loaded") as caught:
        OnnxEmbedder(str(folder))
    assert "\n" not in str(caught.value)
    (folder / name).unlink()
    with pytest.raises(EmbedderUnavailableError, match=f"has no {name}"):
        OnnxEmbedder(str(folder))


def test_threads_share_one_embedder(write: Write) -> None:
    embedder = OnnxEmbedder(str(write()), Encoding(batch=2))
    wrong: list[object] = []

    def ask(word: str) -> None:
        for _ in range(20):
            rows = embedder.encode_queries([word, f"{word} {word} graph", word])
            if not np.allclose(rows[0], mean(word), atol=1e-6) or not np.allclose(rows[0], rows[2]):
                wrong.append(rows)

    threads = [Thread(target=ask, args=(word,)) for word in WORDS[4:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
