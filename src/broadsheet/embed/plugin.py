"""Parts that the plugged-in embedders (transformer, ONNX, remote) share.

Text of a paper   the model's prompt, title, line break, abstract. BERT's tokenisers read
                  this like BEIR's "title abstract".
Blank texts       rows of zeros, without asking the model: encoders give blank text a
                  vector that is close to everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.embed.embedder import EmbedderUnavailableError, Vectors
from broadsheet.embed.static.token_vectors import normalise_rows

_COPY = "copy or download the model again"


@dataclass(frozen=True)
class Encoding:
    """How texts are given to a plugged-in model; None leaves it to the model or its default."""

    query_prompt: str | None = None
    """Put before every query, such as ``"query: "`` (E5); ``""`` for none."""
    document_prompt: str | None = None
    """Put before every paper, such as ``"passage: "`` (E5); ``""`` for none."""
    most_tokens: int | None = None
    """A text is cut after so many tokens."""
    batch: int | None = None
    """Texts encoded together: more is faster on an accelerator, not on a processor."""


def import_extra(module: str, extra: str) -> Any:
    """Return an optional module; raises ``EmbedderUnavailableError`` naming the extra."""
    try:
        return import_module(module)
    except ImportError as error:
        raise EmbedderUnavailableError(
            f"embedder {extra}",
            f"needs the extra [{extra}] ({error})",
            f"pip install 'broadsheet[{extra}]'",
        ) from error


def compose_documents(titles: Sequence[str], abstracts: Sequence[str]) -> list[str]:
    """Return one text a paper; raise ``ValueError`` if the lengths differ."""
    if len(titles) != len(abstracts):
        raise ValueError(f"{len(titles)} titles but {len(abstracts)} abstracts")
    return [
        f"{title}\n{abstract}".strip() for title, abstract in zip(titles, abstracts, strict=True)
    ]


def encode_texts(
    texts: Sequence[str], dimensions: int, encode: Callable[[list[str]], Vectors]
) -> Vectors:
    """Return a unit row a text, zeros for blank ones; ``encode`` sees the others only.

    A row that is not finite becomes zeros: a text never fails a whole import.
    """
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    places = [place for place, text in enumerate(texts) if text.strip()]
    if places:
        # half a surrogate pair, which JSON can bring, has no place in UTF-8
        rows = encode([texts[place].encode("utf-8", "replace").decode() for place in places])
        rows[~np.isfinite(rows).all(axis=1)] = 0.0
        vectors[places] = rows
    return normalise_rows(vectors)


def hash_model(files: Iterable[tuple[str, Path]], settings: dict[str, object]) -> str:
    """Return 8 hex digits of the content of (name, path) files and of ``settings``.

    All bytes count, about 1 GB a second: less than loading the same files takes, and a copied
    or newly downloaded folder keeps its name, which sizes and times would not give.
    """
    content = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=4)
    for name, path in sorted(files):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, hashlib.blake2b).digest()
        content.update(name.encode() + b"\0" + digest)
    return content.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty if there is no file.

    Raises ``EmbedderUnavailableError`` if it cannot be read or holds no object.
    """
    content = _read(path, {})
    if not isinstance(content, dict):
        raise EmbedderUnavailableError(path, "holds no JSON object", _COPY)
    return content


def read_modules(folder: Path) -> list[dict[str, Any]]:
    """Return the modules listed in ``modules.json``; none without that file."""
    content = _read(folder / "modules.json", [])
    if not isinstance(content, list) or not all(isinstance(module, dict) for module in content):
        raise EmbedderUnavailableError(folder / "modules.json", "lists no modules", _COPY)
    return content


def _read(path: Path, missing: object) -> Any:
    """Return the content of a JSON file, or ``missing`` if there is no file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError) as error:
        raise EmbedderUnavailableError(path, f"cannot be read ({error})", _COPY) from error


def pick_prompts(encoding: Encoding, prompts: dict[str, str]) -> tuple[str, str]:
    """Return (query prompt, document prompt): from the settings, else as the model declares."""
    query, document = encoding.query_prompt, encoding.document_prompt
    if query is None:
        query = prompts.get("query") or ""
    if document is None:
        names = ("document", "passage", "corpus")
        document = next((prompts[name] for name in names if prompts.get(name)), "")
    return query, document
