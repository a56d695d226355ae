"""Shared by tests of the polite client: a clock that does not wait, names for a server."""

import datetime as dt
from collections.abc import Callable

from broadsheet.net.client import PoliteClient
from broadsheet.net.waiting import Clock
from replicas.server import ReplicaServer


class FakeTime:
    """Sleeping takes no time and moves the clock; the sleeps are recorded."""

    def __init__(self) -> None:
        self.at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(round(seconds, 3))
            self.at += dt.timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.at,
            monotonic=lambda: self.at.timestamp(),
            sleep=self.sleep,
            draw=lambda: 1.0,
        )


OpenClient = Callable[..., PoliteClient]


def named(server: ReplicaServer, host: str = "papers.example") -> str:
    """The server's address under a name."""
    return server.address.replace("127.0.0.1", host)
