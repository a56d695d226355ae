"""Connections that must not hold up the others: half-open, slow, idle, and too many.

Each second every connection is looked at. One that has waited too long in its stage is
dropped. If there are as many connections as the process can afford, a new one takes the
place of the one that has waited longest for a request; if all are being answered, it gets
503 with Retry-After. Slow clients are known as Slowloris, slow POST and slow read attacks.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from h11 import LocalProtocolError
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

Stage = Literal["waiting", "sending", "answering", "reading"]
"""What a connection is doing.

waiting    the client has not sent a whole head of a request yet
sending    the head is there, and the client sends the body
answering  the request is being answered
reading    the answer is written, and the client has not read it all
"""

LIMITS: dict[Stage, float] = {"waiting": 10.0, "sending": 60.0, "reading": 30.0}
"""Seconds that a client may take: for the head, for the whole body, and without reading any
more of an answer. How long an answer takes is our own affair."""
SWEEP_SECONDS = 1.0
RESERVED_FILES = 160
"""File descriptors kept for the database, the index and connections not counted yet."""
MOST_CONNECTIONS = 4_000
ACCEPTED_AT_ONCE = 64
"""Connections accepted in one turn of the event loop, before any of them can be counted."""
BACKLOG = 1_024
"""Connections that the system keeps until they are accepted."""
RETRY_SECONDS = 5

_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Retry-After: %d\r\nConnection: close\r\nContent-Length: 45\r\n\r\n"
    b"There are too many connections; try it again." % RETRY_SECONDS
)


@dataclass
class ConnectionCounts:
    """Counts since the server started, for the metrics."""

    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0))
    """Connections that were closed because the client took too long, by stage."""
    replaced: int = 0
    """Waiting connections that gave way to a new one."""
    refused: int = 0
    """New connections that were answered 503."""


class ConnectionLimits:
    """The connections of one server. Used from the event loop's thread alone."""

    def __init__(self, most: int, limits: dict[Stage, float] | None = None) -> None:
        """At most ``most`` connections; ``limits`` are seconds by stage (``LIMITS``)."""
        self.most = most
        self.limits = dict(limits or LIMITS)
        self.counts = ConnectionCounts()
        self.open: set[LimitedProtocol] = set()
        self._sweeping: asyncio.Task[None] | None = None

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> "LimitedProtocol":
        """Make the protocol of a new connection; for uvicorn's setting ``http``."""
        return LimitedProtocol(self, config, server_state, app_state, _loop)

    def admit(self, protocol: "LimitedProtocol") -> bool:
        """Count a new connection, and make room for it if needed; False refuses it."""
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        if len(self.open) >= self.most and not self._replace_waiting():
            self.counts.refused += 1
            return False
        self.open.add(protocol)
        return True

    def _replace_waiting(self) -> bool:
        now = time.monotonic()
        waiting = [each for each in self.open if each.stage(now) == "waiting"]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each.since)
        self.open.discard(oldest)
        oldest.abort()
        self.counts.replaced += 1
        return True

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for protocol in list(self.open):
                stage = protocol.stage(now)
                limit = self.limits.get(stage)
                if limit is not None and now - protocol.since > limit:
                    self.counts.dropped[stage] += 1
                    protocol.abort()


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 over one connection, which knows how long it has been in its stage."""

    def __init__(
        self,
        limits: ConnectionLimits,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._stage: Stage = "waiting"
        self._unread = 0
        self._refused = False
        self.since = time.monotonic()
        """When the stage began, or when the client last read some of the answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._limits.admit(self):
            super().connection_made(transport)
            return
        self._refused = True
        transport.write(_REFUSAL)
        transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.open.discard(self)
        if not self._refused:
            super().connection_lost(exc)

    def abort(self) -> None:
        """Close the connection at once, whatever is still to be written."""
        self.transport.abort()

    def stage(self, now: float) -> Stage:
        """Return the stage, and note when it began or went on (``since``)."""
        unread = self.transport.get_write_buffer_size()
        stage = self._present_stage(unread)
        if stage != self._stage or (stage == "reading" and unread < self._unread):
            self.since = now
        self._stage, self._unread = stage, unread
        return stage

    def _present_stage(self, unread: int) -> Stage:
        if unread:
            return "reading"
        if self.cycle is None or self.cycle.response_complete:
            return "waiting"
        return "sending" if self.cycle.more_body else "answering"

    def on_response_complete(self) -> None:
        """The next request may take its time from now on."""
        self._stage, self.since = "waiting", time.monotonic()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        # The client may have sent half a request meanwhile, which h11 does not like to be cut.
        with contextlib.suppress(LocalProtocolError):
            super().timeout_keep_alive_handler()


def most_connections() -> int:
    """How many connections this process can afford; raises its limit on open files first."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = MOST_CONNECTIONS + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < enough:
        better = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (better, hard))
            soft = better
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(16, min(MOST_CONNECTIONS, soft - RESERVED_FILES))
