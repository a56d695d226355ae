"""Indexing in this process: once, in the background, and beside an import."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from broadsheet.domain.errors import BroadsheetError, IndexLockedError, IndexUnavailableError
from broadsheet.domain.services import OnIndexed, ignore_progress
from broadsheet.index.indexer import Indexer

POLL_SECONDS = 0.2
"""Interval between looks for newly committed papers, also those of other processes."""

log = logging.getLogger(__name__)


class Indexing:
    """Keeps one library's index up to date. Thread-safe; close it to stop the background."""

    def __init__(
        self,
        indexer: Indexer,
        helper: Callable[[], AbstractContextManager[None]],
        renews_itself: Callable[[], bool],
    ) -> None:
        """``helper`` indexes in a separate process during the block and is up to date at its
        end; large imports use it to keep two cores busy. ``renews_itself`` says whether
        something else rebuilds an unusable index."""
        self._indexer = indexer
        self._helper = helper
        self._renews_itself = renews_itself
        self._closing = threading.Event()
        self._follower: threading.Thread | None = None

    def close(self) -> None:
        """Stop the background."""
        self._closing.set()
        if self._follower:
            self._follower.join()

    def run_once(self, on_progress: OnIndexed = ignore_progress) -> None:
        """Apply all changes so far; see ``AdminService.index_pending``."""
        try:
            self._indexer.catch_up(on_progress)
        except IndexLockedError:
            log.info("another process is indexing")

    def start(self) -> None:
        """Follow the database in the background until closed."""
        self._follower = threading.Thread(
            target=self._follow, args=(self._closing,), name="indexer", daemon=True
        )
        self._follower.start()

    def follow(self, wait: Callable[[float], bool]) -> None:
        """Keep the index up to date until ``wait(seconds)`` returns True, then once more."""
        while not wait(POLL_SECONDS):
            self.run_once()
        self.run_once()

    @contextmanager
    def during(self, large: bool = False) -> Iterator[None]:
        """Index while the block runs, and the rest after it. ``large``: in a separate process."""
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
            self.run_once()
        except IndexUnavailableError as error:
            log.warning("the stored papers cannot be searched yet: %s", error)

    def _follow(self, stopping: threading.Event) -> None:
        while not stopping.wait(POLL_SECONDS):
            try:
                if not self._indexer.fits():
                    if self._renews_itself():
                        continue
                    if self._indexer.renewal_due() == "all":  # not just replaced elsewhere
                        log.warning("the index cannot be used as it is: building it again")
                        self._indexer.rebuild()
                elif self._indexer.behind():
                    self.run_once()
            except IndexLockedError:
                log.info("another process is indexing")
            except BroadsheetError as error:
                log.warning("indexing failed, trying again in a minute: %s", error)
                stopping.wait(60)
