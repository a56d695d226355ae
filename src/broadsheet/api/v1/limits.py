"""How many requests one client may send: fixed windows, counted in memory.

The headers are those of draft-ietf-httpapi-ratelimit-headers. Each process counts for itself. The owner of a
library, who is alone on it or runs it, is not limited.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from fastapi import Request

from broadsheet.domain.access import Principal

MOST = 600
WINDOW = 60
"""Seconds."""
_MOST_CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of one client's window after a request; ``most`` is 0 without a limit."""

    most: int = 0
    left: int = 0
    seconds: int = 0
    """Until the next window."""
    spent: bool = False

    def headers(self) -> dict[str, str]:
        """Headers that tell a client of its limit; none without a limit."""
        if not self.most:
            return {}
        told = {
            "RateLimit-Policy": f'"requests";q={self.most};w={WINDOW}',
            "RateLimit": f'"requests";r={self.left};t={self.seconds}',
        }
        return told | ({"Retry-After": str(self.seconds)} if self.spent else {})


class Limiter:
    """Counts the requests of clients. May be used by several threads."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def admit(self, client: str) -> Allowance:
        """Count a request of a client."""
        now = self._clock()
        window, passed = divmod(now, WINDOW)
        with self._lock:
            if window != self._window or len(self._counts) >= _MOST_CLIENTS:
                self._window, self._counts = int(window), {}
            count = self._counts[client] = self._counts.get(client, 0) + 1
        seconds = max(1, math.ceil(WINDOW - passed))
        return Allowance(self._most, max(0, self._most - count), seconds, count > self._most)


def allowance_of(request: Request) -> Allowance:
    """Count a request with the limiter of its application: by account, else by address."""
    principal: Principal = request.state.principal
    if principal.role == "owner":
        return Allowance()
    state = request.app.state
    if not hasattr(state, "api_limiter"):
        state.api_limiter = Limiter()
    limiter: Limiter = state.api_limiter
    address = request.client.host if request.client else ""
    return limiter.admit(principal.id or f"address {address}")
