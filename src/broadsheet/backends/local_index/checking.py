"""Checking every byte of the current build against its checksums.

Searches do not: they read a small part of the files, and a checksum covers a whole one.
Tantivy ends each file with a CRC-32 of what lies before it; the manifest of the rows has
the checksums of theirs.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson

from broadsheet.backends.local_index.builds import Builds, damaged
from broadsheet.backends.local_index.forward.files import (
    MANIFEST,
    PROJECTION,
    Manifest,
    read_manifest,
)
from broadsheet.backends.local_index.snapshot import LocalSnapshot
from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.checkup import IndexedPapers
from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.index.port import Selection

_FOOTER_MAGIC = 1337
_BLOCK = 1 << 20
_WORD_SUFFIXES = ("term", "idx", "pos", "store", "fieldnorm", "fast")
"""The files of each segment of the words; one with deletions has another."""


def find_damage(folder: Path) -> str:
    """Return the damaged parts of the current build below ``folder`` in words; "" for none.

    Reads all of its files once. An index that was never built is not damaged.
    """
    try:
        build = Builds(folder).current()
        if build is None:
            return ""
        problems = [*_check_words(build / "words"), *_check_rows(build / "vectors")]
    except IndexUnavailableError as error:
        return str(error)
    except (OSError, ValueError, TypeError, LookupError) as error:
        return str(damaged(folder, error))
    return "; ".join(problems)


def read_indexed_papers(folder: Path) -> IndexedPapers:
    """Return which papers the index holds. Raises IndexUnavailableError."""
    snapshot = LocalIndexStore(folder).snapshot()
    if not isinstance(snapshot, LocalSnapshot):
        return IndexedPapers(0, frozenset(), frozenset())
    count, _ = snapshot.postings.matching(Selection(), 1)
    _, words = snapshot.postings.matching(Selection(), count)
    rows = np.flatnonzero(snapshot.rows.row_of_key >= 0)
    return IndexedPapers(snapshot.applied, frozenset(words.tolist()), frozenset(rows.tolist()))


def _check_words(folder: Path) -> Iterator[str]:
    """Yield each problem of Tantivy's files.

    Source: the footer of tantivy 0.27, ``directory/footer.rs``: JSON with the CRC-32 of the
    content, its length, and a magic number.
    """
    meta = orjson.loads((folder / "meta.json").read_bytes())
    for segment in meta["segments"]:
        name = segment["segment_id"].replace("-", "")
        suffixes = list(_WORD_SUFFIXES)
        if segment["deletes"]:
            suffixes.append(f"{segment['deletes']['opstamp']}.del")
        for suffix in suffixes:
            path = folder / f"{name}.{suffix}"
            if problem := _check_word_file(path):
                yield f"words/{path.name}: {problem}"


def _check_word_file(path: Path) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - 8))
            end = file.read(8)
            length = int.from_bytes(end[:4], "little")
            if int.from_bytes(end[4:], "little") != _FOOTER_MAGIC or length + 8 > size:
                return "its end is damaged"
            file.seek(size - 8 - length)
            expected = json.loads(file.read(length))["crc"]
        return "" if _checksum(path, size - 8 - length) == expected else "is not as it was written"
    except FileNotFoundError:
        return "is missing"
    except (ValueError, KeyError, TypeError):
        return "its end is damaged"


def _check_rows(folder: Path) -> Iterator[str]:
    """Yield each problem of the flat files."""
    manifest = read_manifest(folder)
    if manifest is None:
        yield "vectors/manifest.json: is missing"
        return
    if manifest.own_checksum() != manifest.checksums.get(MANIFEST):
        yield f"vectors/{MANIFEST}: is not as it was written"
    sizes = dict(manifest.committed_bytes())
    if PROJECTION in manifest.checksums:
        sizes[PROJECTION] = (folder / PROJECTION).stat().st_size
    for name, size in sizes.items():
        if problem := _check_row_file(folder / name, size, manifest):
            yield f"vectors/{name}: {problem}"


def _check_row_file(path: Path, size: int, manifest: Manifest) -> str:
    try:
        if path.stat().st_size < size:
            return f"is shorter than the {size:,} bytes that were written"
    except FileNotFoundError:
        return "is missing"
    expected = manifest.checksums.get(path.name)
    return "" if _checksum(path, size) == expected else "is not as it was written"


def _checksum(path: Path, size: int) -> int:
    """The CRC-32 of the first ``size`` bytes."""
    checksum = 0
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(_BLOCK, size))):
            checksum = zlib.crc32(block, checksum)
            size -= len(block)
    return checksum
