"""Sources run by the real runner and client, from a replica into a real database."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from broadsheet.backends.sql.store import SqlStore
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.sync import SourceRun
from broadsheet.ingest.decide import Decider
from broadsheet.ingest.network.opening import open_client
from broadsheet.ingest.network.waiting import Clock
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.ingest.sources.configured import ConfiguredSources
from broadsheet.ingest.sources.registry import SOURCES
from broadsheet.ingest.sync import Syncer
from replicas.server import Answer, Asked, ReplicaServer


class Desk:
    """Runs sources by name; time stands still at ``now`` and waiting takes none."""

    def __init__(self, store: SqlStore, folder: Path) -> None:
        self.store = store
        self.now = dt.datetime(2026, 9, 20, 12, tzinfo=dt.UTC)
        self.waited: list[float] = []
        self.servers: dict[str, ReplicaServer] = {}
        self.tables: dict[str, dict[str, Any]] = {}
        self._folder = folder
        self.syncer = Syncer(store, store.sources, self._open, folder, self._identifiers)

    def _open(self, chosen: Any, find: Any, clock: Clock) -> Any:
        return open_client(self._folder, "me@lab.example", ["127.0.0.1"], chosen, find, clock)

    def _identifiers(self, scheme: str) -> Iterator[Identifier]:
        return (each for _, each in self.store.iter_identifiers() if each.scheme == scheme)

    def _sleep(self, seconds: float) -> None:
        if seconds:
            self.waited.append(seconds)
            self.now += dt.timedelta(seconds=seconds)

    def serve(self, name: str, answer: Answer, **options: Any) -> ReplicaServer:
        """Let a replica stand in for the service of this source."""
        server = ReplicaServer(answer)
        server.__enter__()
        self.servers[name] = server
        self.tables[name] = {"endpoint": server.address, **options}
        return server

    def run(self, name: str, since: dt.date | None = None, **options: Any) -> SourceRun:
        table = {**self.tables[name], **options}
        chosen = ConfiguredSources(SOURCES, {name: table}).get(name)
        clock = Clock(
            now=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),
            sleep=self._sleep,
            draw=lambda: 0.5,
        )
        return self.syncer.run(chosen, since, clock=clock)

    def asked(self, name: str) -> list[Asked]:
        """What the replica was asked since this was last looked at."""
        asked, self.servers[name].asked = self.servers[name].asked, []
        return asked

    def places(self) -> set[tuple[str, str]]:
        """Origin and position of every record kept."""
        text = "select o.origin, r.position from records r join origins o on r.origin = o.number"
        with self.store._engine.connect() as connection:
            return {(origin, place) for origin, place in connection.execute(sa.text(text))}

    def pass_days(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    def close(self) -> None:
        for server in self.servers.values():
            server.__exit__(None, None, None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with SqlStore(tmp_path / "library.sqlite", Decider(parse_kept)) as store:
        desk = Desk(store, tmp_path / "sources")
        yield desk
        desk.close()
