"""Each request from outside: its id, its line in the log, its metrics, and overload.

The outermost middleware, so that what any other answers is observed too.
"""

import logging
import re
import time
import uuid

from anyio.to_thread import current_default_thread_limiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.web.logs import request_id
from broadsheet.web.metrics import Metrics

MOST_WAITING = 64
"""Requests that may wait for a thread; further ones are answered 503. At 30 ms each on four
threads this is half a second of waiting."""
RETRY_SECONDS = 5

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS = ("/healthz", "/readyz", "/metrics", "/static/")
"""Answered even under overload: cheap, and needed to see what is going on."""
_OVERLOAD = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Busy</title>"
    b"<h1>Too many readers at once</h1><p>Try again in a few seconds."
)

log = logging.getLogger("broadsheet.requests")


class ObservingMiddleware:
    """Gives each request an id, counts it, and refuses it if too many are waiting."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self._working = 0
        """Requests that have come in whole and whose answers are being made. Those of slow
        clients are not counted: they occupy no thread."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identifier = _identify(Headers(scope=scope).get("x-request-id", ""))
        began, status = time.perf_counter(), 500
        token = request_id.set(identifier)
        working = _Working(self, whole=scope["method"] in _WITHOUT_BODY)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                working.end()
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            await send(message)

        async def receive_counted() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                working.begin()
            return message

        self.metrics.in_flight.inc()
        try:
            if self._is_overloaded(scope["path"]):
                self.metrics.overloads.inc()
                await _refuse(send_with_id)
            else:
                working.admit()
                await self.app(scope, receive_counted, send_with_id)
        finally:
            working.end()
            self.metrics.in_flight.dec()
            self._record(scope, status, time.perf_counter() - began)
            request_id.reset(token)

    def change_working(self, by: int) -> None:
        """Count a request in or out."""
        self._working += by

    def _is_overloaded(self, path: str) -> bool:
        if path.startswith(_ALWAYS):
            return False
        threads = current_default_thread_limiter().total_tokens
        return self._working >= threads + MOST_WAITING

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "")
        self.metrics.observe_request(scope["method"], route, status, seconds)
        log.info(
            "%s %s %d",
            scope["method"],
            route or "unknown address",
            status,
            extra={
                "method": scope["method"],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )


class _Working:
    """Whether one request is being worked on."""

    def __init__(self, counter: ObservingMiddleware, whole: bool) -> None:
        """``whole``: it has no body to wait for."""
        self._counter = counter
        self._whole = whole
        self._counted = self._ended = False

    def admit(self) -> None:
        if self._whole:
            self.begin()

    def begin(self) -> None:
        if not self._counted and not self._ended:
            self._counted = True
            self._counter.change_working(1)

    def end(self) -> None:
        self._ended = True
        if self._counted:
            self._counted = False
            self._counter.change_working(-1)


def _identify(given: str) -> str:
    """The id that a proxy gave, if it is one; else a new one."""
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:16]


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(_OVERLOAD)).encode()),
        (b"retry-after", str(RETRY_SECONDS).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _OVERLOAD})
