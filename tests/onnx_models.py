"""Tiny ONNX sentence encoders: a table of word vectors, in the forms that exporters write."""

import json
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "graph", "networks", "stars", "query:", "passage:"]
TABLE = np.random.default_rng(3).standard_normal((len(WORDS), 16)).astype(np.float32)


def make_graph(
    path: Path, *, end: str = "states", integers: str = "INT64", extra: str = ""
) -> None:
    """Write a graph that looks up a row a token; ``end`` names its output."""
    helper, kinds = onnx.helper, onnx.TensorProto
    names = ["input_ids", "attention_mask", *([extra] if extra else [])]
    inputs = [
        helper.make_tensor_value_info(name, getattr(kinds, integers), ["b", "t"]) for name in names
    ]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    states = helper.make_tensor_value_info("last_hidden_state", kinds.FLOAT, ["b", "t", 16])
    pooled = helper.make_tensor_value_info("pooled", kinds.FLOAT, ["b", 16])
    outputs = [states]
    tables = [onnx.numpy_helper.from_array(TABLE, "table")]
    if end in {"pooled", "pooler_output"}:
        tables.append(onnx.numpy_helper.from_array(np.array(1), "second"))
        nodes.append(helper.make_node("Gather", ["last_hidden_state", "second"], [end], axis=1))
        pooled.name = end
        outputs.append(pooled)
    if end == "ids":
        outputs = [helper.make_tensor_value_info("ids", kinds.INT64, ["b", "t"])]
        nodes = [helper.make_node("Identity", ["input_ids"], ["ids"])]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tables)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))


def write_model(
    folder: Path,
    place: str = "model.onnx",
    files: dict[str, object] | None = None,
    **graph: str,
) -> Path:
    """Write a model folder: the graph, its tokenizer and the given JSON files."""
    make_graph(folder / place, **graph)
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=128)  # as many files have it: must not matter
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, content in (files or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder
