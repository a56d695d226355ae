"""Store the answers of a remote embedder in one SQLite file of bounded size.

Key      the model (address and name) and a hash of the text; no text is stored.
Value    float16, which moves a cosine by less than 0.001.
Bound    if the file exceeds ``most_bytes``, the oldest tenth is deleted.
Damage   a cache that cannot be read or written is reported once in the log and not used.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Half = NDArray[np.float16]
_Answer = TypeVar("_Answer")

_log = logging.getLogger(__name__)
_MOST_BYTES = 1 << 30
_MOST_VARIABLES = 500  # of one statement; SQLite allows 999 at the least
_SECONDS = 5.0  # to wait for another process that writes
_TABLES = """
CREATE TABLE IF NOT EXISTS vectors (
    place INTEGER PRIMARY KEY, model TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL,
    UNIQUE (model, text)
);
CREATE TABLE IF NOT EXISTS probes (model TEXT PRIMARY KEY, vector BLOB NOT NULL);
"""


def hash_text(text: str) -> bytes:
    """Return the 16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class VectorCache:
    """Vectors by model and text. Threads and processes: safe, a connection a call."""

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        self.path = path
        self._most_bytes = most_bytes
        self._reported = False

    def find(self, model: str, texts: Sequence[bytes]) -> dict[bytes, Half]:
        """Return the vectors that are there, by hash of the text."""

        def read(connection: sqlite3.Connection) -> dict[bytes, Half]:
            vectors: dict[bytes, Half] = {}
            for start in range(0, len(texts), _MOST_VARIABLES):
                part = texts[start : start + _MOST_VARIABLES]
                marks = ",".join("?" * len(part))
                rows = connection.execute(
                    f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({marks})",
                    (model, *part),
                )
                vectors.update((text, np.frombuffer(vector, np.float16)) for text, vector in rows)
            return vectors

        return self._use(read, {})

    def store(self, model: str, vectors: Mapping[bytes, Half]) -> None:
        """Keep vectors by hash of the text; the oldest make room."""

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO vectors (model, text, vector) VALUES (?, ?, ?)",
                [(model, text, vector.tobytes()) for text, vector in vectors.items()],
            )
            while _count_bytes(connection) > self._most_bytes and _drop_oldest(connection):
                pass

        self._use(write, None)

    def find_probe(self, model: str) -> Half | None:
        """Return the model's first answer to the probe text, or None."""

        def read(connection: sqlite3.Connection) -> Half | None:
            row = connection.execute(
                "SELECT vector FROM probes WHERE model = ?", (model,)
            ).fetchone()
            return None if row is None else np.frombuffer(row[0], np.float16)

        return self._use(read, None)

    def store_probe(self, model: str, vector: Half) -> None:
        """Store the model's answer to the probe text."""
        statement = "INSERT OR REPLACE INTO probes (model, vector) VALUES (?, ?)"
        self._use(lambda connection: connection.execute(statement, (model, vector.tobytes())), None)

    def _use(self, act: Callable[[sqlite3.Connection], _Answer], otherwise: _Answer) -> _Answer:
        """Return the result of ``act`` in one transaction, or ``otherwise`` if the file fails."""
        try:
            with self._open() as connection:
                return act(connection)
        except (sqlite3.Error, OSError) as error:
            if not self._reported:
                _log.warning(
                    "%s: cached vectors cannot be used (%s); delete the file to begin a new one",
                    self.path,
                    error,
                )
            self._reported = True
            return otherwise

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection whose changes are kept unless the block fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=_SECONDS)) as connection:
            # Not in WAL mode: while the last connection closes, a new one gets "locked" at once
            # instead of waiting (sqlite.org/wal.html).
            connection.executescript(_TABLES)
            with connection:
                yield connection


def _count_bytes(connection: sqlite3.Connection) -> int:
    """Return the bytes in use."""
    size, pages, free = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(size) * (int(pages) - int(free))


def _drop_oldest(connection: sqlite3.Connection) -> int:
    """Delete the tenth of the vectors that was stored first; returns how many went."""
    first, last = connection.execute("SELECT min(place), max(place) FROM vectors").fetchone()
    if first is None:
        return 0
    until = first + (last - first) // 10
    return connection.execute("DELETE FROM vectors WHERE place <= ?", (until,)).rowcount
