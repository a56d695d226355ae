"""A sentence-transformers model from a folder or the hub (extra ``[transformer]``).

Device    an accelerator if there is one, else the processor; the library chooses.
Network   none for a folder; a hub name downloads once into the hub's own cache, and never
          if ``HF_HUB_OFFLINE=1`` is set.
Code      none from the model's repository is run (``trust_remote_code`` stays off).
Speed     all-MiniLM-L6-v2: some tens of abstracts a second on one core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

import numpy as np

from broadsheet.embed.embedder import EmbedderUnavailableError, Vectors
from broadsheet.embed.plugin import (
    Encoding,
    compose_documents,
    encode_texts,
    hash_model,
    import_extra,
    pick_prompts,
    read_modules,
)

_REMEDY = (
    "give a folder that sentence-transformers saved (absolute, or beginning with ./ or ~/), "
    "or a name on the hub such as sentence-transformers/all-MiniLM-L6-v2"
)
_BATCH = 16  # a query waits for one batch at most
_CONTENT = {".json", ".txt", ".model", ".safetensors", ".bin"}
# Every release of the library rewrites these; their relevant settings are hashed separately.
_NOT_CONTENT = {"config_sentence_transformers.json"}


class TransformerEmbedder:
    """A sentence-transformers model; an ``Embedder``.

    Threads: safe. The library's tokenizers are not, so texts go through the model a batch at
    a time, queries before papers. Texts beyond the model's length are cut.
    """

    def __init__(self, where: str, encoding: Encoding | None = None) -> None:
        """Load from a folder (absolute, or beginning with ``.`` or ``~``) or a hub name.

        Raises ``EmbedderUnavailableError`` if the extra or the model is missing or damaged.
        """
        encoding = encoding or Encoding()
        library = import_extra("sentence_transformers", "transformer")
        local = is_folder(where)
        source = str(Path(where).expanduser()) if local else where
        if local and not Path(source).is_dir():
            raise EmbedderUnavailableError(source, "no such folder", _REMEDY)
        try:
            self._model = library.SentenceTransformer(source, local_files_only=local)
            folder = Path(source) if local else _find_snapshot(source)
            if encoding.most_tokens is not None:
                longest = self._model.max_seq_length or encoding.most_tokens
                self._model.max_seq_length = min(encoding.most_tokens, longest)
            probe = self._model.encode(["probe"], show_progress_bar=False)
        except EmbedderUnavailableError:
            raise
        except Exception as error:  # the library raises whatever its parts raise
            raise EmbedderUnavailableError(source, _explain(error, local), _REMEDY) from error
        self._turns = _Turns()
        self._batch = encoding.batch or _BATCH
        self._prompts = pick_prompts(encoding, dict(self._model.prompts or {}))
        self._dimensions = int(probe.shape[1])
        # The query prompt is left out: another one fits the vectors that are stored.
        settings: dict[str, object] = {
            "document_prompt": self._prompts[1],
            "most_tokens": self._model.max_seq_length,
            "dimensions": self._dimensions,
        }
        self._digest = hash_model(_find_content(folder), settings)

    @property
    def name(self) -> str:
        """``transformer-`` and a hash of weights, tokenizer, configuration and paper prompt."""
        return f"transformer-{self._digest}"

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """Return one unit row a paper, shape (n, dimensions); zeros for an empty paper."""
        texts = compose_documents(titles, abstracts)
        return encode_texts(texts, self._dimensions, self._encode_papers)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one unit row a query, shape (n, dimensions); zeros for a blank one."""
        return encode_texts(queries, self._dimensions, self._encode_queries)

    def _encode_papers(self, texts: list[str]) -> Vectors:
        """Return a row a text; batches hold texts of like length, so that little is padding."""
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(texts), self._batch):
            places = by_length[start : start + self._batch]
            with self._turns.wait_behind_queries():
                vectors[places] = self._model.encode_document(
                    [texts[place] for place in places],
                    prompt=self._prompts[1],
                    batch_size=self._batch,
                    show_progress_bar=False,
                )
        return vectors

    def _encode_queries(self, texts: list[str]) -> Vectors:
        """Return a row a text."""
        with self._turns.wait_as_query():
            rows = self._model.encode_query(
                texts, prompt=self._prompts[0], batch_size=self._batch, show_progress_bar=False
            )
        return np.asarray(rows, dtype=np.float32)


class _Turns:
    """One user at a time; a waiting query goes before waiting papers."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._busy = False
        self._queries = 0

    @contextmanager
    def wait_as_query(self) -> Iterator[None]:
        """Take the next turn."""
        with self._changed:
            self._queries += 1
            self._changed.wait_for(lambda: not self._busy)
            self._queries -= 1
            self._busy = True
        yield from self._use()

    @contextmanager
    def wait_behind_queries(self) -> Iterator[None]:
        """Take a turn once no query waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and not self._queries)
            self._busy = True
        yield from self._use()

    def _use(self) -> Iterator[None]:
        """Yield once, then free the turn."""
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()


def is_folder(where: str) -> bool:
    """Say whether a model is given by path; everything else is a name on the hub.

    A relative path begins with a dot, so that no folder that happens to be there shadows a name.
    """
    return where.startswith((".", "~")) or Path(where).is_absolute()


def _explain(error: Exception, local: bool) -> str:
    """Return why loading failed, in one line."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if not local and os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return f"not in the hub's cache, and HF_HUB_OFFLINE forbids fetching it ({first})"
    return f"cannot be loaded ({first})"


def _find_snapshot(name: str) -> Path:
    """Return the folder in the hub's cache that ``name`` was loaded from."""
    hub = import_extra("huggingface_hub", "transformer")
    for file in ("modules.json", "config.json"):
        path = hub.try_to_load_from_cache(name, file)
        if isinstance(path, str):
            return Path(path).parent
    raise EmbedderUnavailableError(name, "is not in the hub's cache after loading it", _REMEDY)


def _find_content(folder: Path) -> list[tuple[str, Path]]:
    """Return (name, path) of the files that affect the vectors.

    These are the files of the modules listed in ``modules.json``. Exports for other libraries, and
    old-style weights beside safetensors, are not loaded and do not count.
    """
    parts = {str(module.get("path", "")) for module in read_modules(folder)} or {""}
    files: list[Path] = []
    for part in sorted(parts):
        inside = (folder / part).rglob("*") if part else folder.glob("*")
        files += [
            path
            for path in inside
            if path.suffix in _CONTENT and path.name not in _NOT_CONTENT and path.is_file()
        ]
    safe = {path.parent for path in files if path.suffix == ".safetensors"}
    return [
        (path.relative_to(folder).as_posix(), path)
        for path in files
        if not (path.suffix == ".bin" and path.parent in safe)
    ]
