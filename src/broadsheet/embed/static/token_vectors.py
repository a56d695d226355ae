"""Static embedder: a text's vector is the weighted sum of its words' vectors.

Model     one int8 matrix, a row a token, and one float32 factor a row, which holds both the
          row's scale and the token's learned weight.
Document  words of the title count ``title_repeats`` times; a word that comes ``tf`` times
          counts ``tf ** saturation``; the sum is made unit length.
Query     the same, without a title.
Speed     several thousand abstracts a second on one core, tokenising included: one dictionary
          look-up a word, one gather and one matrix-vector product a text.
Source    Arora, Liang & Ma, "A simple but tough-to-beat baseline for sentence embeddings",
          ICLR 2017, for weighted sums; the weights here are learned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import EmbedderUnavailableError, Vectors
from broadsheet.embed.static.bag_of_words import count_tokens
from broadsheet.embed.static.word_table import WordTable
from broadsheet.embed.static.words import split_words

_FORMAT = 1
_BATCH = 256  # texts at a time: large enough for NumPy, small enough for the cache
_SETTINGS, _TOKENS, _VECTORS, _FACTORS = "model.json", "tokens.txt", "vectors.npy", "factors.npy"


@dataclass(frozen=True)
class Counting:
    """How occurrences of a word add up in a document."""

    title_repeats: int = 1
    """How often a word of the title counts; 0 leaves the title out."""
    saturation: float = 0.5
    """A word that comes ``tf`` times counts ``tf ** saturation``; 0 < saturation ≤ 1."""


def quantise(matrix: NDArray[np.floating]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 rows and a factor a row, so that ``rows * factors[:, None]`` ≈ ``matrix``."""
    largest = np.abs(matrix).max(axis=1, initial=0.0)
    factors = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    rows = np.rint(matrix / factors[:, None]).astype(np.int8)
    return rows, factors


def normalise_rows(vectors: Vectors) -> Vectors:
    """Make every row unit length, in place; rows of zeros stay zeros."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    lengths[lengths == 0] = 1.0
    vectors /= lengths[:, None]
    return vectors


class TokenVectorEmbedder:
    """Words to vectors by table; see the module for how they are summed.

    An ``Embedder``.  Threads: safe once constructed.  ``tokens`` holds words as
    ``split_words`` gives them, continuation pieces (``##…``) last; ``vectors`` is int8 of
    shape (tokens, dimensions), ``factors`` float32 of shape (tokens,).
    """

    def __init__(
        self,
        label: str,
        tokens: Sequence[bytes],
        vectors: NDArray[np.int8],
        factors: NDArray[np.float32],
        counting: Counting | None = None,
    ) -> None:
        if vectors.ndim != 2 or vectors.dtype != np.int8:
            raise ValueError(f"vectors must be an int8 matrix, not {vectors.dtype} {vectors.shape}")
        if not len(tokens) == len(vectors) == len(factors):
            raise ValueError(
                f"{len(tokens)} tokens, {len(vectors)} vectors and {len(factors)} factors: "
                "there must be one of each a token"
            )
        self.label = label
        self.counting = counting or Counting()
        self.table = WordTable(tokens)
        self.vectors = vectors
        self.factors = np.ascontiguousarray(factors, dtype=np.float32)
        self._digest = self._hash_content()

    @property
    def name(self) -> str:
        """Label and content hash, such as ``broadsheet-static-1-9f86d081``."""
        return f"{self.label}-{self._digest[:8]}"

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return int(self.vectors.shape[1])

    def encode_documents(self, titles: Sequence[str], abstracts: Sequence[str]) -> Vectors:
        """Return one unit row a paper, shape (n, dimensions); zeros if no word is known."""
        if len(titles) != len(abstracts):
            raise ValueError(f"{len(titles)} titles but {len(abstracts)} abstracts")
        repeats = self.counting.title_repeats
        vectors = np.empty((len(titles), self.dimensions), dtype=np.float32)
        for start in range(0, len(titles), _BATCH):
            batch = slice(start, start + _BATCH)
            pairs = zip(titles[batch], abstracts[batch], strict=True)
            texts = [
                split_words(abstract) + split_words(title) * repeats for title, abstract in pairs
            ]
            self._add_up(texts, vectors[batch])
        return normalise_rows(vectors)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return one unit row a query, shape (n, dimensions); zeros if no word is known."""
        vectors = np.empty((len(queries), self.dimensions), dtype=np.float32)
        for start in range(0, len(queries), _BATCH):
            batch = slice(start, start + _BATCH)
            self._add_up([split_words(query) for query in queries[batch]], vectors[batch])
        return normalise_rows(vectors)

    def share_by_word(self, title: str, abstract: str, direction: Vectors) -> dict[bytes, float]:
        """Return each word's contribution to the dot product of a paper's vector with
        ``direction``.

        The contributions sum to ``encode_documents([title], [abstract])[0] @ direction``; words
        that the model does not know are left out.
        """
        words = split_words(abstract) + split_words(title) * self.counting.title_repeats
        bag = count_tokens([words], self.table.row_of, self.table.find_piece_rows)
        rows = bag.columns
        weights = bag.values**self.counting.saturation * self.factors[rows]
        length = float(np.linalg.norm(weights @ self.vectors[rows])) or 1.0
        shares = weights * (self.vectors[rows] @ direction) / length
        # A row's share is divided among its occurrences.
        share_of = dict(zip(rows.tolist(), (shares / bag.values).tolist(), strict=True))
        total: dict[bytes, float] = {}
        for word in words:
            row = self.table.row_of.get(word)
            piece_rows = self.table.find_piece_rows(word) if row is None else (row,)
            if piece_rows:
                total[word] = total.get(word, 0.0) + sum(share_of[each] for each in piece_rows)
        return total

    def _add_up(self, texts: Sequence[list[bytes]], out: Vectors) -> None:
        """Write the weighted sum of each text's word vectors to ``out``."""
        bags = count_tokens(texts, self.table.row_of, self.table.find_piece_rows)
        weights = bags.values**self.counting.saturation * self.factors[bags.columns]
        longest = int(np.diff(bags.starts).max(initial=0))
        whole = np.empty((longest, self.dimensions), dtype=np.int8)
        real = np.empty((longest, self.dimensions), dtype=np.float32)
        for row, (start, end) in enumerate(pairwise(bags.starts.tolist())):
            rows = slice(0, end - start)
            # mode="clip" (nothing is out of range) lets NumPy write to ``out`` without a copy
            self.vectors.take(bags.columns[start:end], axis=0, out=whole[rows], mode="clip")
            real[rows] = whole[rows]
            np.matmul(weights[start:end], real[rows], out=out[row])

    def _hash_content(self) -> str:
        """Return a hash of everything that affects the vectors."""
        content = hashlib.blake2b(digest_size=16)
        content.update(json.dumps(asdict(self.counting), sort_keys=True).encode())
        content.update(b"\n".join(self.table.tokens))
        content.update(np.ascontiguousarray(self.vectors).data)
        content.update(self.factors.data)
        return content.hexdigest()

    def save(self, folder: Path) -> None:
        """Write the model to ``folder``, which is created if missing; one model a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _TOKENS).write_bytes(b"\n".join(self.table.tokens) + b"\n")
        np.save(folder / _VECTORS, self.vectors, allow_pickle=False)
        np.save(folder / _FACTORS, self.factors, allow_pickle=False)
        settings = {
            "format": _FORMAT,
            "label": self.label,
            "dimensions": self.dimensions,
            "tokens": len(self.table),
            "counting": asdict(self.counting),
            "digest": self._digest,
        }
        (folder / _SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> TokenVectorEmbedder:
        """Return the model that ``save`` wrote; raises ``EmbedderUnavailableError``.

        The content is checked against the hash that was stored with it.
        """
        try:
            settings = json.loads((folder / _SETTINGS).read_text("utf-8"))
            if settings["format"] != _FORMAT:
                raise EmbedderUnavailableError(
                    folder, f"model format {settings['format']} where this release reads {_FORMAT}"
                )
            tokens = (folder / _TOKENS).read_bytes().split(b"\n")[:-1]
            model = cls(
                settings["label"],
                tokens,
                np.load(folder / _VECTORS, allow_pickle=False),
                np.load(folder / _FACTORS, allow_pickle=False),
                Counting(**settings["counting"]),
            )
        except FileNotFoundError as error:
            raise EmbedderUnavailableError(folder, f"{error.filename} is missing") from error
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise EmbedderUnavailableError(folder, f"not a readable model ({error})") from error
        if model._digest != settings["digest"]:
            raise EmbedderUnavailableError(
                folder, "the files do not belong together or are damaged"
            )
        return model
