"""Leases: the right to run a shared job, for a while, in one process of many.

A holder renews its lease while it works. If it dies or loses the database, the lease
expires and another process goes on. A holder on this machine whose process is gone is
replaced at once. Martin Kleppmann, "How to do distributed locking" (2016), says why a lease
alone cannot make writes exclusive: a job must still be safe to run twice.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broadsheet.domain.errors import BroadsheetError, LeaseHeldError
from broadsheet.domain.jobs import JobStore, LeaseState

LEASE_SECONDS = 90
"""Long enough for a holder to wait for another writer (60 s) before it can renew."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run ``name`` until ``stop`` is set.

    ``stop`` is set if the library closes or the lease is lost; long work looks at it
    between its steps.
    """

    name: str
    stop: threading.Event = field(default_factory=threading.Event)


class Leases:
    """Takes and renews leases for this process. Thread-safe."""

    def __init__(self, store: JobStore, seconds: int = LEASE_SECONDS) -> None:
        self._store = store
        self._seconds = seconds

    @contextmanager
    def hold(self, lease: Lease) -> Iterator[None]:
        """Hold ``lease`` while the block runs. Raises LeaseHeldError if another holds it."""
        holder = f"{_machine()}/{os.getpid()}/{uuid.uuid4().hex[:12]}"
        self._take(lease.name, holder)
        done = threading.Event()
        renewing = threading.Thread(
            target=self._renew, args=(lease, holder, done), name=f"lease {lease.name}", daemon=True
        )
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            self._store.release_lease(lease.name, holder)

    def is_held(self, name: str) -> bool:
        """Whether any process holds the lease now, this one included."""
        current = self._store.find_lease(name)
        return current is not None and not current.expired and not _is_dead(current)

    def _take(self, name: str, holder: str) -> None:
        if self._store.take_lease(name, holder, self._seconds):
            return
        current = self._store.find_lease(name)
        dead = current.holder if current and _is_dead(current) else ""
        if not self._store.take_lease(name, holder, self._seconds, instead_of=dead):
            raise LeaseHeldError(name)

    def _renew(self, lease: Lease, holder: str, done: threading.Event) -> None:
        renewed_at = time.monotonic()
        while not done.wait(self._seconds / 4):
            began = time.monotonic()
            try:
                if not self._store.renew_lease(lease.name, holder, self._seconds):
                    lease.stop.set()
                    return
                renewed_at = began
            except BroadsheetError:
                # The database is busy or away: hold on for as long as the lease surely lasts.
                if time.monotonic() - renewed_at >= self._seconds:
                    lease.stop.set()
                    return


def _is_dead(lease: LeaseState) -> bool:
    """Whether the holder was a process of this machine that is gone."""
    machine, _, rest = lease.holder.rpartition("/")[0].rpartition("/")
    if machine != _machine() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it lives, and belongs to another user
    return False


def _machine() -> str:
    """A name for the set of processes whose numbers this process can look up."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return f"{socket.gethostname()}-{uuid.getnode()}"
