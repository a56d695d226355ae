"""Both indexes in one folder: opening, writing, rebuilding."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson

from broadsheet.backends.local_index.builds import Builds, bytes_below, reported
from broadsheet.backends.local_index.forward.files import FlatVectorWriter, Known
from broadsheet.backends.local_index.postings.cutter import WordCutter
from broadsheet.backends.local_index.postings.index import EmbeddedWordIndex
from broadsheet.backends.local_index.postings.writer import TantivyWriter
from broadsheet.backends.local_index.vectors.index import FlatVectorIndex
from broadsheet.index.port import Models, VectorIndex, WordIndex, Writers


class EmbeddedIndexStore:
    """Implements ``search.ports.IndexStore``. Thread-safe; keeps files mapped while it lives."""

    def __init__(self, folder: Path) -> None:
        """``folder`` need not exist; it is made by the first writer."""
        self._builds = Builds(folder)
        self._vectors = FlatVectorIndex(self._builds)
        self._known = Known(WordCutter())
        self._words = EmbeddedWordIndex(self._builds, self._vectors, self._known.cutter)

    @property
    def words(self) -> WordIndex:
        return self._words

    @property
    def vectors(self) -> VectorIndex:
        return self._vectors

    @contextmanager
    def write(self, models: Models) -> Iterator[Writers]:
        with self._builds.locked(), ExitStack() as opened:
            build = self._builds.current()
            fresh = build is None
            build = build or self._builds.create()
            writers = _open(build, models, self._known, opened)
            if fresh:
                writers.words.commit(0)
                writers.vectors.commit(0)
                self._builds.publish(build)
            else:
                self._builds.discard_others(build)
            yield writers

    @contextmanager
    def rebuild(self, models: Models, papers: int, keep_vectors: bool = False) -> Iterator[Writers]:
        with self._builds.locked():
            current = self._builds.current() if keep_vectors else None
            build = self._builds.create()
            try:
                if current is not None:
                    _share_files(current / "vectors", build / "vectors")
                with ExitStack() as opened:
                    yield _open(build, models, self._known, opened, papers)
            except BaseException:
                shutil.rmtree(build, ignore_errors=True)
                raise
            self._builds.publish(build)

    def segment_sizes(self) -> Sequence[int]:
        build = self._builds.current()
        if build is None:
            return []
        meta = build / "words" / "meta.json"
        with reported(meta):
            segments = orjson.loads(meta.read_bytes())["segments"]
        return [
            segment["max_doc"] - (segment["deletes"] or {"num_deleted_docs": 0})["num_deleted_docs"]
            for segment in segments
        ]

    def bytes_by_part(self) -> Mapping[str, int]:
        build = self._builds.current()
        parts = ("words", "vectors")
        return {part: bytes_below(build / part) if build else 0 for part in parts}


def _share_files(source: Path, target: Path) -> None:
    """The files of vectors in a second build. Both see what is appended, and read as much of it
    as their own manifest says, which is replaced and never written to."""
    target.mkdir()
    for path in source.iterdir():
        try:
            os.link(path, target / path.name)
        except OSError:  # not every file system has links
            shutil.copyfile(path, target / path.name)


def _open(build: Path, models: Models, known: Known, opened: ExitStack, papers: int = 0) -> Writers:
    vectors = FlatVectorWriter(build / "vectors", models, known)
    opened.callback(vectors.close)
    words = TantivyWriter(build / "words", papers)
    opened.callback(words.close)
    return Writers(words, vectors)
