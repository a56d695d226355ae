"""Which requests are answered at all: known hosts, and changes from our own pages only.

A page elsewhere can make a reader's browser send requests here: under a name of its own that it
points at this machine (DNS rebinding), or to our address from its own page (cross-site request
forgery). So a request must name a known host, and one that may change something must come from
this site, by what the browser says and a page cannot forge.
Sources: RFC 9110, 7.4 (421); Fetch Metadata, https://www.w3.org/TR/fetch-metadata/; OWASP
Cross-Site Request Forgery Prevention Cheat Sheet.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.domain.accounts import TOKEN_PREFIX

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})

ANY_HOST = "*"

_EVERY_ADDRESS = frozenset({"0.0.0.0", "[::]"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_READ_BY_POST = ("/api/query", "/oai", "/api/v1/calls/")
"""Protocols that let programs send a long query as a body; nothing is changed by it. Paths that
end with a slash stand for all below them."""

# One-click unsubscribing: sent by mail services, permitted by the token in the path (RFC 8058).
_OPEN_PATHS = ("/digest/unsubscribe/",)

Refuse = Callable[[Request, int, str], Response]
"""Composes the page of an error from its status and plain words."""


@dataclass(frozen=True, slots=True)
class Site:
    """The names under which readers reach this service."""

    hosts: frozenset[str] = LOCAL_HOSTS
    """Lower case, without port; ``ANY_HOST`` among them accepts every name."""
    public: str = ""
    """Host and port of the public address, as browsers write them; "" for none."""
    addresses: bool = False
    """Whether every IP address is accepted too: no name can be rebound to those."""
    secure: bool = False
    """Whether readers reach it over https, so that cookies may demand it."""

    def knows(self, host: str) -> bool:
        """Whether a Host header, with or without port, names this service."""
        name = host_without_port(host)
        if ANY_HOST in self.hosts or name in self.hosts:
            return True
        return self.addresses and _is_address(name)

    def is_own(self, origin: str, host: str) -> bool:
        """Whether ``origin`` (a web address) is of this site, for a request to ``host``."""
        place = _place(origin)
        return bool(place) and place in (host.lower(), self.public)


THIS_MACHINE = Site()
"""A service that only this machine reaches."""


def make_site(host: str, public_url: str = "", allowed_hosts: Iterable[str] = ()) -> Site:
    """The names that follow from the settings.

    A server that listens on every address is also reached by the machine's own names and
    addresses.
    """
    listens = host_without_port(f"[{host}]" if ":" in host else host)
    hosts = {*LOCAL_HOSTS, listens, *map(str.lower, allowed_hosts)}
    everywhere = listens in _EVERY_ADDRESS
    if everywhere:
        name = socket.gethostname().lower()
        hosts |= {name, f"{name}.local"}
    public = _place(public_url)
    if public:
        hosts.add(host_without_port(public))
    return Site(frozenset(hosts), public, everywhere, public_url.startswith("https:"))


class GuardMiddleware:
    """Answers 421 to an unknown host and 403 to a change that another site asks for."""

    def __init__(self, app: ASGIApp, site: Site, refuse: Refuse) -> None:
        self.app = app
        self.site = site
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if refusal := self._refusal(request):
                await self.refuse(request, *refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Status and words for a request that is not answered; None for one that is."""
        host = request.headers.get("host", "")
        if not self.site.knows(host):
            return 421, (
                f"This server does not answer under the name “{host[:100]}”. If it should, the "
                "owner adds the name to the setting allowed_hosts, or sets public_url."
            )
        if is_reading(request) or request.url.path.startswith(_OPEN_PATHS):
            return None
        if is_same_site(request, self.site, host) or carries_token(request):
            return None
        return 403, (
            "This change was not asked for on a page of this site, so it was not made. "
            "Go back, reload the page and try once more."
        )


def is_reading(request: Request) -> bool:
    """Whether the request can change nothing, by its method and path."""
    path = request.url.path
    return request.method in _READING or any(
        path.startswith(known) if known.endswith("/") else path == known for known in _READ_BY_POST
    )


def carries_token(request: Request) -> bool:
    """Whether the request carries an access token of this service, which decides who acts.

    No page elsewhere can make a browser send one: a request with this header is announced first
    (CORS preflight, https://fetch.spec.whatwg.org/#cors-preflight-fetch), and that is refused.
    """
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and secret.strip().startswith(TOKEN_PREFIX)


def is_same_site(request: Request, site: Site, host: str) -> bool:
    """Whether the browser says that a page of this site sent the request.

    ``Origin`` decides if it is there, then ``Sec-Fetch-Site``, then ``Referer``; a request with
    none of them is refused.
    """
    headers = request.headers
    if "origin" in headers:
        return site.is_own(headers["origin"], host)
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] in ("same-origin", "none")
    return site.is_own(headers.get("referer", ""), host)


def host_without_port(host: str) -> str:
    """The name in a Host header, in lower case.

    >>> host_without_port("LocalHost:8642"), host_without_port("[::1]:8642")
    ('localhost', '[::1]')
    """
    name, _, port = host.lower().rpartition(":")
    return name if name and (port.isdecimal() or not port) else host.lower()


def _place(address: str) -> str:
    """Host and port of a web address as browsers write them; "" if it is none.

    >>> _place("https://Papers.example.org:443/x"), _place("http://localhost:8642"), _place("null")
    ('papers.example.org', 'localhost:8642', '')
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return name if port in (None, standard) else f"{name}:{port}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
