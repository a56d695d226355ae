"""The model that ships in the package."""

from __future__ import annotations

import functools
from pathlib import Path

from broadsheet.embed.static.token_ids import Tokeniser
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder

SHIPPED_MODEL = Path(__file__).parent / "models" / "static-1"


@functools.cache
def default_embedder() -> TokenVectorEmbedder:
    """Return the shipped static model, loaded once; takes about 0.1 s and 20 MB of memory.

    Raises ``EmbedderUnavailableError`` if the package was installed without its files.
    """
    return TokenVectorEmbedder.load(SHIPPED_MODEL)


@functools.cache
def default_tokeniser() -> Tokeniser:
    """Return the tokeniser of the shipped model, which serves beside every embedder.

    Raises as ``default_embedder``.
    """
    return Tokeniser(default_embedder().table)
