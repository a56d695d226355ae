"""The port between texts and vectors, and the errors of every embedder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.errors import BroadsheetError

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to unit vectors, whose dot product says how close two texts are in meaning.

    Threads     safe to call from several threads once constructed.
    Lifecycle   construct or load once, use for ever; holds no open file and no connection
                that needs closing.
    Errors      encoding never fails on account of a text: a text without any known token
                gives a row of zeros, which is close to nothing.  An embedder with a network
                or a model file behind it raises ``EmbedderUnavailableError``.
    """

    @property
    def name(self) -> str:
        """Name to store beside the vectors; ends in a hash of the model's content.

        Two embedders whose vectors cannot be compared never share a name.
        """
        ...

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """Return one row a paper, shape (n, dimensions), unit length, float32.

        A row depends on its paper alone. Raises ``ValueError`` if ``titles`` and ``abstracts``
        differ in length.
        """
        ...

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one row a query, shape (n, dimensions), unit length, float32."""
        ...


_REPAIR = "install broadsheet again"


class EmbedderUnavailableError(BroadsheetError):
    """A model is missing, damaged, of another format or out of reach.

    ``remedy`` is the next step; the default fits the shipped model.
    """

    code = "unavailable"

    def __init__(self, model: Path | str, reason: str, remedy: str = _REPAIR) -> None:
        super().__init__(f"{model}: {reason}; {remedy}")
        self.model = model
