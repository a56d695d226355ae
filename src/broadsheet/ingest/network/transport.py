"""Connections to checked addresses only.

The name is looked up once, the answers are checked, and the connection goes to an
address that was checked: a name server that answers differently a moment later
(DNS rebinding) changes nothing. Host header and certificate keep the name.
"""

import socket
from collections.abc import Callable, Iterable, Sequence

import httpcore
import httpx

from broadsheet.ingest.network.addresses import PrivateHosts, is_public, refuse_private

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → IP addresses, best first. Raises OSError."""


def resolve(host: str, port: int) -> Sequence[str]:
    """As this machine looks names up. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class UnknownHostError(httpcore.ConnectError):
    """A name that cannot be looked up: it is wrong, or there is no network."""


class CheckedBackend(httpcore.SyncBackend):
    """Opens sockets for httpcore. Raises AddressRefusedError for private networks."""

    def __init__(self, private: PrivateHosts, resolve: Resolve = resolve) -> None:
        self._private = private
        self._resolve = resolve

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
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UnknownHostError(str(error)) from error
        if not self._private.allows(host, port):
            for address in found:
                if not is_public(address):
                    raise refuse_private(host, port, address)
        return found


class CheckedTransport(httpx.HTTPTransport):
    """httpx over a ``CheckedBackend``: one connection, no proxy from the environment."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        super().__init__()
        # httpx has no argument for the backend. A test asks a private address, so that
        # a release in which this no longer takes effect is noticed.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=30,
            network_backend=backend,
        )
