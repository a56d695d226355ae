"""A sentence encoder as an ONNX graph (extra ``[onnx]``): no PyTorch, any exporter.

Input    a folder with ``model.onnx`` (or ``onnx/model.onnx``, as on the hub) and
         ``tokenizer.json``, or the path of another graph such as ``onnx/model_qint8.onnx``.
Pooling  a two-dimensional output (``sentence_embedding``) is used as it is. Otherwise
         ``1_Pooling/config.json`` decides: the mean of the last layer's states under the
         attention mask (the default), or the first state (CLS).
Cut      at ``max_seq_length`` of ``sentence_bert_config.json``, else at the limit of the
         tokenizer or the configuration, else at 512 tokens.
Threads  ``OMP_NUM_THREADS``, else the number of cores this process may use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import EmbedderUnavailableError, Vectors
from broadsheet.embed.plugin import (
    Encoding,
    compose_documents,
    encode_texts,
    hash_model,
    import_extra,
    pick_prompts,
    read_json,
    read_modules,
)

_REMEDY = "give a folder with model.onnx and tokenizer.json, or the path of a .onnx file"
_BATCH = 16
_AT_ONCE = 2_048  # texts tokenised together, so that batches hold texts of like length
_LONGEST = 512
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_KNOWN_MODULES = {"Transformer", "Pooling", "Normalize"}
_NOT_A_SENTENCE = "pooler_output"  # BERT's head for "does this sentence follow that one"


@dataclass(frozen=True)
class _Folder:
    """The paths of the graph and of the files around it."""

    graph: Path
    folder: Path

    @classmethod
    def find(cls, where: str) -> _Folder:
        """Return the files of a model; raises ``EmbedderUnavailableError``."""
        path = Path(where).expanduser()
        graphs = (
            [path] if path.suffix == ".onnx" else [path / "model.onnx", path / "onnx/model.onnx"]
        )
        graph = next((graph for graph in graphs if graph.is_file()), None)
        if graph is None:
            raise EmbedderUnavailableError(path, "has no model.onnx", _REMEDY)
        folders = [graph.parent, graph.parent.parent][: 2 if graph.parent.name == "onnx" else 1]
        for folder in folders:
            if (folder / "tokenizer.json").is_file():
                return cls(graph, folder)
        raise EmbedderUnavailableError(folders[-1], "has no tokenizer.json", _REMEDY)

    @property
    def content(self) -> list[tuple[str, Path]]:
        """(name, path) of graph, weights beside it (``model.onnx_data``) and tokenizer."""
        graphs = self.graph.parent.glob(f"{self.graph.name}*")
        files = [(f"model{path.name.removeprefix(self.graph.stem)}", path) for path in graphs]
        return [*files, ("tokenizer.json", self.folder / "tokenizer.json")]

    def find_pooling(self) -> str:
        """Return ``mean`` or ``cls``; raise if the model needs another pooling."""
        config = read_json(self.folder / "1_Pooling/config.json")
        modes = config.get("pooling_mode")
        if modes is None:
            prefix = "pooling_mode_"
            modes = [key for key, on in config.items() if key.startswith(prefix) and on is True]
            modes = [key.removeprefix(prefix).removesuffix("_tokens") for key in modes] or "mean"
        legal = {"mean": "mean", "cls": "cls", "cls_token": "cls"}
        declared = modes if isinstance(modes, list) else [modes]
        if len(declared) != 1 or declared[0] not in legal:
            raise EmbedderUnavailableError(
                self.folder / "1_Pooling/config.json",
                f"asks for pooling {'+'.join(map(str, declared))} where mean and cls are known",
                "export the graph with its pooling inside, as a two-dimensional output",
            )
        return legal[declared[0]]

    def check_modules(self) -> None:
        """Raise if ``modules.json`` lists a layer that is not part of the graph."""
        for module in read_modules(self.folder):
            kind = str(module.get("type", "")).rpartition(".")[2]
            if kind not in _KNOWN_MODULES:
                raise EmbedderUnavailableError(
                    self.folder / "modules.json",
                    f"has a layer {kind} that the graph leaves out",
                    "export the graph with that layer inside, as a two-dimensional output",
                )

    def find_longest(self) -> int:
        """Return the most tokens of a text that the model declares."""
        stated = read_json(self.folder / "sentence_bert_config.json").get("max_seq_length")
        if isinstance(stated, int):
            return stated
        limits = [
            read_json(self.folder / "tokenizer_config.json").get("model_max_length"),
            read_json(self.folder / "config.json").get("max_position_embeddings"),
        ]
        return min([int(limit) for limit in limits if isinstance(limit, int | float)] or [_LONGEST])


class OnnxEmbedder:
    """An ONNX sentence encoder; an ``Embedder``. Threads: safe, nothing changes after loading."""

    def __init__(self, where: str, encoding: Encoding | None = None) -> None:
        """Load a model from a folder or graph; see the module.

        Raises ``EmbedderUnavailableError`` if the extra or the model is missing, damaged or of an
        unsupported kind.
        """
        encoding = encoding or Encoding()
        files = _Folder.find(where)
        self._where = str(files.graph)
        runtime = import_extra("onnxruntime", "onnx")
        tokenizers = import_extra("tokenizers", "onnx")
        longest = min(files.find_longest(), encoding.most_tokens or files.find_longest())
        try:
            self._session = _open_session(runtime, files.graph)
            self._tokenizer = tokenizers.Tokenizer.from_file(str(files.folder / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(longest)
        except Exception as error:  # both libraries raise exceptions of their own
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise EmbedderUnavailableError(
                self._where, f"cannot be loaded ({first})", _REMEDY
            ) from error
        self._inputs = self._check_inputs()
        self._output, pooled = self._choose_output()
        self._pooling = "none" if pooled else files.find_pooling()
        if not pooled:
            files.check_modules()
        pad = read_json(files.folder / "config.json").get("pad_token_id")
        self._pad = pad if isinstance(pad, int) else 0
        self._batch = encoding.batch or _BATCH
        stored = read_json(files.folder / "config_sentence_transformers.json").get("prompts")
        self._prompts = pick_prompts(encoding, stored if isinstance(stored, dict) else {})
        self._dimensions = int(self._encode(["probe"]).shape[1])
        # The query prompt is left out: another one fits the vectors that are stored.
        settings: dict[str, object] = {
            "document_prompt": self._prompts[1],
            "most_tokens": longest,
            "pooling": self._pooling,
            "output": self._output,
        }
        self._digest = hash_model(files.content, settings)

    @property
    def name(self) -> str:
        """``onnx-`` and a hash of graph, weights, tokenizer, pooling and paper prompt."""
        return f"onnx-{self._digest}"

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """Return one unit row a paper, shape (n, dimensions); zeros for an empty paper."""
        texts = compose_documents(titles, abstracts)
        prompt = self._prompts[1]
        return encode_texts(
            texts,
            self._dimensions,
            lambda nonblank: self._encode([prompt + text for text in nonblank]),
        )

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one unit row a query, shape (n, dimensions); zeros for a blank one."""
        prompt = self._prompts[0]
        return encode_texts(
            queries,
            self._dimensions,
            lambda nonblank: self._encode([prompt + text for text in nonblank]),
        )

    def _encode(self, texts: list[str]) -> Vectors:
        """Return a row a text, of any length."""
        parts = [
            self._encode_some(texts[start : start + _AT_ONCE])
            for start in range(0, len(texts), _AT_ONCE)
        ]
        return np.concatenate(parts)

    def _encode_some(self, texts: list[str]) -> Vectors:
        """Return a row a text; texts of like length share a batch."""
        tokens = [encoded.ids for encoded in self._tokenizer.encode_batch(texts)]
        by_length = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        batches = [
            by_length[start : start + self._batch] for start in range(0, len(texts), self._batch)
        ]
        rows = np.concatenate([self._run([tokens[place] for place in batch]) for batch in batches])
        vectors = np.empty_like(rows)
        vectors[by_length] = rows
        return vectors

    def _run(self, tokens: list[list[int]]) -> Vectors:
        """Return a row for each list of token ids, padded on the right to the longest."""
        ids = np.full((len(tokens), max(map(len, tokens))), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, sequence in enumerate(tokens):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        feeds = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.broadcast_to(np.arange(ids.shape[1]), ids.shape),
        }
        feed: dict[str, NDArray[np.integer[Any]]] = {
            name: feeds[name].astype(kind) for name, kind in self._inputs.items()
        }
        try:
            states = self._session.run([self._output], feed)[0]
        except Exception as error:  # the runtime raises exceptions of its own
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise EmbedderUnavailableError(self._where, f"failed ({first})", _REMEDY) from error
        return pool(np.asarray(states, dtype=np.float32), mask, self._pooling)

    def _check_inputs(self) -> Mapping[str, type]:
        """Return the graph's inputs and their integer types; raises for one of another kind."""
        legal = {"input_ids", "attention_mask", "token_type_ids", "position_ids"}
        inputs = {}
        for declared in self._session.get_inputs():
            if declared.name not in legal or declared.type not in _INTEGERS:
                raise EmbedderUnavailableError(
                    self._where,
                    f"wants the input {declared.name} {declared.type}",
                    f"export it with integer inputs of these: {', '.join(sorted(legal))}",
                )
            inputs[declared.name] = _INTEGERS[declared.type]
        return inputs

    def _choose_output(self) -> tuple[str, bool]:
        """Return the output to read and whether it is pooled already."""
        outputs = [output for output in self._session.get_outputs() if "float" in output.type]
        for output in outputs:
            if len(output.shape) == 2 and output.name != _NOT_A_SENTENCE:
                return output.name, True
        for output in outputs:
            if len(output.shape) == 3:
                return output.name, False
        raise EmbedderUnavailableError(
            self._where,
            "has no output of vectors or states",
            "export it with a float output (batch, dimensions) or (batch, tokens, dimensions)",
        )


def pool(states: Vectors, mask: NDArray[np.int64], pooling: str) -> Vectors:
    """Return one row a text of states (n, tokens, d), or states (n, d) as they are."""
    if pooling == "none":
        return states
    if pooling == "cls":
        return states[:, 0]
    weights = mask.astype(np.float32)
    sums: Vectors = np.einsum("ntd,nt->nd", states, weights)
    sums /= np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    return sums


def _open_session(runtime: Any, graph: Path) -> Any:
    """Open the graph on an accelerator if the runtime has one, else on the processor."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = _count_threads()
    preferred = ("CUDAExecutionProvider", "CPUExecutionProvider")
    available = runtime.get_available_providers()
    providers = [provider for provider in preferred if provider in available]
    return runtime.InferenceSession(str(graph), options, providers=providers)


def _count_threads() -> int:
    """Return ``OMP_NUM_THREADS``, else the number of cores this process may use."""
    stated = os.environ.get("OMP_NUM_THREADS", "")
    if stated.isdigit() and int(stated):
        return int(stated)
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
