"""An embedder for tests of indexes: no model to load, and any number of them."""

from collections.abc import Sequence

import numpy as np

from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.index.port import Models, Vectors

DIMENSIONS = 96


class HashEmbedder:
    """Words to fixed random directions. Counts the papers that it encodes."""

    def __init__(self, name: str = "hash-1") -> None:
        self.name = name
        self.dimensions = DIMENSIONS
        self.papers = 0

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        self.papers += len(titles)
        texts = [f"{title} {text}" for title, text in zip(titles, abstracts, strict=True)]
        return self.encode_queries(texts)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(queries), DIMENSIONS), np.float32)
        for row, text in zip(vectors, queries, strict=True):
            for word in text.lower().split():
                seed = sum(ord(sign) * 31**at for at, sign in enumerate(word[:8]))
                row += np.random.default_rng(seed).standard_normal(DIMENSIONS)
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return vectors


EMBEDDER = HashEmbedder()
EMBEDDERS = EmbedderRegistry(EMBEDDER)
MODELS = Models(EMBEDDER.name, DIMENSIONS, default_tokeniser().name)
