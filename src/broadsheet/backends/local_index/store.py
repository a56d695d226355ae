"""The local index in one folder: snapshots, writing, rebuilding.

Two parts are written one after the other, rows before postings, and each remembers the number
of the last change it has. A snapshot shows a commit only once both parts have it.
"""

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from broadsheet.backends.local_index.builds import Builds, bytes_below, damaged
from broadsheet.backends.local_index.forward.attributes import AttributeNumbers
from broadsheet.backends.local_index.forward.files import RowWriter
from broadsheet.backends.local_index.forward.rows import open_rows
from broadsheet.backends.local_index.postings.reader import open_postings, segment_sizes
from broadsheet.backends.local_index.postings.writer import PostingsWriter
from broadsheet.backends.local_index.snapshot import LocalSnapshot
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.files import Stamp, stamp_of
from broadsheet.index.documents import IndexDocument
from broadsheet.index.empty import EMPTY
from broadsheet.index.port import IndexSnapshot, Models, Vectors

PARTS = ("words", "vectors")
"""Folders of a build: postings; rows with vectors and forward data."""
MOST_SEGMENTS = 4
"""Large segments of the postings that are left alone."""
LARGE_SEGMENT = 0.02
"""Share of all papers from which a segment is large: smaller ones take next to no time."""
FEWEST_TO_MERGE = 50_000
"""Papers below which any number of segments is fast."""


class _Commit(NamedTuple):
    """What identifies a commit: the build, and the stamps of its two descriptions."""

    build: Path
    words: Stamp
    rows: Stamp


class LocalIndexStore:
    """Implements ``index.port.IndexStore``. Keeps files mapped as long as it lives."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist; the first writer creates it."""
        self._builds = Builds(folder)
        self._numbers = AttributeNumbers()
        self._lock = threading.Lock()
        self._latest: tuple[_Commit, IndexSnapshot] | None = None
        self._opened: LocalSnapshot | None = None
        """The latest pair of parts that was opened, of one commit or not."""

    def snapshot(self) -> IndexSnapshot:
        commit = self._find_commit()
        if commit is None:
            return EMPTY
        latest = self._latest
        if latest is None or latest[0] != commit:
            with self._lock:
                latest = self._latest
                if latest is None or latest[0] != commit:
                    latest = self._latest = (commit, self._open(commit, latest))
        return latest[1]

    @contextmanager
    def write(self, models: Models) -> Iterator["LocalIndexWriter"]:
        with self._builds.locked(), ExitStack() as opened:
            build = self._builds.current()
            is_new = build is None
            build = build or self._builds.create()
            writer = LocalIndexWriter(build, models, self._numbers, opened)
            if is_new:
                writer.commit(0)
                self._builds.publish(build)
            else:
                self._builds.discard_others(build)
            yield writer

    @contextmanager
    def rebuild(self, models: Models, papers: int) -> Iterator["LocalIndexWriter"]:
        with self._builds.locked():
            build = self._builds.create()
            try:
                with ExitStack() as opened:
                    yield LocalIndexWriter(build, models, self._numbers, opened, papers)
            except BaseException:
                shutil.rmtree(build, ignore_errors=True)
                raise
            self._builds.publish(build)

    def is_fragmented(self) -> bool:
        build = self._builds.current()
        return build is not None and _are_many(segment_sizes(build))

    def location(self) -> str:
        return str(self._builds.root)

    def bytes_by_part(self) -> Mapping[str, int]:
        build = self._builds.current()
        return {part: bytes_below(build / part) if build else 0 for part in PARTS}

    def _find_commit(self) -> _Commit | None:
        build = self._builds.current()
        if build is None:
            return None
        rows = stamp_of(build / "vectors" / "manifest.json")
        words = stamp_of(build / "words" / "meta.json")
        if words is not None and rows is not None:
            return _Commit(build, words, rows)
        if self._builds.current() != build:  # replaced meanwhile
            return self._find_commit()
        missing = "words/meta.json" if words is None else "vectors/manifest.json"
        raise damaged(build, f"{missing} is missing")

    def _open(self, commit: _Commit, latest: tuple[_Commit, IndexSnapshot] | None) -> IndexSnapshot:
        """Open both parts; an unchanged part is used again.

        While a writer is between its two commits, the snapshot before stays the latest.
        """
        before = self._opened
        if before is not None and before.rows.build != commit.build:
            before = None
        rows = open_rows(commit.build, commit.rows, before.rows if before else None)
        if rows is None:
            return EMPTY
        opened = LocalSnapshot(
            open_postings(commit.build, before.postings if before else None), rows
        )
        self._opened = opened
        whole = opened.postings.applied == rows.manifest.applied
        if not whole and latest is not None and latest[0].build == commit.build:
            return latest[1]
        return opened


class LocalIndexWriter:
    """Implements ``index.port.IndexWriter`` for one build."""

    def __init__(
        self,
        build: Path,
        models: Models,
        numbers: AttributeNumbers,
        opened: ExitStack,
        papers: int = 0,
    ) -> None:
        """Open both parts; ``opened`` closes them. About ``papers`` papers will be added.

        Raises EmbedderMismatchError or IndexUnavailableError.
        """
        self._rows = RowWriter(build / "vectors", models, numbers)
        opened.callback(self._rows.close)
        self._postings = PostingsWriter(build / "words", papers)
        opened.callback(self._postings.close)
        self._pool = opened.enter_context(ThreadPoolExecutor(1, thread_name_prefix="rows"))
        self._pending: Future[None] | None = None

    @property
    def applied(self) -> int:
        return min(self._rows.applied, self._postings.applied)

    def add(self, documents: Sequence[IndexDocument], vectors: Vectors, tokens: TokenIds) -> None:
        if not documents:
            return
        self._finish_rows()
        # Both parts at once: two cores are busy with a large import.
        self._pending = self._pool.submit(self._rows.add, documents, vectors, tokens)
        self._postings.add(documents)

    def remove(self, keys: Sequence[int]) -> None:
        self._finish_rows()
        self._rows.remove(keys)
        self._postings.remove(keys)

    def commit(self, applied: int) -> None:
        self._finish_rows()
        # Rows first: a paper that the postings find must have its terms and its vector.
        self._rows.commit(applied)
        self._postings.commit(applied)

    def _finish_rows(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None


def _are_many(sizes: Sequence[int]) -> bool:
    """Return whether searching segments of these sizes takes noticeably longer than one.

    Not before a library has doubled since the last merge: while a source fills it, all merges
    together then take twice the time of the last one and not ten times.
    """
    papers = sum(sizes)
    large = sum(size >= LARGE_SEGMENT * papers for size in sizes)
    return papers >= FEWEST_TO_MERGE and large > MOST_SEGMENTS and 2 * max(sizes) < papers
