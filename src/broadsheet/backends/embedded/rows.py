"""The flat files of one commit, open for reading.

What every search reads is kept in memory and grows with each commit; vectors,
codes, tokens and terms are mapped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.embedded.attributes import read_attributes
from broadsheet.backends.embedded.builds import Stamp, damaged
from broadsheet.backends.embedded.code_scan import HEAD, Rows
from broadsheet.backends.embedded.columns import Columns
from broadsheet.backends.embedded.growing import Growing
from broadsheet.backends.embedded.vector_files import (
    REMOVED,
    ROW,
    SPAN,
    Codes,
    Manifest,
    Projection,
    read_manifest,
    words_per_code,
)
from broadsheet.search.ports import Keys


@dataclass(frozen=True, slots=True)
class OpenRows:
    """One commit of one build. Arrays are not changed; the next commit has longer ones."""

    build: Path
    stamp: Stamp
    manifest: Manifest
    projection: Projection
    columns: Columns
    codes: Codes
    heads: Codes
    """The first words of all codes, shape (HEAD, rows)."""
    vectors: NDArray[np.int8]
    spans: NDArray[np.void]
    tokens: NDArray[np.uint16]
    terms: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    row_of_key: NDArray[np.int32]
    """By key: the paper's row, -1 for none. Keys are the store's row numbers, so dense."""
    live: NDArray[np.bool_]
    """Which rows count: not superseded, not removed."""
    count: int
    growing_heads: Growing

    def rows_of(self, keys: Keys) -> Rows:
        """The row of each key, -1 where there is none."""
        inside = (keys >= 0) & (keys < len(self.row_of_key))
        rows = np.full(len(keys), -1, np.int64)
        rows[inside] = self.row_of_key[keys[inside]]
        return rows


def open_rows(build: Path, stamp: Stamp, before: OpenRows | None) -> OpenRows | None:
    """The committed part of the files; only what is new since ``before`` is read into memory.

    None before the first row. Raises IndexUnavailableError.
    """
    folder = build / "vectors"
    manifest = read_manifest(folder)
    if manifest is None or not manifest.rows:
        return None
    start = before.manifest.rows if before else 0
    read = before.manifest.attribute_bytes if before else 0
    rows = _map(folder / "rows.bin", ROW, manifest.rows)[start:]
    columns = before.columns if before else Columns.none()
    width = words_per_code(manifest.dimensions)
    codes = _map(folder / "codes.bin", np.dtype("<u8"), manifest.rows, width)
    heads = before.growing_heads if before else Growing(np.uint64, (HEAD,))
    row_of_key, live = _placed(rows, start, before)
    return OpenRows(
        build=build,
        stamp=stamp,
        manifest=manifest,
        projection=before.projection if before else Projection.load(folder),
        columns=columns.extended(
            start, rows, read_attributes(folder, read, manifest.attribute_bytes)
        ),
        codes=codes,
        heads=heads.extended(start, codes[start:, :HEAD].T),
        vectors=_map(folder / "vectors.bin", np.dtype("i1"), manifest.rows, manifest.dimensions),
        spans=_map(folder / "spans.bin", SPAN, manifest.rows),
        tokens=_map(folder / "tokens.bin", np.dtype("<u2"), manifest.tokens),
        terms=_map(folder / "terms.bin", np.dtype("<u4"), manifest.terms),
        counts=_map(folder / "counts.bin", np.dtype("u1"), manifest.terms),
        row_of_key=row_of_key,
        live=live,
        count=int(np.count_nonzero(live)),
        growing_heads=heads,
    )


def gather(
    flat: NDArray[Any], starts: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[Any]:
    """Stretches of ``flat``, one after the other."""
    ends = (starts + counts).tolist()
    parts = [flat[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
    found: NDArray[Any] = np.concatenate(parts) if parts else flat[:0]
    return found


def _placed(
    rows: NDArray[np.void], start: int, before: OpenRows | None
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """(row of each key, which rows are live) with ``rows`` added, the first being ``start``."""
    keys = rows["key"]
    known = before.row_of_key if before else np.empty(0, np.int32)
    row_of_key = np.full(max(len(known), int(keys.max(initial=-1)) + 1), -1, np.int32)
    row_of_key[: len(known)] = known
    live = np.ones(start + len(rows), np.bool_)
    if before:
        live[:start] = before.live
    superseded = row_of_key[keys]
    live[superseded[superseded >= 0]] = False
    numbers = np.arange(start, start + len(rows), dtype=np.int32)
    row_of_key[keys] = numbers  # of a key's rows the last counts
    latest = row_of_key[keys] == numbers
    removed = (rows["flags"] & REMOVED) != 0
    live[start:] = latest & ~removed
    row_of_key[keys[latest & removed]] = -1
    return row_of_key, live


def _map(path: Path, dtype: np.dtype[Any], *shape: int) -> NDArray[Any]:
    """A file of at least this size, mapped; raises IndexUnavailableError."""
    if not shape[0]:
        return np.empty(shape, dtype)
    try:
        # A plain array over the map: slicing a ``memmap`` costs ten times as much.
        return np.asarray(np.memmap(path, dtype, "r", shape=shape))
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
