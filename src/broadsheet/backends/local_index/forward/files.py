"""The flat vector files: their form, and appending to them.

    manifest.json     how much of the other files is committed, its checksums, and by
                      which models; replaced by an atomic rename, so that rows
                      of a crash beyond it are ignored and then cut off
    projection.npy    float32 (dimensions + 1, bits): random directions, and in the
                      last row how far along each the mean vector lies
    rows.bin          a ROW record per row
    codes.bin         on which side of the mean the vector lies along each direction,
                      a bit each, packed; padded to whole groups of eight 64-bit words
    vectors.bin       int8 (rows, dimensions), times the row's scale
    spans.bin         a SPAN record per row: where its tokens, terms and text lie
    tokens.bin        uint16, the tokens of one row after those of another
    terms.bin         uint32, the same of its terms as numbers (see term_counts)
    counts.bin        uint8, how often each of these comes
    texts.bin         the readable text of one row after that of another (see texts)
    attributes.jsonl  categories, sources and venues as they came up, one a line;
                      rows refer to them by number within their kind

Rows are only ever appended. A paper's latest row counts; a row with REMOVED says
that there is none any more. A rebuild leaves superseded rows behind.
"""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.builds import NEXT_STEP, damaged
from broadsheet.backends.local_index.forward.attributes import AttributeNumbers
from broadsheet.backends.local_index.forward.term_counts import TermCounts, count_terms
from broadsheet.backends.local_index.forward.texts import pack_text
from broadsheet.domain.errors import EmbedderMismatchError, IndexUnavailableError
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.files import write_atomically
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import Models, Vectors

ROW = np.dtype(
    [
        ("key", "<i8"),
        ("day", "<u4"),
        ("categories", "<u4"),
        ("sources", "<u4"),
        ("venue", "<u4"),
        ("scale", "<f4"),
        ("flags", "<u4"),
    ]
)
SPAN = np.dtype(
    [
        ("token", "<u8"),
        ("term", "<u8"),
        ("text", "<u8"),
        ("text_bytes", "<u4"),
        ("tokens", "<u2"),
        ("title", "<u2"),
        ("terms", "<u2"),
        ("length", "<u2"),
    ]
)
"""Where a row's tokens, terms and text begin, how much there is of each, how many of the tokens
are the title's, and how many words the terms were counted from."""
HAS_CODE, HAS_PROJECT, REMOVED = 1, 2, 4
MANIFEST, PROJECTION = "manifest.json", "projection.npy"
_SUMS = ("rows", "added", "tokens", "terms", "text_bytes", "length")
WORD_GROUP = 8
"""64-bit words a code is padded to, so that their counts add up as one number."""
BITS_PER_DIMENSION = 2
"""Measured on 100,000 papers (LSI, 256 dimensions), share of the true first 100
among the 4,000 rows with the nearest codes: .96 with one bit, .99 with two."""
_SEED = 20240611
_ENOUGH_FOR_MEAN = 256

Codes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is committed."""

    embedder: str
    dimensions: int
    tokeniser: str
    rows: int = 0
    added: int = 0
    """Rows that are papers, superseded ones too; ``length`` is the sum of theirs."""
    tokens: int = 0
    terms: int = 0
    text_bytes: int = 0
    length: int = 0
    attribute_bytes: int = 0
    applied: int = 0
    checksums: Mapping[str, int] = field(default_factory=dict)
    """By file: the CRC-32 of its committed part; that of this manifest is of its other values.
    Searches do not read them; a checkup does."""

    @property
    def average_length(self) -> float:
        """Words of a paper."""
        return self.length / max(1, self.added)

    def own_checksum(self) -> int:
        """Return the checksum of all values but this one."""
        values = asdict(self)
        values["checksums"] = {k: v for k, v in self.checksums.items() if k != MANIFEST}
        return zlib.crc32(json.dumps(values, sort_keys=True).encode())

    def committed_bytes(self) -> Mapping[str, int]:
        """Return the size of the committed part of each file that rows are appended to."""
        return {
            "rows.bin": self.rows * ROW.itemsize,
            "codes.bin": self.rows * words_per_code(self.dimensions) * 8,
            "vectors.bin": self.rows * self.dimensions,
            "spans.bin": self.rows * SPAN.itemsize,
            "tokens.bin": self.tokens * 2,
            "terms.bin": self.terms * 4,
            "counts.bin": self.terms,
            "texts.bin": self.text_bytes,
            "attributes.jsonl": self.attribute_bytes,
        }


def words_per_code(dimensions: int) -> int:
    """64-bit words of one row of codes.bin."""
    return -(-dimensions * BITS_PER_DIMENSION // (64 * WORD_GROUP)) * WORD_GROUP


def read_manifest(folder: Path) -> Manifest | None:
    """None where nothing was ever committed; raises IndexUnavailableError if unreadable."""
    path = folder / MANIFEST
    try:
        return Manifest(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise damaged(path, error) from error


@dataclass(frozen=True, slots=True)
class Projection:
    """Vectors → binary codes whose Hamming distance follows the angle between them.

    The mean is taken off since sides say nothing where all vectors agree, and
    rotations spread the content of a few dimensions over all bits.
    """

    directions: Vectors
    offsets: Vectors

    @classmethod
    def learn(cls, vectors: Vectors) -> "Projection":
        """From the first vectors of a build; too few of them give no mean."""
        dimensions = vectors.shape[1]
        random = np.random.default_rng(_SEED)
        rotations = [
            np.linalg.qr(random.standard_normal((dimensions, dimensions)))[0]
            for _ in range(BITS_PER_DIMENSION)
        ]
        directions = np.hstack(rotations).astype(np.float32)
        enough = len(vectors) >= _ENOUGH_FOR_MEAN
        mean = vectors.mean(axis=0) if enough else np.zeros(dimensions, np.float32)
        return cls(directions, (mean @ directions).astype(np.float32))

    @classmethod
    def load(cls, folder: Path) -> "Projection":
        path = folder / PROJECTION
        try:
            both = np.load(path)
            return cls(both[:-1], both[-1])
        except (OSError, ValueError, IndexError) as error:
            raise damaged(path, error) from error

    def save(self, folder: Path) -> None:
        np.save(folder / PROJECTION, np.vstack([self.directions, self.offsets]))

    def encode(self, vectors: Vectors) -> Codes:
        """Codes of shape (n, words_per_code) for vectors of shape (n, dimensions)."""
        bits = np.packbits(vectors @ self.directions > self.offsets, axis=1)
        width = words_per_code(vectors.shape[1]) * 8
        padded = np.zeros((len(vectors), width), np.uint8)
        padded[:, : bits.shape[1]] = bits
        return padded.view(np.uint64)


def quantise(vectors: Vectors) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as int8 and the scale of each: vector ≈ int8 × scale."""
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    return np.rint(vectors / safe).astype(np.int8), scales


class RowWriter:
    """Append rows to the files of one build. One thread."""

    def __init__(self, folder: Path, models: Models, numbers: AttributeNumbers) -> None:
        """Open or begin the files; raises EmbedderMismatchError, IndexUnavailableError.

        ``numbers`` may know those of an earlier opening, which saves reading them again.
        """
        folder.mkdir(exist_ok=True)
        self._folder = folder
        manifest = read_manifest(folder) or Manifest(**asdict(models))
        if (manifest.embedder, manifest.dimensions) != (models.embedder, models.dimensions):
            raise EmbedderMismatchError(folder, manifest.embedder, models.embedder)
        if manifest.tokeniser != models.tokeniser:
            raise IndexUnavailableError(
                f"{folder}: tokens are of {manifest.tokeniser} and this version has "
                f"{models.tokeniser}; {NEXT_STEP}"
            )
        self._manifest = manifest
        self._files = {
            name: _AppendedFile(folder / name, size, manifest.checksums.get(name, 0))
            for name, size in manifest.committed_bytes().items()
        }
        self._projection = Projection.load(folder) if manifest.rows else None
        self._numbers = numbers
        self._numbers.follow(folder, manifest.attribute_bytes)
        self._sums = {name: getattr(manifest, name) for name in _SUMS}

    @property
    def applied(self) -> int:
        return self._manifest.applied

    def add(self, documents: Sequence[IndexDocument], vectors: Vectors, tokens: TokenIds) -> None:
        if not documents:
            return
        if self._projection is None:
            self._projection = Projection.learn(vectors)
            self._projection.save(self._folder)
        small, scales = quantise(vectors)
        number, file = self._numbers.number, self._files["attributes.jsonl"]
        rows = np.array(
            [
                (
                    document.key,
                    document.day,
                    number("categories", document.categories, file),
                    number("sources", document.sources, file),
                    number("venue", document.venue, file),
                    0.0,
                    HAS_CODE * document.has_code | HAS_PROJECT * document.has_project,
                )
                for document in documents
            ],
            ROW,
        )
        rows["scale"] = scales
        terms = count_terms(documents)
        texts = [pack_text(document) for document in documents]
        spans = self._spans(tokens, terms, texts)
        self._append(rows, self._projection.encode(vectors), small, spans)
        self._files["tokens.bin"].write(tokens.ids.astype("<u2").tobytes())
        self._files["terms.bin"].write(terms.terms.astype("<u4").tobytes())
        self._files["counts.bin"].write(terms.counts.tobytes())
        self._files["texts.bin"].write(b"".join(texts))
        self._sums["added"] += len(documents)
        self._sums["tokens"] += len(tokens.ids)
        self._sums["terms"] += len(terms.terms)
        self._sums["text_bytes"] += sum(map(len, texts))
        self._sums["length"] += int(terms.lengths.sum())

    def remove(self, keys: Sequence[int]) -> None:
        if not len(keys):
            return
        dimensions = self._manifest.dimensions
        if self._projection is None:
            self._projection = Projection.learn(np.zeros((1, dimensions), np.float32))
            self._projection.save(self._folder)
        rows = np.zeros(len(keys), ROW)
        rows["key"] = keys
        rows["flags"] = REMOVED
        codes = np.zeros((len(keys), words_per_code(dimensions)), np.uint64)
        vectors = np.zeros((len(keys), dimensions), np.int8)
        self._append(rows, codes, vectors, np.zeros(len(keys), SPAN))

    def commit(self, applied: int) -> None:
        for file in self._files.values():
            file.sync()
        checksums = {name: file.checksum for name, file in self._files.items()}
        if self._projection is not None:
            checksums[PROJECTION] = self._projection_checksum()
        manifest = replace(
            self._manifest,
            **self._sums,
            attribute_bytes=self._files["attributes.jsonl"].size,
            applied=applied,
            checksums=checksums,
        )
        checksums[MANIFEST] = manifest.own_checksum()
        write_atomically(self._folder / MANIFEST, json.dumps(asdict(manifest)).encode())
        self._manifest = manifest

    def _projection_checksum(self) -> int:
        """That of the first commit: the file is written once."""
        known = self._manifest.checksums.get(PROJECTION)
        return known or zlib.crc32((self._folder / PROJECTION).read_bytes())

    def close(self) -> None:
        """Rows that were not committed are cut off when the files are next opened."""
        with ExitStack() as files:  # all of them, also if one cannot write what it still holds
            for file in self._files.values():
                files.callback(file.close)

    def _spans(
        self, tokens: TokenIds, terms: TermCounts, texts: Sequence[bytes]
    ) -> NDArray[np.void]:
        spans = np.zeros(len(tokens), SPAN)
        spans["token"] = self._sums["tokens"] + tokens.starts[:-1]
        spans["tokens"] = np.diff(tokens.starts)
        spans["title"] = tokens.titles
        spans["term"] = self._sums["terms"] + np.cumsum(terms.sizes) - terms.sizes
        spans["terms"] = terms.sizes
        spans["length"] = terms.lengths
        text_sizes = np.array(list(map(len, texts)), np.int64)
        spans["text"] = self._sums["text_bytes"] + np.cumsum(text_sizes) - text_sizes
        spans["text_bytes"] = text_sizes
        return spans

    def _append(
        self,
        rows: NDArray[np.void],
        codes: Codes,
        vectors: NDArray[np.int8],
        spans: NDArray[np.void],
    ) -> None:
        self._files["rows.bin"].write(rows.tobytes())
        self._files["codes.bin"].write(codes.tobytes())
        self._files["vectors.bin"].write(vectors.tobytes())
        self._files["spans.bin"].write(spans.tobytes())
        self._sums["rows"] += len(rows)


class _AppendedFile:
    """A file that grows at its end, with the checksum of all that it holds."""

    def __init__(self, path: Path, size: int, checksum: int) -> None:
        """Open ``path`` at ``size``, with whatever lies beyond cut off. ``checksum`` is that of
        the part before. Raises IndexUnavailableError for a shorter file."""
        self._file = path.open("r+b" if path.exists() else "w+b")
        if path.stat().st_size < size:
            self._file.close()
            raise damaged(path, f"shorter than the {size} bytes that were committed")
        self._file.truncate(size)
        self._file.seek(size)
        self.size = size
        self.checksum = checksum

    def write(self, content: bytes) -> int:
        """Append, and return the number of bytes."""
        self.checksum = zlib.crc32(content, self.checksum)
        self.size += len(content)
        return self._file.write(content)

    def sync(self) -> None:
        """Let all of it reach the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
