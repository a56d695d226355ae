"""Keep the index up with the library.

Changes are applied in order and in batches. While one batch is written, the next is read, its
text made readable and embedded in another thread. A commit stores the number of the last change
with it, so that after a crash the indexer goes on from there; applying a change twice leaves one
paper.

A commit costs time whatever it holds, and every search reads each segment of the postings that
commits leave behind. So while more changes are waiting, the next commit comes only after twenty
times the duration of the last one, and after half of all the time so far; the last batch is
committed at once. A large import still leaves a dozen large segments; a rebuild merges them
(``IndexStore.is_fragmented``, ``index.maintenance``).

A rebuild that only merges segments reads the vectors of unchanged papers from the index before.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.domain.paper import Change
from broadsheet.domain.ports import ChangeFeed, PaperReader
from broadsheet.domain.status import IndexStatus, Renewal
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.empty import EMPTY
from broadsheet.index.port import IndexSnapshot, IndexStore, IndexWriter, Models, Vectors

BATCH = 1_000
_COMMIT_SHARE = 0.05
_GROWTH = 0.5
_LONGEST_UNCOMMITTED = 60.0

Progress = Callable[[int, int], None]
"""Called with (changes applied, number of the last change)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Changes up to ``upto``: documents to add and keys to remove."""

    documents: Sequence[IndexDocument]
    removed: Sequence[int]
    upto: int


@dataclass(frozen=True, slots=True)
class _Encoder:
    """Encode papers; vectors of unchanged papers are read from ``before``."""

    embedder: Embedder
    before: IndexSnapshot

    def encode(self, documents: Sequence[IndexDocument]) -> tuple[Vectors, TokenIds]:
        titles = [document.title for document in documents]
        abstracts = [document.abstract for document in documents]
        tokens = default_tokeniser().encode_papers(titles, abstracts)
        if self.before.embedder != self.embedder.name:
            vectors = self.embedder.encode_documents(titles, abstracts)
            return np.asarray(vectors, np.float32), tokens
        keys = np.array([document.key for document in documents], np.int64)
        stored = self.before.documents(keys, {"vector", "text"})
        changed = [
            at
            for at, (document, text) in enumerate(zip(documents, stored.texts, strict=True))
            if text is None or text.checksum != document.checksum
        ]
        vectors = stored.vectors
        if changed:
            vectors[changed] = self.embedder.encode_documents(
                [titles[at] for at in changed], [abstracts[at] for at in changed]
            )
        return vectors, tokens


class Indexer:
    """Apply a library's changes to its index. One call at a time."""

    def __init__(
        self,
        changes: ChangeFeed,
        papers: PaperReader,
        store: IndexStore,
        embedders: EmbedderRegistry,
    ) -> None:
        """Incremental updates use the embedder of the stored vectors, rebuilds the configured."""
        self._changes = changes
        self._papers = papers
        self._store = store
        self._embedders = embedders

    def behind(self) -> int:
        """Return how many change numbers the index has yet to reach."""
        return max(0, self._changes.last_change() - self._store.snapshot().applied)

    def fits(self) -> bool:
        """Return whether new papers can be added: the index, if there is one, is readable and
        was made with models that this machine has."""
        try:
            snapshot = self._store.snapshot()
        except IndexUnavailableError:
            return False
        return _is_made_with(snapshot, self._embedders.for_vectors(snapshot.embedder))

    def status(self) -> IndexStatus:
        """Return how the index is doing now."""
        try:
            snapshot = self._store.snapshot()
            return IndexStatus(
                papers=snapshot.papers,
                pending=self.behind(),
                bytes=self._store.bytes_by_part(),
                embedder=snapshot.embedder or "none yet",
                embedder_wanted=self._embedders.configured.name
                if self.renewal_due() == "all"
                else "",
            )
        except IndexUnavailableError as error:
            return IndexStatus(problem=str(error))

    def renewal_due(self) -> Renewal:
        """Return why a rebuild is due.

        "all" if the vectors were made with another embedder than the configured one, the tokens
        with another tokeniser, or if the index is damaged or of another version; "words" if it
        has many large segments of words.
        """
        try:
            if not _is_made_with(self._store.snapshot(), self._embedders.configured):
                return "all"
            return "words" if self._store.is_fragmented() else ""
        except IndexUnavailableError:
            return "all"

    def catch_up(self, progress: Progress | None = None) -> int:
        """Apply all changes so far; return how many papers were written or removed.

        Raises IndexLockedError if another process writes, EmbedderMismatchError if the vectors
        were made with an embedder that this machine does not have.
        """
        if not self.behind():
            return 0
        embedder = self._embedders.for_vectors(self._store.snapshot().embedder)
        with self._store.write(_models(embedder)) as writer:
            return self._apply(writer, _Encoder(embedder, EMPTY), progress)

    def rebuild(self, progress: Progress | None = None, reuse_vectors: bool = False) -> int:
        """Build the index again beside the old one, then put it in its place.

        With ``reuse_vectors`` the stored vectors of unchanged papers are not computed again.
        """
        embedder = self._embedders.configured
        before = self._store.snapshot() if reuse_vectors else EMPTY
        with self._store.rebuild(_models(embedder), self._papers.count()) as writer:
            return self._apply(writer, _Encoder(embedder, before), progress, commits=False)

    def renew(self, progress: Progress | None = None) -> Renewal:
        """Rebuild the index if that is due; return why it was."""
        due = self.renewal_due()
        if due:
            self.rebuild(progress, reuse_vectors=due == "words")
        return due

    def _apply(
        self,
        writer: IndexWriter,
        encoder: _Encoder,
        progress: Progress | None,
        commits: bool = True,
    ) -> int:
        """Write all changes; with ``commits`` readers see them now and then, not only at the end."""
        start = at = writer.applied
        count = 0
        began = committed = time.monotonic()
        pause = 0.0
        for batch, (vectors, tokens) in self._iter_encoded(start, encoder):
            writer.remove(batch.removed)
            writer.add(batch.documents, vectors, tokens)
            at = batch.upto
            count += len(batch.documents) + len(batch.removed)
            if commits and time.monotonic() - committed >= min(pause, _LONGEST_UNCOMMITTED):
                before_commit = time.monotonic()
                writer.commit(at)
                committed = time.monotonic()
                took = committed - before_commit
                pause = max(took / _COMMIT_SHARE, (committed - began) * _GROWTH)
            if progress:
                progress(at - start, self._changes.last_change() - start)
        if at > writer.applied or not start:
            writer.commit(at)
        return count

    def _iter_encoded(
        self, start: int, encoder: _Encoder
    ) -> Iterator[tuple[_Batch, tuple[Vectors, TokenIds]]]:
        """Yield batches of changes with their vectors; the next one is encoded meanwhile."""
        with ThreadPoolExecutor(1, thread_name_prefix="embed") as pool:
            ahead: tuple[_Batch, Future[tuple[Vectors, TokenIds]]] | None = None
            at = start
            while True:
                batch = self._next(at)
                encoded = pool.submit(encoder.encode, batch.documents) if batch else None
                if ahead is not None:
                    yield ahead[0], ahead[1].result()
                if batch is None or encoded is None:
                    return
                ahead = (batch, encoded)
                at = batch.upto

    def _next(self, number: int) -> _Batch | None:
        changes = self._changes.changes_after(number, BATCH)
        if not changes:
            return None
        papers = self._papers.get_many([change.key for change in changes if not change.removed])
        documents = [make_document(paper) for paper in papers.values()]
        # A paper that is gone although its change says otherwise was removed since.
        gone = [change.key for change in changes if change.key not in papers]
        return _Batch(documents, gone, _last(changes))


def _is_made_with(snapshot: IndexSnapshot, embedder: Embedder) -> bool:
    stored = (snapshot.embedder, snapshot.tokeniser)
    return stored in ((None, None), (embedder.name, default_tokeniser().name))


def _models(embedder: Embedder) -> Models:
    return Models(embedder.name, embedder.dimensions, default_tokeniser().name)


def _last(changes: Sequence[Change]) -> int:
    return max(change.number for change in changes)
