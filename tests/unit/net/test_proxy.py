"""Through a proxy that the reader chose, to addresses that were checked."""

import socket
import threading
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from broadsheet.domain.errors import AddressRefusedError, SourceUnavailableError
from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.client import PoliteClient
from broadsheet.net.pace import Pace
from broadsheet.net.transport import CheckedBackend, CheckedTransport
from broadsheet.net.waiting import RetryPolicy
from broadsheet.sources.source import Policy
from network_client import FakeTime
from replicas.server import ReplicaServer, redirect


class ProxyReplica:
    """Takes CONNECT and leads to ``server``, wherever it is asked to; ``heads`` it was sent."""

    def __init__(self, server: ReplicaServer, status: str = "200 Connection established") -> None:
        self.heads: list[str] = []
        self.status = status
        self._server = server
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://reader:p%40ss@127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += near.recv(1)
            self.heads.append(head.decode())
            near.sendall(f"HTTP/1.1 {self.status}\r\nVia: x\r\n\r\n".encode())
            if not self.status.startswith("200"):
                near.close()
                continue
            parts = urlsplit(self._server.address)
            far = socket.create_connection((parts.hostname, parts.port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pour, args=(one, other), daemon=True).start()


def _pour(one: socket.socket, other: socket.socket) -> None:
    try:
        while packet := one.recv(65_536):
            other.sendall(packet)
    except OSError:
        pass
    finally:
        other.close()


@pytest.fixture
def proxy(server: ReplicaServer) -> Iterator[ProxyReplica]:
    proxy = ProxyReplica(server)
    yield proxy
    proxy.close()


@pytest.fixture
def client(tmp_path: Path, time: FakeTime, proxy: ProxyReplica) -> Iterator[PoliteClient]:
    def look_up(host: str, port: int) -> Sequence[str]:
        addresses = {"papers.example": "93.184.215.14", "inside.example": "10.1.2.3"}
        return [addresses.get(host, host)]

    pace = Pace(tmp_path, "test", Policy(spacing=0), time.clock, 600)
    backend = CheckedBackend(PrivateHosts(["127.0.0.1"]), look_up, proxy.address)
    client = PoliteClient(
        CheckedTransport(backend), pace, "", time.clock, RetryPolicy(tries=1), lambda address: None
    )
    yield client
    client.close()


def test_the_proxy_is_asked_for_the_address_that_was_checked(
    client: PoliteClient, proxy: ProxyReplica, server: ReplicaServer
):
    assert client.get("http://papers.example/list").body == b"hello"
    (head,) = proxy.heads
    assert head.startswith("CONNECT 93.184.215.14:80 HTTP/1.1\r\n")
    secret = head.partition("Proxy-Authorization: Basic ")[2].partition("\r\n")[0]
    assert b64decode(secret) == b"reader:p@ss"
    assert server.requests[0].headers["host"] == "papers.example"
    assert "proxy-authorization" not in server.requests[0].headers


def test_a_proxy_leads_into_no_private_network(
    client: PoliteClient, proxy: ProxyReplica, server: ReplicaServer
):
    for address in ("http://inside.example/", "http://169.254.169.254/latest"):
        with pytest.raises(AddressRefusedError, match="private network"):
            client.get(address)
    assert proxy.heads == []
    server.interject(redirect("http://inside.example/", 302))
    with pytest.raises(AddressRefusedError, match="private network"):
        client.get("http://papers.example/list")


def test_a_private_host_of_the_settings_is_asked_directly(
    client: PoliteClient, proxy: ProxyReplica, server: ReplicaServer
):
    assert client.get(server.address).body == b"hello"
    assert proxy.heads == []


def test_a_proxy_that_refuses_is_told_of_without_the_password(
    client: PoliteClient, proxy: ProxyReplica
):
    proxy.status = "407 Proxy Authentication Required"
    with pytest.raises(SourceUnavailableError, match=r"the proxy 127\.0\.0\.1 says.*407") as caught:
        client.get("http://papers.example/list")
    assert "p@ss" not in str(caught.value)
