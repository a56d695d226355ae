"""A budget of archive pages for each client, so that crawlers of dates leave room for readers.

There are as many pages of days, weeks, months and years as dates, and a robot that walks them asks
for papers that nobody keeps in memory. Each visitor may read so many of them a minute (token
bucket); who is signed in is not counted.
"""

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.web.guard import Refuse
from broadsheet.web.principal import principal_of

MOST_CLIENTS = 10_000
"""Clients that are remembered; the one that asked longest ago is forgotten first."""

_ARCHIVE = re.compile(r"(/papers|/e/[^/]+)/(date|week|month|year)/|/calendar$")


class ArchiveBudgetMiddleware:
    """Answers 429 with Retry-After to a visitor who reads archive pages faster than
    ``per_minute``; 0 is no limit. Used from the event loop's thread alone."""

    def __init__(
        self,
        app: ASGIApp,
        per_minute: int,
        refuse: Refuse,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.per_minute = per_minute
        self.refuse = refuse
        self._clock = clock
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Pages left and when that was, in seconds, by client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.per_minute and _ARCHIVE.match(scope["path"]):
            request = Request(scope)
            if principal_of(request).role == "anonymous" and (wait := self._spend(request)):
                words = (
                    "You read pages of dates faster than this service can set them. "
                    f"Try again in {wait} seconds; programs use the feeds and the API."
                )
                refusal = self.refuse(request, 429, words)
                refusal.headers["Retry-After"] = str(wait)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _spend(self, request: Request) -> int:
        """Spend one page of the client's; the seconds to wait if none is left, else 0."""
        client, now = _network(request.client.host if request.client else ""), self._clock()
        left, since = self._clients.pop(client, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
        wait = 0 if left >= 1 else math.ceil((1 - left) * 60 / self.per_minute)
        self._clients[client] = (left if wait else left - 1, now)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return wait


def _network(host: str) -> str:
    """The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address,
    which one subscriber has (RFC 6177)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
