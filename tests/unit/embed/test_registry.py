"""Queries are encoded by the model of the stored vectors, even after the setting changed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from broadsheet.embed.choose import EmbedderChoice, parse_choice
from broadsheet.embed.embedder import Embedder, EmbedderUnavailableError
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.registry import EmbedderRegistry, FormerEmbedders
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder, quantise

PROMPTED = Encoding("query: ", "passage: ", 128, 16)
Build = Callable[[EmbedderChoice, Encoding], Embedder]


def make_model(seed: int) -> TokenVectorEmbedder:
    matrix = np.random.default_rng(seed).standard_normal((3, 8)).astype(np.float32)
    return TokenVectorEmbedder("test", [b"wing", b"slip", b"flow"], *quantise(matrix))


FIRST, SECOND = make_model(0), make_model(1)
MODELS = {"onnx:first": FIRST, "transformer:second": SECOND}


def build(choice: EmbedderChoice, encoding: Encoding) -> Embedder:
    if str(choice) not in MODELS:
        raise EmbedderUnavailableError(str(choice), "is gone", "bring it back")
    return MODELS[str(choice)]


def remember(file: Path, setting: str, name: str, stored: str | None = None) -> None:
    FormerEmbedders(file, build).remember(name, parse_choice(setting), PROMPTED, stored)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "embedders.json"


def test_stored_vectors_have_the_embedder_of_their_name() -> None:
    registry = EmbedderRegistry(FIRST, {SECOND.name: SECOND}.get)
    assert registry.for_vectors(None) is registry.configured is FIRST
    assert registry.for_vectors(FIRST.name) is FIRST
    assert registry.for_vectors(SECOND.name) is SECOND
    assert registry.for_vectors(default_embedder().name) is default_embedder()
    assert registry.for_vectors("of another machine") is FIRST


def test_a_former_model_is_loaded_once_by_its_settings(file: Path) -> None:
    loads: list[tuple[str, Encoding]] = []

    def counted(choice: EmbedderChoice, encoding: Encoding) -> Embedder:
        loads.append((str(choice), encoding))
        return build(choice, encoding)

    remember(file, "onnx:first", FIRST.name)
    former = FormerEmbedders(file, counted)
    assert former.find(FIRST.name) is former.find(FIRST.name) is FIRST
    assert former.find("unheard of") is None
    assert loads == [("onnx:first", PROMPTED)]


def test_only_models_in_use_are_remembered(file: Path) -> None:
    remember(file, "onnx:first", FIRST.name)
    remember(file, "transformer:second", SECOND.name, stored=FIRST.name)
    assert FormerEmbedders(file, build).find(FIRST.name) is FIRST
    remember(file, "transformer:second", SECOND.name, stored=SECOND.name)
    assert FormerEmbedders(file, build).find(FIRST.name) is None
    assert FormerEmbedders(file, build).find(SECOND.name) is SECOND


def test_an_address_is_forgotten_so_that_it_gets_no_more_texts(file: Path) -> None:
    remember(file, "http://localhost:1/v1#model", "remote-model")
    assert not file.exists()


@pytest.mark.parametrize(
    ("setting", "name", "message"),
    [("onnx:moved", FIRST.name, "is gone"), ("onnx:first", SECOND.name, "another model now")],
)
def test_a_model_that_is_gone_or_changed_counts_as_none_and_is_said_once(
    file: Path, caplog: pytest.LogCaptureFixture, setting: str, name: str, message: str
) -> None:
    remember(file, setting, name)
    former = FormerEmbedders(file, build)
    assert former.find(name) is None
    assert former.find(name) is None
    assert caplog.text.count(message) == 1


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 9}', '{"format": 1, "embedders": 3}']
    + [json.dumps({"format": 1, "embedders": {FIRST.name: each}}) for each in ({}, {"a": 1}, 3)],
)
def test_a_damaged_file_counts_as_none_and_is_written_anew(file: Path, content: str) -> None:
    file.write_text(content)
    assert FormerEmbedders(file, build).find(FIRST.name) is None
    remember(file, "onnx:first", FIRST.name)
    assert FormerEmbedders(file, build).find(FIRST.name) is FIRST
