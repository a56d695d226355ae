"""A desk at which sources run: replica → client → runner → a real database."""

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper
from broadsheet.domain.sync import SourceRun
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.net.waiting import Clock
from broadsheet.sources.configured import ConfiguredSources
from broadsheet.sources.opening import open_client
from broadsheet.sources.registry import SOURCES
from broadsheet.sources.runner import Syncer
from replicas.server import Answer, ReceivedRequest, ReplicaServer


class KilledError(BaseException):
    """Stands for a crash inside a run."""


class Desk:
    """Runs sources by name. Waiting takes no time and moves the clock."""

    def __init__(self, store: SqlStore, folder: Path, stack: ExitStack, now: dt.datetime) -> None:
        self.store = store
        self.now = now
        self.waited: list[float] = []
        self.servers: dict[str, ReplicaServer] = {}
        self.tables: dict[str, dict[str, Any]] = {}
        self._folder = folder
        self._stack = stack
        self._syncer = Syncer(store, store.sources, self._open, self._identifiers)

    def serve(self, name: str, answer: Answer, **options: Any) -> ReplicaServer:
        """Let a replica stand in for the service of this source."""
        server = self._stack.enter_context(ReplicaServer(answer))
        self.servers[name] = server
        self.tables[name] = {"endpoint": server.address, **options}
        return server

    def run(
        self,
        name: str,
        since: dt.date | None = None,
        killed_at: int | None = None,
        **options: Any,
    ) -> SourceRun:
        """Run to the end; ``killed_at`` a page: kill it before that page's cursor is kept.

        ``options`` are set for this run only.
        """
        table = {**self.tables[name], **options}
        configured = ConfiguredSources(SOURCES, {name: table}).get(name)
        clock = Clock(
            now=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),
            sleep=self._sleep,
            draw=lambda: 0.5,
        )
        if killed_at is None:
            return self._syncer.run(configured, since, clock=clock)
        save, counter = self.store.sources.save_page, itertools.count(1)

        def save_page(*arguments: Any) -> None:
            if next(counter) == killed_at:
                raise KilledError
            save(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.store.sources, "save_page", save_page)
            with pytest.raises(KilledError):
                self._syncer.run(configured, since, clock=clock)
        return self.store.sources.last_runs()[name]

    def requests(self, name: str) -> list[ReceivedRequest]:
        """Return the replica's requests since the last call."""
        requests, self.servers[name].requests = self.servers[name].requests, []
        return requests

    def cursor(self, name: str) -> dict[str, str]:
        return dict(self.store.sources.cursor_of(name))

    def paper(self, name: str) -> Paper:
        return self.store.get(name)

    def places(self) -> set[tuple[str, str]]:
        """Origin and position of every record kept."""
        text = "select o.origin, r.position from records r join origins o on r.origin = o.number"
        with self.store._engine.connect() as connection:
            return {(origin, place) for origin, place in connection.execute(sa.text(text))}

    def pass_days(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    def _open(self, configured: Any, find: Any, clock: Clock) -> Any:
        return open_client(self._folder, "me@lab.example", ["127.0.0.1"], configured, find, clock)

    def _identifiers(self, scheme: str) -> Iterator[Identifier]:
        return (each for _, each in self.store.iter_identifiers() if each.scheme == scheme)

    def _sleep(self, seconds: float) -> None:
        if seconds:
            self.waited.append(round(seconds, 2))
            self.now += dt.timedelta(seconds=seconds)


@contextmanager
def open_desk(folder: Path, now: dt.datetime) -> Iterator[Desk]:
    """A desk with an empty library in ``folder``; all it serves ends with it."""
    with ExitStack() as stack:
        store = stack.enter_context(SqlStore(folder / "library.sqlite", Decider(parse_kept)))
        yield Desk(store, folder / "sources", stack, now)
