"""Connections to checked addresses only.

The name is looked up once, the answers are checked, and the connection goes to an
address that was checked, through a proxy too: a name server that answers differently a moment later
(DNS rebinding) changes nothing. Host header and certificate keep the name.
"""

import re
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore
import httpx

from broadsheet.net.addresses import PrivateHosts, is_public, refuse_private

_LONGEST_HEAD = 16_384
_TUNNEL_OPEN = re.compile(r"HTTP/1\.[01] 2\d\d\b")

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → IP addresses, best first. Raises OSError."""


def resolve(host: str, port: int) -> Sequence[str]:
    """As this machine looks names up. Raises OSError."""
    results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in results))


class UnknownHostError(httpcore.ConnectError):
    """A name that cannot be looked up: it is wrong, or there is no network."""


class CheckedBackend(httpcore.SyncBackend):
    """Opens sockets for httpcore. Raises AddressRefusedError for private networks."""

    def __init__(self, private: PrivateHosts, resolve: Resolve = resolve, proxy: str = "") -> None:
        """``proxy``: "http://[user:password@]host[:port]", or "" to connect directly."""
        self._private = private
        self._resolve = resolve
        self._proxy = urlsplit(proxy) if proxy else None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, all of them checked before."""
        failed: Exception = UnknownHostError(f"{host} has no address")
        for address in self._checked(host, port):
            try:
                # A proxy does not lead into the reader's own network.
                if self._proxy and is_public(address):
                    return self._tunnel(self._proxy, address, port, timeout)
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _tunnel(
        self, proxy: SplitResult, address: str, port: int, timeout: float | None
    ) -> httpcore.NetworkStream:
        """Through the proxy to an address that was checked, not to a name: RFC 9110, 9.3.6."""
        proxy_name = f"the proxy {proxy.hostname}"
        try:
            stream = super().connect_tcp(proxy.hostname or "", proxy.port or 80, timeout)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise httpcore.ConnectError(f"{proxy_name} does not answer: {error}") from error
        target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
        if proxy.username:
            user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
            request += f"Proxy-Authorization: Basic {b64encode(user.encode()).decode()}\r\n"
        stream.write(f"{request}\r\n".encode(), timeout)
        head, until = b"", time.monotonic() + (timeout or 0)
        # Read single bytes: everything after the empty line belongs to the tunnel.
        while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST_HEAD:
            byte = stream.read(1, timeout)
            if not byte or (timeout and time.monotonic() > until):
                break
            head += byte
        status = head.partition(b"\r\n")[0].decode("latin-1")
        if not _TUNNEL_OPEN.match(status):
            stream.close()
            raise httpcore.ConnectError(f"{proxy_name} says {status[:80]!r}")
        return stream

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UnknownHostError(str(error)) from error
        if not self._private.allows(host, port):
            for address in addresses:
                if not is_public(address):
                    raise refuse_private(host, port, address)
        return addresses


class CheckedTransport(httpx.HTTPTransport):
    """httpx over a ``CheckedBackend``, without a proxy from the environment."""

    def __init__(self, backend: httpcore.NetworkBackend, connections: int = 1) -> None:
        super().__init__()
        # httpx has no argument for the backend. A test asks a private address, so that
        # a release in which this no longer takes effect is noticed.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30,
            network_backend=backend,
        )
