"""The port of the HTTP client: what sources and embedders may ask of the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How often one service may be asked; shared by all processes of a home."""

    spacing: float = 1.0
    """Seconds from the end of one request to the start of the next, one at a time."""
    daily_budget: int = 5_000
    """Requests a UTC day."""
    shared: str = ""
    """Services with the same word here share spacing and connection (arXiv's three)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent: always a success (2xx), or 304 where ``if_changed`` was asked."""

    address: str
    """Where it came from after redirects, without secrets."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Client(Protocol):
    """Asks servers, politely. The only way in which a source reaches the network.

    Keeps to the service's ``RequestLimits`` over all processes of a home, waits and asks again on
    429, 500, 502, 503, 504, broken connections and empty bodies, follows redirects,
    refuses private networks, caps bodies and time. Not thread-safe: one run, one client.

    Errors: SourceUnavailableError where the server goes on failing or the day's budget
    is used up, SourceRefusedError where it says no (4xx, with its words),
    AddressRefusedError for an address that must not be asked.
    """

    def get(
        self,
        address: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        if_changed: bool = False,
    ) -> Answer:
        """Fetch; ``headers`` are added to the client's own.

        With ``if_changed``, for addresses that are asked again and again (a feed), the
        answer has status 304 and no body where nothing changed since an answer whose
        page was stored.
        """
        ...

    def post(
        self,
        address: str,
        content: Any,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send ``content`` as JSON and fetch what comes back; ``headers`` as for ``get``."""
        ...
