"""A client over a real server on this machine, with a clock that does not wait."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.client import PoliteClient
from broadsheet.net.pace import Pace
from broadsheet.net.transport import CheckedBackend, CheckedTransport, resolve
from broadsheet.net.waiting import RetryPolicy
from broadsheet.sources.source import Policy
from network_client import FakeTime, OpenClient
from replicas.server import ReceivedRequest, ReplicaServer, Reply


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def server() -> Iterator[ReplicaServer]:
    def answer(request: ReceivedRequest) -> Reply:
        return Reply("hello", headers={"ETag": '"1"'})

    with ReplicaServer(answer) as server:
        yield server


@pytest.fixture
def open_client(tmp_path: Path, time: FakeTime) -> Iterator[OpenClient]:
    """``open_client(policy)``; the names ending in ".example" lead to this machine."""
    opened: list[PoliteClient] = []

    def look_up(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host.endswith(".example") else resolve(host, port)

    def open_it(
        policy: Policy | None = None,
        private: Sequence[str] = ("127.0.0.1", "papers.example", "other.example"),
        source: str = "test",
        retry: RetryPolicy | None = None,
        **more: object,
    ) -> PoliteClient:
        policy = policy or Policy(spacing=0)
        retry = retry or RetryPolicy(read_timeout=5)
        pace = Pace(tmp_path / "sources", source, policy, time.clock, retry.longest_wait)
        transport = CheckedTransport(CheckedBackend(PrivateHosts(private), look_up))
        opened.append(PoliteClient(transport, pace, "me@lab.example", time.clock, retry, **more))
        return opened[-1]

    yield open_it
    for client in opened:
        client.close()
