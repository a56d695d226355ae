"""A small real HTTP server in a thread, on which the replicas of services stand.

A replica is a function from a request to a reply. The server adds what every
service does: conditional requests, and, when told to by ``interject``, the ways in
which services fail: errors with Retry-After, empty, slow and cut-off bodies.

    with ReplicaServer(answer) as server:
        server.interject(Reply(status=503, headers={"Retry-After": "1"}))
        fetch(server.address + "/oai?verb=Identify")   # 503
        fetch(server.address + "/oai?verb=Identify")   # the reply of answer()
    assert [request.path for request in server.requests] == ["/oai", "/oai"]
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it came. Names of headers are in lower case."""

    method: str
    path: str
    """Without the query, decoded by nobody."""
    query: str
    headers: Mapping[str, str]
    body: bytes
    began: float
    """Seconds, monotonic."""

    @property
    def params(self) -> dict[str, str]:
        """Parameters of the query and of a form in the body; the last of each name."""
        form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        sent = self.body.decode() if form else ""
        return dict(
            parse_qsl(self.query, keep_blank_values=True) + parse_qsl(sent, keep_blank_values=True)
        )

    @property
    def all_params(self) -> dict[str, list[str]]:
        """Of the query, every value of each name."""
        return parse_qs(self.query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """The answer to send, and its faults."""

    body: bytes | str = b""
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    """ETag and Last-Modified here make the server answer 304 to who has them already."""
    delay: float = 0.0
    """Seconds before anything is sent."""
    pace: float = 0.0
    """Seconds between kilobytes of the body."""
    cut_at: int | None = None
    """Bytes of the body after which the connection breaks, though all were promised."""

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


def json_reply(content: Any, **more: Any) -> Reply:
    """``content`` as JSON."""
    return Reply(json.dumps(content), content_type="application/json", **more)


def redirect(address: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": address})


Answer = Callable[[ReceivedRequest], Reply]
NOT_FOUND = Reply(b"not found", status=404, content_type="text/plain")


class ReplicaServer:
    """Serves ``answer`` on a free port of 127.0.0.1 from ``with`` to its end.

    ``answer`` may be called by several threads at once, if it is asked so.
    """

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self.answer = answer
        self.requests: list[ReceivedRequest] = []
        """Every request so far, in order."""
        self.most_at_once = 0
        """Requests that were under way at the same time, at most."""
        self._interjected: deque[Reply | None] = deque()
        self._lock = threading.Lock()
        self._under_way = 0
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.replica = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """``http://127.0.0.1:PORT``, no slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def interject(self, *replies: Reply | None) -> None:
        """Send these, in order, in place of the next answers; None lets one through."""
        self._interjected.extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve in this thread until interrupted: for a process of its own."""
        self._http.serve_forever()

    def reply_to(self, request: ReceivedRequest) -> Reply:
        with self._lock:
            self.requests.append(request)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            interjected = self._interjected.popleft() if self._interjected else None
        reply = interjected or self.answer(request)
        return Reply(status=304, headers=reply.headers) if _is_known(request, reply) else reply

    def done(self) -> None:
        with self._lock:
            self._under_way -= 1


def _is_known(request: ReceivedRequest, reply: Reply) -> bool:
    if reply.status != 200:
        return False
    named = {name.lower(): value for name, value in reply.headers.items()}
    if tag := request.headers.get("if-none-match"):
        return tag == named.get("etag")
    since = request.headers.get("if-modified-since")
    return since is not None and since == named.get("last-modified")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    replica: ReplicaServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        began = time.monotonic()
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = ReceivedRequest(self.command, parts.path, parts.query, headers, body, began)
        try:
            self._send(self.server.replica.reply_to(request))
        except OSError:
            self.close_connection = True  # the client has gone
        finally:
            self.server.replica.done()

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        content = b"" if reply.status == 304 else reply.content
        self.send_response(reply.status)
        if reply.status != 304:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.cut_at is not None:
            content = content[: reply.cut_at]
            self.close_connection = True
        if not reply.pace:
            self.wfile.write(content)
            return
        for start in range(0, len(content), 1024):
            self.wfile.write(content[start : start + 1024])
            self.wfile.flush()
            time.sleep(reply.pace)

    def log_message(self, format: str, *values: Any) -> None:
        """A test has no use for a log."""
