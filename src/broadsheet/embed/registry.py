"""The embedders of one library: the configured one, the current one, and former ones.

configured   chosen in the settings; the next rebuild of the index uses it
current      made the stored vectors; encodes queries and new papers until that rebuild is done
former       any other model that stored vectors may name; loaded from its old settings

Vectors are stored with their embedder's name, and that name alone decides which model encodes a
query. So search gives the same answers in every process before, during and after a change of the
setting, although embedding all papers again takes minutes or hours.

embedders.json   how to load the plugged-in models that vectors were made with, by name
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broadsheet.domain.errors import BroadsheetError
from broadsheet.embed.choose import EmbedderChoice, build_embedder, parse_choice
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.files import write_atomically

_FORMAT = 1

log = logging.getLogger(__name__)


class EmbedderRegistry:
    """Look up a library's embedders. Thread-safe."""

    def __init__(
        self,
        configured: Embedder,
        find_former: Callable[[str], Embedder | None] = lambda name: None,
    ) -> None:
        """``find_former`` returns a model that is neither configured nor shipped, or None."""
        self.configured = configured
        self._find_former = find_former

    def find(self, name: str) -> Embedder | None:
        """Return the embedder of that name; None if this machine no longer has it."""
        if name == self.configured.name:
            return self.configured
        shipped = default_embedder()
        return shipped if name == shipped.name else self._find_former(name)

    def for_vectors(self, stored: str | None) -> Embedder:
        """Return the embedder of stored vectors, by the name stored with them.

        Without vectors (None), or if their model is gone, that is the configured one; compare
        its name with the stored one before comparing vectors.
        """
        return (self.find(stored) if stored else None) or self.configured


def open_registry(
    setting: str,
    encoding: Encoding,
    file: Path,
    cache: Path,
    stored_now: str | None,
    proxy: str = "",
) -> EmbedderRegistry:
    """Load the configured embedder and return a library's registry.

    ``file`` is the library's ``embedders.json``, ``cache`` its file of remote answers.
    ``stored_now`` is the stored name at this moment, None if there is none or it cannot be
    read; how to load that model is kept. Raises ``EmbedderSettingError`` and
    ``EmbedderUnavailableError``.
    """
    choice = parse_choice(setting)
    configured = build_embedder(choice, encoding, cache, proxy)
    former = FormerEmbedders(file, build_embedder)
    if choice.kind != "static":
        former.remember(configured.name, choice, encoding, stored_now)
    return EmbedderRegistry(configured, former.find)


class FormerEmbedders:
    """Load plugged-in models of this machine by name. Thread-safe.

    Models behind a web address are not kept: once it is no longer configured, that address
    gets no more texts. A model that cannot be loaded is reported once in the log.
    """

    def __init__(self, file: Path, build: Callable[[EmbedderChoice, Encoding], Embedder]) -> None:
        self._file = file
        self._build = build
        self._lock = threading.Lock()
        self._models: dict[str, Embedder | None] = {}

    def remember(
        self, name: str, choice: EmbedderChoice, encoding: Encoding, stored: str | None
    ) -> None:
        """Keep how to load the model ``name``; of the others keep only the one ``stored``."""
        if choice.kind == "remote":
            return
        present = self._read()
        settings = {each: values for each, values in present.items() if each == stored}
        settings[name] = {
            "embedder": str(choice),
            "query_prompt": encoding.query_prompt,
            "document_prompt": encoding.document_prompt,
            "most_tokens": encoding.most_tokens,
            "batch": encoding.batch,
        }
        if settings != present:
            content = {"format": _FORMAT, "embedders": settings}
            write_atomically(self._file, json.dumps(content, indent=2).encode())

    def find(self, name: str) -> Embedder | None:
        """Return the model of that name, loaded once; None if it cannot be loaded."""
        with self._lock:
            if name not in self._models:
                self._models[name] = self._load(name)
            return self._models[name]

    def _load(self, name: str) -> Embedder | None:
        settings = self._read().get(name)
        if settings is None:
            return None
        try:
            encoding = {**settings}
            choice = parse_choice(encoding.pop("embedder"))
            model = self._build(choice, Encoding(**encoding))
        except (BroadsheetError, KeyError, TypeError) as error:
            log.warning("the former embedder %s cannot be loaded: %s", name, error)
            return None
        if model.name != name:
            log.warning("the former embedder %s is another model now: %s", name, model.name)
            return None
        return model

    def _read(self) -> dict[str, Any]:
        """Return settings by name; none if the file is damaged or of another format."""
        try:
            content = json.loads(self._file.read_bytes())
            return dict(content["embedders"]) if content["format"] == _FORMAT else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: cannot be read (%s) and is written anew", self._file, error)
            return {}
