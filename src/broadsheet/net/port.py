"""The port of the HTTP client, for sources and embedders."""

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
    """A server's answer: a success (2xx), or 304 after a request with ``if_changed``."""

    address: str
    """Final address after redirects, without secrets."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Client(Protocol):
    """Send requests to servers politely. Sources reach the network only through this.

    Keeps to the service's ``RequestLimits`` over all processes of a home. Waits and retries on
    429, 500, 502, 503, 504, broken connections and empty bodies. Follows redirects, refuses
    private networks, limits size and time. Not thread-safe: one run, one client.

    Errors: SourceUnavailableError if the server keeps failing or the day's budget is used up,
    SourceRefusedError if it refuses the request (4xx, quoted), AddressRefusedError for a forbidden
    address.
    """

    def get(
        self,
        address: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        if_changed: bool = False,
    ) -> Answer:
        """Fetch an address; ``headers`` are added to the client's own.

        Use ``if_changed`` for addresses that are fetched repeatedly, such as feeds. The answer has
        status 304 and no body if nothing changed since the last answer whose page was stored.
        """
        ...

    def post(
        self,
        address: str,
        content: Any,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send ``content`` as JSON and return the answer; ``headers`` as for ``get``."""
        ...

    def post_form(self, address: str, fields: Mapping[str, str]) -> Answer:
        """Send fields as a form and return the answer, which may be empty."""
        ...
