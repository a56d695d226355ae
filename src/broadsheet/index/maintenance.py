"""Rebuild the index when that is due: another embedder, many segments, damage."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from subprocess import Popen

from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.status import Renewal
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Backoff, Job, JobResult

CHECK_SECONDS = 30.0
"""Interval between two checks."""
_AGAIN = dt.timedelta(hours=1)
_IDLE_GROWTH = 1.01
"""A library that grew by more since the last check is being filled: merging waits."""


class IndexMaintenance:
    """Rebuild one library's index in a child process; a background job."""

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
        self._last_count = 0
        self._not_before: dt.datetime | None = None

    def job(self) -> Job:
        """The background job. Each home has its own index, so each home runs it."""
        return Job(
            "index maintenance",
            self.due,
            self.run,
            interval=CHECK_SECONDS,
            shared=False,
            backoff=Backoff(first=3600, longest=3600),
            close_timeout=None,
        )

    def due(self, now: dt.datetime) -> bool:
        """Whether to rebuild now: an unusable index at once, others if the library rests."""
        if self._not_before and now < self._not_before <= now + _AGAIN:
            return False
        papers = self._papers.count()
        renewal = self._renewal_due()
        idle = papers <= _IDLE_GROWTH * (self._last_count or papers)
        self._last_count = papers
        return renewal == "all" or (bool(renewal) and idle)

    def run(self, lease: Lease) -> JobResult | None:
        """Rebuild in a child process; if ``lease`` ends first its unfinished work is lost."""
        renewal = self._renewal_due()
        with self._child() as child:
            while child.poll() is None:
                if lease.stop.wait(0.2):
                    return None
            if child.returncode:
                raise IndexUnavailableError(
                    "the rebuild of the index in the background ended with status "
                    f"{child.returncode}; `broadsheet index renew` shows why"
                )
        # Back off for an hour if a rebuild is due again immediately.
        self._not_before = dt.datetime.now(dt.UTC) + _AGAIN if self._renewal_due() else None
        return JobResult(_RESULTS[renewal])


_RESULTS = {
    "": "nothing was due any more",
    "words": "merged the segments of the word index",
    "all": "built the index again",
}
