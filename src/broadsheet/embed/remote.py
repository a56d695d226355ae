"""An embedder behind an OpenAI-compatible ``/v1/embeddings`` address.

OpenAI and many other vendors offer such addresses, and so do servers that people run themselves:
Ollama, llama.cpp, vLLM, LM Studio, Text Embeddings Inference.

Request   ``{"model", "input": [texts], "encoding_format": "float"}``, with as many texts as
          both limits allow. If the server refuses them as too many or too long, they are
          sent again in halves.
Cache     answers are stored on disk and not requested again.
Check     once a run, a fixed text is encoded and compared with the first answer ever, to
          detect a different model under the same name.
Source    https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from broadsheet.embed.embedder import Vectors
from broadsheet.embed.plugin import Encoding, compose_documents, encode_texts, pick_prompts
from broadsheet.embed.remote_endpoint import Endpoint, TextsRefusedError
from broadsheet.embed.static.token_vectors import normalise_rows
from broadsheet.embed.vector_cache import Half, VectorCache, hash_text
from broadsheet.net.waiting import Clock, RetryPolicy

FOR_PAPERS = RetryPolicy(
    tries=6, first_wait=0.5, longest_wait=60, read_timeout=60, answer_timeout=60
)
FOR_QUERIES = RetryPolicy(
    tries=2, first_wait=0.5, longest_wait=2, connect_timeout=5, read_timeout=10, answer_timeout=10
)
_BATCH = 32  # default limit of Text Embeddings Inference
_MOST_CHARACTERS = 100_000  # of one request
_TEXT_CHARACTERS = 8_000  # of one text; about 2,000 tokens, more than any abstract
_CHARACTERS_A_TOKEN = 4
_SHORTEST = 64  # a text of so many characters is never too long
_MOST_DIMENSIONS = 65_536
_PROBE = "Broadsheet asks which model this is."
_CHANGED = (
    "serve the former model again, or name the new one otherwise; to stay with the name, delete "
    "the cache of embeddings and run `broadsheet index rebuild`"
)
_SAME_MODEL = 0.95  # cosine; other hardware or rounding gives more than .99


class RemoteEmbedder:
    """A model behind an address; an ``Embedder``. Threads: safe.

    ``name`` needs no network; ``dimensions`` needs it the first time ever. The name ends in a
    hash of address, model and paper prompt, as the model itself is out of sight.
    """

    def __init__(
        self,
        address: str,
        model: str,
        encoding: Encoding | None = None,
        cache: Path | None = None,
        proxy: str = "",
        clock: Clock | None = None,
    ) -> None:
        """``address`` as ``choose`` parses it, without ``/embeddings``; sends nothing yet."""
        encoding = encoding or Encoding()
        address = address.rstrip("/")
        self._model = model
        self._endpoint = Endpoint(f"{address}/embeddings", proxy, clock)
        self._cache = VectorCache(cache) if cache else None
        self._key = f"{address}#{model}"
        self._prompts = pick_prompts(encoding, {})
        self._batch = encoding.batch or _BATCH
        tokens = encoding.most_tokens
        self._longest = tokens * _CHARACTERS_A_TOKEN if tokens else _TEXT_CHARACTERS
        content = "\0".join((address, model, self._prompts[1], str(self._longest)))
        self._digest = hashlib.blake2b(content.encode(), digest_size=4).hexdigest()
        self._lock = Lock()
        self._dimensions = 0
        self._met = False

    @property
    def name(self) -> str:
        """``remote-``, the model's name and a hash, such as ``remote-bge-m3-9f86d081``."""
        return f"remote-{re.sub(r'[^A-Za-z0-9._]+', '-', self._model)}-{self._digest}"

    @property
    def dimensions(self) -> int:
        """Length of every vector: from the cache, else asked; may raise like ``encode``."""
        if not self._dimensions:
            stored_probe = self._cache.find_probe(self._key) if self._cache else None
            if stored_probe is None:
                self._check_model(FOR_QUERIES)
            else:
                self._dimensions = len(stored_probe)
        return self._dimensions

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """Return one unit row a paper, shape (n, dimensions); zeros for an empty paper.

        Raises ``EmbedderUnavailableError`` if the server fails for minutes; earlier answers are in
        the cache.
        """
        texts = compose_documents(titles, abstracts)
        return self._encode(texts, self._prompts[1], FOR_PAPERS)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one unit row a query, shape (n, dimensions); zeros for a blank one.

        Raises ``EmbedderUnavailableError`` if the server fails for about twenty seconds.
        """
        return self._encode(queries, self._prompts[0], FOR_QUERIES)

    def _encode(self, texts: Sequence[str], prompt: str, retry: RetryPolicy) -> Vectors:
        """Return a unit row a text."""

        def encode(nonblank: list[str]) -> Vectors:
            return self._encode_nonblank(
                [prompt + text[: self._longest] for text in nonblank], retry
            )

        return encode_texts(texts, self.dimensions, encode)

    def _encode_nonblank(self, texts: list[str], retry: RetryPolicy) -> Vectors:
        """Return one row a text, from the cache if possible."""
        hashes = [hash_text(text) for text in texts]
        vectors = self._cache.find(self._key, hashes) if self._cache else {}
        missing = {
            digest: text
            for digest, text in zip(hashes, texts, strict=True)
            if digest not in vectors or len(vectors[digest]) != self.dimensions
        }
        if missing:
            self._check_model(retry)
        for part in self._iter_batches(missing):
            rows = self._ask_in_parts([missing[digest] for digest in part], retry)
            answered = dict(zip(part, rows.astype(np.float16), strict=True))
            if self._cache:
                self._cache.store(self._key, answered)
            vectors.update(answered)
        return np.stack([vectors[digest] for digest in hashes]).astype(np.float32)

    def _iter_batches(self, texts: dict[bytes, str]) -> Iterator[list[bytes]]:
        """Yield keys whose texts go into one request: by number and by characters."""
        batch: list[bytes] = []
        characters = 0
        for digest, text in texts.items():
            if batch and (len(batch) == self._batch or characters + len(text) > _MOST_CHARACTERS):
                yield batch
                batch, characters = [], 0
            batch.append(digest)
            characters += len(text)
        if batch:
            yield batch

    def _ask_in_parts(self, texts: list[str], retry: RetryPolicy) -> Vectors:
        """Return one row a text; send refused texts again in halves."""
        try:
            return self._ask(texts, retry)
        except TextsRefusedError as refused:
            if len(texts) > 1:
                middle = len(texts) // 2
                halves = (texts[:middle], texts[middle:])
                return np.concatenate([self._ask_in_parts(half, retry) for half in halves])
            if len(texts[0]) <= _SHORTEST:
                raise self._endpoint.fail(str(refused), "check the model's name") from refused
            return self._ask_in_parts([texts[0][: len(texts[0]) // 2]], retry)

    def _ask(self, texts: list[str], retry: RetryPolicy) -> Vectors:
        """Return a unit row a text, of the dimensions met first."""
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        try:
            vectors = parse_answer(self._endpoint.post(body, retry), len(texts))
        except ValueError as error:
            raise self._endpoint.fail(f"answers {error}", "check address and model") from error
        if self._dimensions and vectors.shape[1] != self._dimensions:
            raise self._endpoint.fail(
                f"answers {vectors.shape[1]} dimensions where it had {self._dimensions}", _CHANGED
            )
        return normalise_rows(vectors)

    def _check_model(self, retry: RetryPolicy) -> None:
        """Learn the dimensions, and check once a run that the model is the one met before."""
        with self._lock:
            if self._met:
                return
            try:
                probe: Half = self._ask([_PROBE], retry)[0].astype(np.float16)
            except TextsRefusedError as refused:
                raise self._endpoint.fail(str(refused), "check the model's name") from refused
            stored_probe = self._cache.find_probe(self._key) if self._cache else None
            if stored_probe is not None:
                self._compare(stored_probe, probe)
            elif self._cache:
                self._cache.store_probe(self._key, probe)
            self._dimensions = len(probe)
            self._met = True

    def _compare(self, stored_probe: Half, probe: Half) -> None:
        """Raise if two answers to the probe text come from different models."""
        same_length = len(stored_probe) == len(probe)
        cosine = (
            float(stored_probe.astype(np.float32) @ probe.astype(np.float32))
            if same_length
            else 0.0
        )
        if cosine < _SAME_MODEL:
            raise self._endpoint.fail(
                f"has another model than before under the name {self._model!r} "
                f"(cosine {cosine:.2f} on the same text)",
                _CHANGED,
            )


def parse_answer(answer: dict[str, Any], count: int) -> Vectors:
    """Return the vectors of an answer to ``count`` texts, shape (count, d), in their order.

    Raises ``ValueError`` that describes the fault: count, order, shape, numbers.
    """
    rows = answer.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no list of embeddings under 'data'")
    if len(rows) != count:
        raise ValueError(f"{len(rows)} embeddings to {count} texts")
    order = [row.get("index", place) for place, row in enumerate(rows)]
    if not all(type(place) is int for place in order) or sorted(order) != list(range(count)):
        raise ValueError("embeddings whose 'index' does not number the texts from 0")
    lists = [row.get("embedding") for row in rows]
    if not all(isinstance(row, list) and row for row in lists):
        raise ValueError("an 'embedding' that is no list of numbers")
    lengths = sorted({len(row) for row in lists if isinstance(row, list)})
    if len(lengths) > 1 or lengths[0] > _MOST_DIMENSIONS:
        raise ValueError(f"embeddings of {' and '.join(map(str, lengths))} dimensions")
    try:
        numbers = np.array(lists)
    except ValueError as error:  # lists within lists, of several lengths
        raise ValueError("an 'embedding' that is no list of numbers") from error
    if numbers.ndim != 2 or numbers.dtype.kind not in "iuf":
        raise ValueError("an 'embedding' that is no list of numbers")
    with np.errstate(over="ignore"):  # numbers that are too large become infinite
        vectors = numbers.astype(np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("embeddings with numbers that are not finite")
    ordered = np.empty_like(vectors)
    ordered[order] = vectors
    return ordered
