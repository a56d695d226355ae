"""The embedder of one library: the one that its stored vectors were made with.

embedders.json   the settings of the models in use, by the name that lies beside vectors

After a change of the setting the papers are embedded again, which takes minutes or hours.
Until then queries go on as before: by the former model, loaded by its former settings.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from broadsheet.domain.errors import BroadsheetError
from broadsheet.embed.choose import EmbedderChoice, parse_choice
from broadsheet.embed.embedder import Embedder, Vectors
from broadsheet.embed.plugin import Encoding
from broadsheet.files import write_atomically

_FORMAT = 1

log = logging.getLogger(__name__)


class LibraryEmbedder:
    """An ``Embedder`` that encodes as the vectors that are stored were encoded.

    While papers are embedded again queries go on as before; when the new vectors take the
    place of the old ones it changes with them. Where the stored vectors are of no model that
    can be had, or where none are stored, it is the wanted one. Threads and errors are those of
    the model behind it.
    """

    def __init__(
        self,
        wanted: Callable[[], Embedder],
        find: Callable[[str], Embedder | None],
        stored: Callable[[], str | None],
    ) -> None:
        """``find`` gives a model by its name; ``stored`` the name of the embedder of the
        vectors, None where there are none."""
        self._wanted = wanted
        self._find = find
        self._stored = stored

    def current(self) -> Embedder:
        """The model behind it now."""
        name = self._stored()
        return (self._find(name) if name else None) or self._wanted()

    @property
    def name(self) -> str:
        """Name of the model behind it now."""
        return self.current().name

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self.current().dimensions

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """As the model's ``encode_documents``."""
        return self.current().encode_documents(titles, abstracts)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """As the model's ``encode_queries``."""
        return self.current().encode_queries(queries)


class FormerEmbedders:
    """Models on this machine that a library's vectors were made with, by their names.

    An address that is no longer set gets no more texts, so models behind one are not kept.
    What cannot be read or loaded counts as none, and is said once in the log. Thread-safe.
    """

    def __init__(self, file: Path, build: Callable[[EmbedderChoice, Encoding], Embedder]) -> None:
        self._file = file
        self._build = build
        self._lock = threading.Lock()
        self._built: dict[str, Embedder | None] = {}

    def remember(
        self, name: str, choice: EmbedderChoice, encoding: Encoding, stored: str | None
    ) -> None:
        """Keep how to load the model of a name, and of the one ``stored`` if that is known."""
        if choice.kind == "remote":
            return
        known = self._read()
        kept = {each: settings for each, settings in known.items() if each == stored}
        kept[name] = {
            "embedder": str(choice),
            "query_prompt": encoding.query_prompt,
            "document_prompt": encoding.document_prompt,
            "most_tokens": encoding.most_tokens,
            "batch": encoding.batch,
        }
        if kept != known:
            content = {"format": _FORMAT, "embedders": kept}
            write_atomically(self._file, json.dumps(content, indent=2).encode())

    def find(self, name: str) -> Embedder | None:
        """The model of that name, loaded once; None where it cannot be had."""
        with self._lock:
            if name not in self._built:
                self._built[name] = self._load(name)
            return self._built[name]

    def _load(self, name: str) -> Embedder | None:
        settings = self._read().get(name)
        if settings is None:
            return None
        try:
            encoding = {**settings}
            choice = parse_choice(encoding.pop("embedder"))
            found = self._build(choice, Encoding(**encoding))
        except (BroadsheetError, KeyError, TypeError) as error:
            log.warning("the former embedder %s cannot be loaded: %s", name, error)
            return None
        if found.name != name:
            log.warning("the former embedder %s is another model now: %s", name, found.name)
            return None
        return found

    def _read(self) -> dict[str, Any]:
        """Settings by name; none where the file is of another format or damaged."""
        try:
            content = json.loads(self._file.read_bytes())
            return dict(content["embedders"]) if content["format"] == _FORMAT else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: cannot be read (%s) and is written anew", self._file, error)
            return {}
