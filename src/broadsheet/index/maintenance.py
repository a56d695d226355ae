"""Rebuild the index in the background when it is due: another embedder, many segments, damage."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from subprocess import Popen

from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.status import Renewal

CHECK_SECONDS = 30.0
"""Interval between two checks."""
FIRST_CHECK_SECONDS = 2.0
_RETRY_SECONDS = 3600.0
_IDLE_GROWTH = 1.01
"""A library that grew by more since the last check is being filled: merging waits."""

log = logging.getLogger(__name__)


class IndexMaintenance:
    """Rebuild one library's index in a child process. Thread-safe; close it to stop."""

    def __init__(
        self,
        papers: PaperReader,
        renewal_due: Callable[[], Renewal],
        child: Callable[[], AbstractContextManager[Popen[bytes]]],
    ) -> None:
        """``child`` starts the rebuild in a process of its own, so that pages stay fast.

        The process ends with its block at the latest.
        """
        self._papers = papers
        self._renewal_due = renewal_due
        self._child = child
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Check and rebuild in the background until closed."""
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether the background thread rebuilds the index."""
        return self._thread is not None

    def close(self) -> None:
        """Stop. A child process is ended and its unfinished work is lost."""
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        last_count = 0
        wait = FIRST_CHECK_SECONDS
        while not self._closing.wait(wait):
            wait = CHECK_SECONDS
            try:
                papers = self._papers.count()
                due = self._renewal_due()
                idle = papers <= _IDLE_GROWTH * (last_count or papers)
                last_count = papers
                if due == "all" or (due and idle):
                    wait = self._renew()
            except (BroadsheetError, OSError) as error:
                log.warning("rebuilding the index failed, trying again in an hour: %s", error)
                wait = _RETRY_SECONDS

    def _renew(self) -> float:
        """Rebuild what is due; return the seconds until the next check."""
        if not self._run_child():
            log.warning("rebuilding the index failed; trying again in an hour")
            return _RETRY_SECONDS
        # Back off for an hour if a rebuild is due again immediately.
        return _RETRY_SECONDS if self._renewal_due() else CHECK_SECONDS

    def _run_child(self) -> bool:
        """Return whether the child succeeded, or was ended by closing."""
        with self._child() as child:
            while child.poll() is None:
                if self._closing.wait(0.2):
                    return True
            return child.returncode == 0
