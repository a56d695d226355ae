"""One setting to an embedder.

    static                         the model that ships (default)
    transformer:PATH or NAME       sentence-transformers, from a folder or the hub
    onnx:PATH                      an ONNX graph with its tokenizer
    http(s)://host:port/v1#MODEL   an OpenAI-compatible address

``parse_choice`` decides without loading anything; ``build_embedder`` loads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from broadsheet.domain.errors import InvalidInputError
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.plugin import Encoding

Kind = Literal["static", "transformer", "onnx", "remote"]

_FORMS = (
    "static (the model that ships), "
    "transformer:FOLDER or transformer:NAME-ON-THE-HUB, onnx:FOLDER, "
    "http://HOST:PORT/v1#MODEL or https://…#MODEL"
)


@dataclass(frozen=True)
class EmbedderChoice:
    """The parsed setting. ``where`` is a path, a hub name or an address; ``model`` is for remote
    ones.
    """

    kind: Kind
    where: str = ""
    model: str = ""

    def __str__(self) -> str:
        if self.kind == "remote":
            return f"{self.where}#{self.model}"
        return f"{self.kind}:{self.where}" if self.where else self.kind


class EmbedderSettingError(InvalidInputError):
    """The setting ``embedder`` has none of the legal forms; lists them.

    The value is not repeated: an address may hold a password.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"embedder: {reason}; legal forms: {_FORMS}")


def parse_choice(setting: str) -> EmbedderChoice:
    """Parse the setting ``embedder``; ``parse_choice(str(choice)) == choice``.

    Raises ``EmbedderSettingError``.
    """
    setting = setting.strip()
    if setting == "static":
        return EmbedderChoice("static")
    if setting.lower().startswith(("http://", "https://")):
        return _parse_address(setting)
    kind, colon, where = (part.strip() for part in setting.partition(":"))
    if not colon or kind not in {"transformer", "onnx"}:
        raise EmbedderSettingError("unknown form")
    if not where:
        raise EmbedderSettingError(f"{kind}: is followed by a path")
    return EmbedderChoice("transformer" if kind == "transformer" else "onnx", where)


def _parse_address(setting: str) -> EmbedderChoice:
    """Return the choice of an address with a model behind ``#``."""
    address, _, model = setting.partition("#")
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise EmbedderSettingError("the address has no legal host and port") from error
    if not host:
        raise EmbedderSettingError("the address has no host")
    if parts.username is not None or parts.password is not None or parts.query:
        raise EmbedderSettingError(
            "the address holds a password or a query; a key belongs in the environment "
            "variable BROADSHEET_EMBEDDER_KEY"
        )
    if not model.strip():
        raise EmbedderSettingError("the address lacks #MODEL, the model's name on that server")
    return EmbedderChoice("remote", address.rstrip("/"), model.strip())


def build_embedder(
    choice: EmbedderChoice,
    encoding: Encoding | None = None,
    cache: Path | None = None,
    proxy: str = "",
) -> Embedder:
    """Load an embedder.

    ``encoding`` is for the plugged-in ones; ``cache``, the file of remote answers, and
    ``proxy`` for the remote one.
    Raises ``EmbedderUnavailableError``.
    """
    # Local imports: each kind brings libraries of its own.
    if choice.kind == "static":
        from broadsheet.embed.static.shipped import default_embedder

        return default_embedder()
    if choice.kind == "transformer":
        from broadsheet.embed.transformer import TransformerEmbedder

        return TransformerEmbedder(choice.where, encoding)
    if choice.kind == "onnx":
        from broadsheet.embed.onnx import OnnxEmbedder

        return OnnxEmbedder(choice.where, encoding)
    from broadsheet.embed.remote import RemoteEmbedder

    return RemoteEmbedder(choice.where, choice.model, encoding, cache, proxy)
