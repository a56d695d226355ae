"""Clients that do not finish, over real sockets: the server answers the others and logs little.

From the faults "slow clients stop the server and flood the log" and "traceback when a reader
leaves" (uvicorn issues 157 and 1030).
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = """
import resource, sys, threading, time
files = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
from fake_library import FakeLibrary
from fake_papers import make_paper
from broadsheet.config import Settings
from broadsheet.web import connections, observing, server
connections.LIMITS.update(waiting=2.0, sending=2.0, reading=2.0)
connections.SWEEP_SECONDS = 0.2
observing.MOST_WAITING = 4
class Slow(FakeLibrary):
    def search(self, request):
        if "slowly" in request.text:
            time.sleep(1)
        return super().search(request)
library = Slow([make_paper(n, abstract="estuary " * 3000) for n in range(60)])
server.serve(library.services, Settings(port=0, metrics="local"), lambda address: print(address, flush=True))
"""


@dataclass
class Running:
    """A server in a process of its own."""

    port: int
    process: subprocess.Popen[str]
    log: Path

    def connect(self, sent: bytes = b"", receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(sent)
        return connection

    def get(self, path: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of one request on a connection of its own."""
        with self.connect(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        ) as connection:
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.decode().partition("\r\n\r\n")
        lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        return int(lines[0].split()[1]), headers, body


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[int], Running]]:
    with ExitStack() as running:

        def start(files: int) -> Running:
            return running.enter_context(serving(tmp_path, files))

        yield start


@contextmanager
def serving(folder: Path, files: int) -> Iterator[Running]:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(files)],
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
        )
        assert process.stdout
        port = int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        try:
            yield Running(port, process, log)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_half_open_requests_beyond_all_descriptors_stop_nobody(
    start: Callable[[int], Running],
) -> None:
    server = start(256)
    half = b"GET / HTTP/1.1\r\nHost: x\r\nX: "
    with ExitStack() as attack:
        for _ in range(300):
            attack.enter_context(server.connect(half))
        for _ in range(5):
            assert server.get("/healthz")[0] == 200
            assert server.get("/papers?q=estuary")[0] == 200
    assert len(server.log.read_text().splitlines()) < 20


def test_a_thousand_idle_connections_change_nothing(start: Callable[[int], Running]) -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("this machine permits too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    server = start(4096)
    with ExitStack() as attack:
        for _ in range(1000):
            attack.enter_context(server.connect())
        assert server.get("/papers?q=estuary")[0] == 200
        text = server.get("/metrics")[2]
        match = re.search(r"^broadsheet_connections (\d+)", text, re.M)
        assert match
        assert int(match[1]) > 900
    assert server.log.read_text() == ""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST /papers/like HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntext=a",
    ],
)
def test_a_client_that_does_not_go_on_is_dropped(
    start: Callable[[int], Running], sent: bytes
) -> None:
    server = start(1024)
    began = time.monotonic()
    with server.connect(sent) as connection:
        assert is_closed(connection)
    assert 1 < time.monotonic() - began < 10
    assert server.log.read_text() == ""


def test_bytes_that_trickle_in_do_not_extend_the_time(start: Callable[[int], Running]) -> None:
    server = start(1024)
    with server.connect(b"GET / HTTP/1.1\r\nHost: x\r\nX: ") as connection:
        began = time.monotonic()
        while time.monotonic() - began < 15:
            try:
                connection.sendall(b"a")
            except ConnectionError:
                break
            time.sleep(0.3)
        assert time.monotonic() - began < 10


def test_a_connection_that_is_used_stays_open(start: Callable[[int], Running]) -> None:
    server = start(1024)
    with server.connect() as connection:
        for _ in range(8):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.5)


def test_a_reader_that_takes_nothing_is_dropped(start: Callable[[int], Running]) -> None:
    server = start(1024)
    request = b"GET /papers?q=estuary HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server.connect(request * 200, receive_buffer=4096):
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            text = server.get("/metrics")[2]
            if 'broadsheet_connections_dropped_total{why="slow reading"} 1.0' in text:
                break
            time.sleep(0.3)
        else:
            pytest.fail("the reader was not dropped")


def test_readers_who_leave_in_the_middle_leave_no_trace(start: Callable[[int], Running]) -> None:
    server = start(1024)
    form = (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntext=a"
    )
    for path in (b"/papers/like", b"/settings/rejected", b"/start"):
        server.connect(form % path).close()
    server.connect(b"GET /papers?q=slowly HTTP/1.1\r\nHost: localhost\r\n\r\n").close()
    time.sleep(1.5)
    assert server.get("/healthz")[0] == 200
    assert server.log.read_text() == ""


def test_malformed_requests_do_not_flood_the_log(start: Callable[[int], Running]) -> None:
    server = start(1024)
    for _ in range(50):
        with server.connect(b"NONSENSE\r\n\r\n") as connection:
            assert connection.recv(4096).startswith(b"HTTP/1.1 400")
    assert len(server.log.read_text().splitlines()) == 1


def test_more_requests_than_can_wait_are_answered_503(start: Callable[[int], Running]) -> None:
    server = start(1024)
    request = b"GET /papers?q=slowly HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with ExitStack() as opened:
        readers = [opened.enter_context(server.connect(request)) for _ in range(20)]
        time.sleep(0.3)
        assert server.get("/healthz")[0] == 200
        heads = [reader.recv(4096).decode() for reader in readers]
    refused = [head for head in heads if head.startswith("HTTP/1.1 503")]
    assert refused
    assert all("retry-after: " in head.lower() for head in refused)
    assert sum(head.startswith("HTTP/1.1 200") for head in heads) == 20 - len(refused)
    assert server.get("/papers?q=estuary")[0] == 200
