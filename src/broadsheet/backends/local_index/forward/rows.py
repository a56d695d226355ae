"""The flat files of one commit, open for reading.

Data that every search reads is kept in memory and grows with each commit; vectors and
codes are mapped, and tokens and terms are read for the requested papers only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.builds import damaged
from broadsheet.backends.local_index.forward.attributes import read_attributes
from broadsheet.backends.local_index.forward.columns import Columns
from broadsheet.backends.local_index.forward.files import (
    REMOVED,
    ROW,
    SPAN,
    Codes,
    Manifest,
    Projection,
    read_manifest,
    words_per_code,
)
from broadsheet.backends.local_index.forward.growing import Growing
from broadsheet.backends.local_index.forward.stretches import Stretches, map_file
from broadsheet.backends.local_index.vectors.code_scan import HEAD, Rows
from broadsheet.files import Stamp
from broadsheet.index.port import Keys

_MOST_KEY = 100_000_000
"""Keys are given out one after the other, so the highest is not far beyond the number of papers; a
table of all keys up to a damaged one could take any amount of memory."""


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
    tokens: Stretches
    terms: Stretches
    counts: Stretches
    texts: Stretches
    row_of_key: NDArray[np.int32]
    """By key: the paper's row, -1 for none. Keys are the store's row numbers, so dense."""
    live: NDArray[np.bool_]
    """Which rows count: not superseded, not removed."""
    dead: Rows
    """The others; seldom many."""
    growing_heads: Growing

    def rows_of(self, keys: Keys) -> Rows:
        """The row of each key, -1 where there is none."""
        inside = (keys >= 0) & (keys < len(self.row_of_key))
        rows = np.full(len(keys), -1, np.int64)
        rows[inside] = self.row_of_key[keys[inside]]
        return rows


def open_rows(build: Path, stamp: Stamp, before: OpenRows | None) -> OpenRows | None:
    """Open the committed part of the files; only rows new since ``before`` are read into memory.

    None before the first row. Raises IndexUnavailableError.
    """
    folder = build / "vectors"
    manifest = read_manifest(folder)
    if manifest is None or not manifest.rows:
        return None
    start = before.manifest.rows if before else 0
    read = before.manifest.attribute_bytes if before else 0
    rows = map_file(folder / "rows.bin", ROW, manifest.rows)[start:]
    columns = before.columns if before else Columns.none()
    width = words_per_code(manifest.dimensions)
    codes = map_file(folder / "codes.bin", np.dtype("<u8"), manifest.rows, width)
    heads = before.growing_heads if before else Growing(np.uint64, (HEAD,))
    row_of_key, live = _placed(folder, rows, start, before)
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
        vectors=map_file(
            folder / "vectors.bin", np.dtype("i1"), manifest.rows, manifest.dimensions
        ),
        spans=map_file(folder / "spans.bin", SPAN, manifest.rows),
        tokens=Stretches(folder / "tokens.bin", np.dtype("<u2"), manifest.tokens),
        terms=Stretches(folder / "terms.bin", np.dtype("<u4"), manifest.terms),
        counts=Stretches(folder / "counts.bin", np.dtype("u1"), manifest.terms),
        texts=Stretches(folder / "texts.bin", np.dtype("u1"), manifest.text_bytes),
        row_of_key=row_of_key,
        live=live,
        dead=np.flatnonzero(~live),
        growing_heads=heads,
    )


def _placed(
    folder: Path, rows: NDArray[np.void], start: int, before: OpenRows | None
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """(row of each key, which rows are live) with ``rows`` added, the first being ``start``.

    Raises IndexUnavailableError for keys that no library gives out.
    """
    keys = rows["key"]
    highest = int(keys.max(initial=-1))
    if int(keys.min(initial=0)) < 0 or highest > _MOST_KEY + 16 * (start + len(rows)):
        raise damaged(folder / "rows.bin", f"a row has the key {highest:,}")
    previous = before.row_of_key if before else np.empty(0, np.int32)
    row_of_key = np.full(max(len(previous), highest + 1), -1, np.int32)
    row_of_key[: len(previous)] = previous
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
