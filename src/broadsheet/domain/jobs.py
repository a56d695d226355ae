"""Background jobs: the state of each, and the leases under which they run."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LONGEST_LEASE = 3600
"""Seconds; a lease that claims to last longer was taken under a wrong clock."""


@dataclass(frozen=True, slots=True)
class JobState:
    """How the last run of a job went. Times are UTC."""

    name: str
    place: str
    """The home that runs the job for itself; "" for a job that all processes share."""
    started_at: dt.datetime
    finished_at: dt.datetime
    result: str
    """Plain words; "" if the run failed."""
    error: str = ""
    """Plain words; "" if the run succeeded."""
    failures: int = 0
    """Consecutive failures, the last run included."""
    retry_at: dt.datetime | None = None
    """No run before this time; None if the job's schedule alone decides."""


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Who holds a lease. ``expired`` by the clock of the database."""

    name: str
    holder: str
    expired: bool


class JobStore(Protocol):
    """Leases and the states of jobs. Thread-safe; shared by all processes of a library.

    Whether a lease has expired is decided by the clock of the database, so the clocks of
    several machines need not agree. Raises LibraryUnavailableError as PaperWriter does.
    """

    def take_lease(self, name: str, holder: str, seconds: int, instead_of: str = "") -> bool:
        """Take a lease that nobody holds, that has expired, or that ``instead_of`` holds.

        Returns whether ``holder`` has it now. At most one of several callers gets it.
        """
        ...

    def renew_lease(self, name: str, holder: str, seconds: int) -> bool:
        """Let a lease last ``seconds`` from now; False if ``holder`` no longer holds it."""
        ...

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back; does nothing if ``holder`` no longer holds it."""
        ...

    def find_lease(self, name: str) -> LeaseState | None:
        """The lease as it was taken last; None if it is free."""
        ...

    def save_job(self, state: JobState) -> None:
        """Replace the state of a job; forget states that are a month old."""
        ...

    def find_job(self, name: str, place: str) -> JobState | None:
        """The state of one job; None before its first run."""
        ...

    def job_states(self) -> Sequence[JobState]:
        """The states of all jobs, by name and place."""
        ...
