"""The use cases, thin: what every face (command line, web, later the API) calls."""

import datetime as dt
import functools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from broadsheet import __version__
from broadsheet.catalogue.provenance import compose_provenance
from broadsheet.domain.errors import (
    BroadsheetError,
    IndexLockedError,
    IndexUnavailableError,
    SyncRunningError,
)
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import ImportSummary, RejectedRecord
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import DayCount, Store
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.search import Completion, Hit, SearchAnswer, SearchRequest
from broadsheet.domain.signals import Signal
from broadsheet.domain.status import Status
from broadsheet.domain.sync import SourceRun, SourceStatus
from broadsheet.export.formats import get_export_format
from broadsheet.home import Home
from broadsheet.index.indexer import Indexer, Renewal
from broadsheet.index.maintenance import IndexMaintenance
from broadsheet.index.port import IndexStore
from broadsheet.ingest.pipeline import import_inputs, parse_kept, reread_records, retry_rejected
from broadsheet.ingest.reading import iter_inputs, total_size
from broadsheet.search.explain.explainer import Attributed
from broadsheet.search.query.completion import Completer
from broadsheet.search.rank.weights import Weights
from broadsheet.search.service import Searcher
from broadsheet.sources.keeping import SourceKeeper
from broadsheet.text.latex.plain_text import to_text

POLL_SECONDS = 0.2
"""How often a follower looks for papers that were committed, also by other processes."""

OnIndexed = Callable[[int, int], None]
"""Changes applied so far, and how many there are to apply."""

LARGE_IMPORT = 20_000_000
"""Bytes of files, as they lie there, from which a process of its own pays."""

log = logging.getLogger(__name__)


def _ignore(done: int, total: int) -> None:
    """Progress that nobody watches."""


class Engine:
    """One open library. Thread-safe; close it, or use it as a context manager."""

    def __init__(
        self,
        home: Home,
        store: Store,
        index: IndexStore,
        indexer: Indexer,
        searcher: Searcher,
        keeper: SourceKeeper,
        maintenance: IndexMaintenance,
        helper: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """``helper`` indexes in a process of its own during the block, and is up to
        date at its end; large imports use it, to have two cores at work."""
        self._helper = helper
        self._home = home
        self._store = store
        self._indexer = indexer
        self._searcher = searcher
        self._keeper = keeper
        self._maintenance = maintenance
        self._completer = Completer(index.words, store, to_text)
        self._closing = threading.Event()
        self._follower: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop what goes on in the background and let go of files."""
        self._closing.set()
        self._keeper.close()
        self._maintenance.close()
        if self._follower:
            self._follower.join()
        self._store.close()

    # Filling the library

    def import_paths(
        self,
        paths: Sequence[str],
        format_name: str | None = None,
        on_progress: Callable[[int, float | None], None] = lambda records, share: None,
    ) -> ImportSummary:
        """Import files and folders, indexing what is committed while reading on.

        ``on_progress(records read, share of the bytes)``. Raises InvalidInputError
        for a path that does not exist or an unknown format.
        """
        inputs = iter_inputs(paths, format_name)
        size = total_size(paths)
        with self._indexed_meanwhile(size is None or size > LARGE_IMPORT):
            return import_inputs(inputs, self._store, on_progress, size)

    def retry_rejected(self) -> ImportSummary:
        """Try every rejected record again; those that succeed leave the list."""
        with self._indexed_meanwhile():
            return retry_rejected(self._store)

    def reread_records(
        self, restart: bool = False, on_progress: Callable[[int], None] = lambda records: None
    ) -> ImportSummary:
        """Parse all kept records again, as after an update of this program.

        Goes on where a reading that was cut off stopped; ``restart`` begins anew.
        ``on_progress(records read)``. In the summary ``updated`` are records of papers
        that readers see differently now, ``rejected`` those that cannot be read any more.
        """
        if restart:
            self._store.restart_rereading()
        with self._indexed_meanwhile():
            return reread_records(self._store, on_progress)

    def iter_rejected(self) -> Iterator[RejectedRecord]:
        """Rejected records, the oldest first."""
        return self._store.iter_rejected()

    def forget_rejected(self, numbers: Iterable[int]) -> None:
        """Take records off the rejected list."""
        self._store.remove_rejected(numbers)

    # Sources on the network

    def sync(
        self,
        names: Sequence[str] = (),
        since: dt.date | None = None,
        on_progress: Callable[[str, int, float | None], None] = lambda title, records, share: None,
    ) -> Iterator[SourceRun | SyncRunningError]:
        """Run sources one after the other, without names those that are switched on.

        Yields how each ended, and the error for one that runs already elsewhere.
        ``since`` wins over where a source left off. ``on_progress(title of the source,
        records read, share of the whole where it is known)``. Raises InvalidInputError
        for an unknown source or settings that cannot be used.
        """
        chosen = self._keeper.choose(names)
        with self._indexed_meanwhile():
            for each in chosen:
                advance = functools.partial(on_progress, each.source.title)
                try:
                    yield self._keeper.run(each, since, advance)
                except SyncRunningError as error:
                    yield error

    def start_syncing(self) -> Sequence[str]:
        """Run the sources that are switched on by their schedule in the background until
        closed. Gives their titles, none where none is. Raises InvalidInputError for
        settings that cannot be used."""
        chosen = self._keeper.switched_on()
        if chosen:
            self._keeper.start(chosen)
        return [each.source.title for each in chosen]

    def watch_sources(self, names: Sequence[str], on_run: Callable[[SourceRun], None]) -> None:
        """Run sources by their schedule in the background until closed, and index.

        Chooses as ``sync`` does; ``on_run`` is told of each run that ended, in a thread
        of its own.
        """
        chosen = self._keeper.choose(names)
        self.start_indexing()
        self._keeper.start(chosen, on_run)

    def source_statuses(self) -> Sequence[SourceStatus]:
        """How each source stands: those switched on first, then the others."""
        return self._keeper.statuses()

    def source_runs(self, name: str, limit: int) -> Sequence[SourceRun]:
        """The latest runs of a source first."""
        return self._keeper.runs_of(name, limit)

    # Indexing

    def index_pending(self, on_progress: OnIndexed = _ignore) -> None:
        """Make everything committed so far searchable.

        Returns at once where another process is doing so already. Raises
        EmbedderMismatchError where the stored vectors are of another embedder,
        IndexUnavailableError where the index cannot be read.
        """
        try:
            self._indexer.catch_up(on_progress)
        except IndexLockedError:
            log.info("another process is indexing")

    def rebuild_index(self, on_progress: OnIndexed = _ignore) -> None:
        """Build the index anew from the database, then switch over."""
        self._indexer.rebuild(on_progress)

    def renewal_due(self) -> Renewal:
        """What of the index is to be made anew; see ``Indexer.renewal_due``."""
        return self._indexer.renewal_due()

    def renew_index(self, on_progress: OnIndexed = _ignore) -> Renewal:
        """Make anew what of the index is due; what was."""
        return self._indexer.renew(on_progress)

    def start_indexing(self) -> None:
        """Follow the database in the background until closed."""
        self._follower = threading.Thread(
            target=self._follow, args=(self._closing,), name="indexer", daemon=True
        )
        self._follower.start()

    def _follow(self, stopping: threading.Event) -> None:
        while not stopping.wait(POLL_SECONDS):
            try:
                if not self._indexer.fits():
                    if self._maintenance.started:
                        continue
                    if self.renewal_due() == "all":  # not just replaced by another process
                        log.warning("the index cannot be used as it is: making it anew")
                        self.rebuild_index()
                elif self._indexer.behind():
                    self.index_pending()
            except IndexLockedError:
                log.info("another process is indexing")
            except BroadsheetError as error:
                log.warning("indexing failed, trying again in a minute: %s", error)
                stopping.wait(60)

    def follow(self, wait: Callable[[float], bool]) -> None:
        """Keep the index up until ``wait(seconds)`` says to stop, then once more."""
        while not wait(POLL_SECONDS):
            self.index_pending()
        self.index_pending()

    @contextmanager
    def _indexed_meanwhile(self, large: bool = False) -> Iterator[None]:
        """Index beside the block, and the rest after it."""
        if self._follower:
            yield
            return
        if large:
            with self._helper():
                yield
        else:
            done = threading.Event()
            thread = threading.Thread(
                target=self._follow, args=(done,), name="indexer", daemon=True
            )
            thread.start()
            try:
                yield
            finally:
                done.set()
                thread.join()
        try:
            self.index_pending()
        except IndexUnavailableError as error:
            log.warning("what is stored cannot be searched yet: %s", error)

    def start_maintenance(self) -> None:
        """Rebuild the index in a child process whenever that is due, until closed."""
        self._maintenance.start()

    # Reading

    def search(self, request: SearchRequest) -> SearchAnswer:
        """A page of results for a query in the query language."""
        return self._searcher.search(request)

    def explain(self, request: SearchRequest, name: str) -> Explanation:
        """Why a paper stands where it does for a query; raises PaperNotFoundError."""
        return self._searcher.explain(request, self._store.get(name))

    def attribute(self, request: SearchRequest, name: str) -> Attributed:
        """The attribution behind an explanation, with its scores: for evaluation."""
        return self._searcher.attribute(request, self._store.get(name))

    def complete(self, text: str, limit: int = 8) -> tuple[Completion, ...]:
        """What a reader who typed ``text`` may be about to type; quick enough for each key."""
        return self._completer.complete(text, limit)

    def rank(self, request: SearchRequest) -> Sequence[tuple[int, float]]:
        """(paper key, score) of the same ranking, without the papers: for evaluation."""
        return self._searcher.rank(request)

    def prepare(self, request: SearchRequest) -> Callable[[Weights], Sequence[tuple[int, float]]]:
        """``rank`` for any weights, with its candidates found once: to choose weights."""
        return self._searcher.prepare(request)

    def similar(self, name: str, limit: int) -> tuple[Hit, ...]:
        """Papers nearest in meaning to one; raises PaperNotFoundError."""
        return tuple(self._searcher.likeness.to_paper(self._store.get(name).key, limit))

    def similar_to_text(self, text: str, limit: int) -> tuple[Hit, ...]:
        """Papers nearest to a text, for instance a whole abstract; raises
        InvalidInputError for one without any word."""
        return tuple(self._searcher.likeness.to_text(text, limit))

    def explain_similar_to_text(self, text: str, name: str) -> Explanation:
        """Why a paper is near to a text, or is not; raises PaperNotFoundError, and
        InvalidInputError for a text without any word."""
        return self._searcher.likeness.explain(text, self._store.get(name))

    def get_paper(self, name: str) -> Paper:
        """By id, any identifier, or a former id; raises PaperNotFoundError."""
        return self._store.get(name)

    def get_provenance(self, name: str) -> Provenance:
        """Where each field of a paper comes from, and its records; raises PaperNotFoundError."""
        kept = self._store.records_of(self._store.get(name).key)
        return compose_provenance(kept, parse_kept)

    def get_signals(self, name: str) -> Sequence[Signal]:
        """How a paper's citations, votes and stars changed; raises PaperNotFoundError."""
        return self._store.get_signals(self._store.get(name).key)

    def iter_signals(self, name: str, since: dt.date) -> Iterator[Signal]:
        """How one signal ("upvotes") changed over all papers from a day on."""
        return self._store.iter_signals(name, since)

    def export(self, names: Sequence[str], format_name: str) -> str:
        """Papers in an export format; raises PaperNotFoundError, InvalidInputError."""
        render = get_export_format(format_name).render
        return render([self._store.get(name) for name in names])

    def iter_identifiers(self) -> Iterable[tuple[int, Identifier]]:
        """Every (paper key, identifier)."""
        return self._store.iter_identifiers()

    # Days

    def latest_day(self) -> dt.date | None:
        """The latest day with papers, not after today; None in an empty library."""
        return self._store.latest_day()

    def papers_of_day(self, day: dt.date, limit: int, offset: int = 0) -> Sequence[Paper]:
        """A day's papers, most upvoted first."""
        return self._store.papers_of_day(day, limit, offset)

    def count_of_day(self, day: dt.date) -> int:
        """How many papers a day has."""
        return self._store.count_of_day(day)

    def neighbouring_days(self, day: dt.date) -> tuple[DayCount | None, DayCount | None]:
        """The nearest earlier and later day with papers."""
        return self._store.neighbouring_days(day)

    def status(self) -> Status:
        """Counts, sizes and the embedder, as they are now; where the index cannot be read, why."""
        index = self._indexer.status()
        return Status(
            version=__version__,
            home=str(self._home.path),
            papers=self._store.count(),
            indexed=index.papers,
            pending=index.pending,
            rejected=self._store.count_rejected(),
            bytes={"database": self._home.database_bytes(), **index.bytes},
            embedder=index.embedder,
            embedder_wanted=index.embedder_wanted,
            problem=index.problem,
            last_change=self._store.last_changed_at(),
        )
