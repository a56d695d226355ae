"""Keep the indexes up with the library.

Changes are read in order and in batches. One thread reads papers, cleans their
text and gives them to the word index; another embeds them and writes vectors.
Both sides commit together and store the number of the last change with it, the
vectors first, as words are scored from what lies beside them: after a crash between
the two each side goes on from its own number, and applying a change twice leaves
one paper.

A commit costs time whatever it holds, and every search asks each segment of the word
index that commits leave behind. So while more is waiting the next comes only when
twenty times the duration of the last has gone by, and half of all the time so far;
the last batch is committed at once. A large import still leaves a dozen large
segments, and years of small ones some; then the words are written anew, as one segment.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.domain.paper import Change
from broadsheet.domain.ports import ChangeFeed, PaperReader
from broadsheet.domain.status import IndexStatus, Renewal
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.static.token_ids import Tokeniser
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.port import IndexStore, Models, Writers
from broadsheet.text.latex.plain_text import to_text

BATCH = 1_000
_COMMIT_SHARE = 0.05
_GROWTH = 0.5
_LONGEST_UNCOMMITTED = 60.0
MOST_SEGMENTS = 4
"""Large segments of the word index that are left alone."""
LARGE_SEGMENT = 0.02
"""Share of all papers from which a segment is large: smaller ones take next to no time."""
FEWEST_TO_MERGE = 50_000
"""Papers below which any number of segments is quick to ask."""

Progress = Callable[[int, int], None]
"""Called with (changes applied, number of the last change)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Changes up to ``upto``, sorted into what to add and what to remove."""

    documents: Sequence[IndexDocument]
    removed: Sequence[int]
    upto: int


class Indexer:
    """Applies a library's changes to its indexes. One call at a time."""

    def __init__(
        self,
        changes: ChangeFeed,
        papers: PaperReader,
        store: IndexStore,
        embedder: Embedder,
        tokeniser: Tokeniser,
        clean: Callable[[str], str] = to_text,
        configured: Embedder | None = None,
    ) -> None:
        """Incremental updates use ``embedder``; rebuilds use ``configured`` if it is another."""
        self._changes = changes
        self._papers = papers
        self._store = store
        self._embedder = embedder
        self._tokeniser = tokeniser
        self._clean = clean
        self._configured = configured or embedder

    def behind(self) -> int:
        """How many change numbers the indexes have yet to reach."""
        done = min(self._store.words.applied(), self._store.vectors.applied())
        return max(0, self._changes.last_change() - done)

    def fits(self) -> bool:
        """Whether what is stored, if anything, can be read and is of this indexer's models."""
        try:
            return self._stored_are_of(self._embedder)
        except IndexUnavailableError:
            return False

    def status(self) -> IndexStatus:
        """How the index is doing now."""
        try:
            return IndexStatus(
                papers=self._store.words.count_papers(),
                pending=self.behind(),
                bytes=self._store.bytes_by_part(),
                embedder=self._store.vectors.embedder() or "none yet",
                embedder_wanted=self._configured.name if self.renewal_due() == "all" else "",
            )
        except IndexUnavailableError as error:
            return IndexStatus(problem=str(error))

    def renewal_due(self) -> Renewal:
        """Decide which part of the index to rebuild.

        All of it if the vectors were made with another embedder than the configured one, the
        tokens with another tokeniser, or if the index is damaged or of another version; the
        word index if it has many large segments.
        """
        try:
            if not self._stored_are_of(self._configured):
                return "all"
            return "words" if _to_be_merged(self._store.segment_sizes()) else ""
        except IndexUnavailableError:
            return "all"

    def _stored_are_of(self, embedder: Embedder) -> bool:
        stored = (self._store.vectors.embedder(), self._store.vectors.tokeniser())
        return stored in ((None, None), (embedder.name, self._tokeniser.name))

    def catch_up(self, progress: Progress | None = None) -> int:
        """Apply all changes so far; returns how many papers were written or removed.

        Raises IndexLockedError where another process writes, EmbedderMismatchError
        where the vectors are of another embedder.
        """
        if not self.behind():
            return 0
        with self._store.write(self._models(self._embedder)) as writers:
            return self._apply(writers, self._embedder, progress)

    def rebuild(self, progress: Progress | None = None, keep_vectors: bool = False) -> int:
        """Build both indexes anew beside the old ones, then put them in their place; with
        ``keep_vectors`` the words alone, which takes six tenths of the time."""
        embedder = self._embedder if keep_vectors else self._configured
        models, papers = self._models(embedder), self._papers.count()
        with self._store.rebuild(models, papers, keep_vectors) as writers:
            return self._apply(writers, embedder, progress, seen=False)

    def renew(self, progress: Progress | None = None) -> Renewal:
        """Make anew what is due; returns what was."""
        due = self.renewal_due()
        if due:
            self.rebuild(progress, keep_vectors=due == "words")
        return due

    def _models(self, embedder: Embedder) -> Models:
        return Models(embedder.name, embedder.dimensions, self._tokeniser.name)

    def _apply(
        self, writers: Writers, embedder: Embedder, progress: Progress | None, seen: bool = True
    ) -> int:
        """``seen``: others read what is committed, so commit now and then."""
        start = min(writers.words.applied, writers.vectors.applied)
        at, count = start, 0
        began = committed = time.monotonic()
        pause = 0.0
        pending: Future[None] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="embed") as pool:
            while batch := self._next(at):
                if pending is not None:
                    pending.result()
                pending = pool.submit(self._write_vectors, writers, embedder, batch)
                self._write_words(writers, batch)
                at = batch.upto
                count += len(batch.documents) + len(batch.removed)
                waited = time.monotonic() - committed
                if seen and waited >= min(pause, _LONGEST_UNCOMMITTED):
                    pending.result()
                    took = _commit(writers, at)
                    committed = time.monotonic()
                    pause = max(took / _COMMIT_SHARE, (committed - began) * _GROWTH)
                if progress:
                    progress(at - start, self._changes.last_change() - start)
            if pending is not None:
                pending.result()
        if at > start or not start:
            _commit(writers, at)
        return count

    def _next(self, number: int) -> _Batch | None:
        changes = self._changes.changes_after(number, BATCH)
        if not changes:
            return None
        papers = self._papers.get_many([change.key for change in changes if not change.removed])
        documents = [make_document(paper, self._clean) for paper in papers.values()]
        # A paper that is gone although its change says otherwise was removed since.
        gone = [change.key for change in changes if change.key not in papers]
        return _Batch(documents, gone, _last(changes))

    def _write_words(self, writers: Writers, batch: _Batch) -> None:
        if batch.upto <= writers.words.applied:
            return
        writers.words.remove(batch.removed)
        writers.words.add(batch.documents)

    def _write_vectors(self, writers: Writers, embedder: Embedder, batch: _Batch) -> None:
        if batch.upto <= writers.vectors.applied:
            return
        writers.vectors.remove(batch.removed)
        if batch.documents:
            titles = [document.title for document in batch.documents]
            abstracts = [document.abstract for document in batch.documents]
            vectors = embedder.encode_documents(titles, abstracts)
            tokens = self._tokeniser.encode_papers(titles, abstracts)
            writers.vectors.add(batch.documents, np.asarray(vectors, np.float32), tokens)


def _commit(writers: Writers, upto: int) -> float:
    """Commit both sides, vectors first; returns the seconds it took."""
    began = time.monotonic()
    for side in (writers.vectors, writers.words):
        if upto > side.applied or not upto:
            side.commit(upto)
    return time.monotonic() - began


def _to_be_merged(sizes: Sequence[int]) -> bool:
    """Whether asking segments of these sizes takes noticeably longer than asking one.

    Not before a library has doubled since: while one is being filled by a source, that makes
    it twice the work of the last time and not ten times.
    """
    papers = sum(sizes)
    large = sum(size >= LARGE_SEGMENT * papers for size in sizes)
    return papers >= FEWEST_TO_MERGE and large > MOST_SEGMENTS and 2 * max(sizes) < papers


def _last(changes: Sequence[Change]) -> int:
    return max(change.number for change in changes)
