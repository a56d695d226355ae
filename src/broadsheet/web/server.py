"""Serving the pages from this process until Ctrl-C."""

import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Sequence

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter

from broadsheet.config import Settings
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.services import Services
from broadsheet.web.app import create_app
from broadsheet.web.connections import (
    ACCEPTED_AT_ONCE,
    BACKLOG,
    ConnectionLimits,
    most_connections,
)
from broadsheet.web.guard import make_site
from broadsheet.web.logs import configure_logs
from broadsheet.web.reference import NativeApi
from broadsheet.web.threads import THREADS


def serve(
    services: Services,
    settings: Settings,
    announce: Callable[[str], None],
    interfaces: Sequence[APIRouter] = (),
    native: NativeApi | None = None,
) -> None:
    """Answer at ``settings.host``:``settings.port`` until Ctrl-C or SIGTERM, then return.

    ``interfaces`` are served beside the pages, ``native`` is the native API among them. Calls ``announce`` with the address once it
    listens. Main thread only, as it handles signals.

    Raises InvalidInputError if the address is not available.
    """
    listener = _listen(settings.host, settings.port)
    site = make_site(settings.host, settings.public_url, settings.allowed_hosts)
    connections = ConnectionLimits(most_connections())
    configure_logs(settings.log_level, settings.log_format)
    app = create_app(
        services,
        page_size=settings.page_size,
        site=site,
        websub_hub=settings.announced_hub,
        interfaces=interfaces,
        native=native,
        metrics_access=settings.metrics,
        connections=connections,
        archive_pages=settings.archive_pages,
    )
    # Modules and their objects stay for good. Repeated garbage collection of them would delay one
    # search in a few hundred by some 50 ms.
    gc.freeze()
    server = _Server(
        uvicorn.Config(
            app,
            http=connections.protocol,  # type: ignore[arg-type]  # any callable will do
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=ACCEPTED_AT_ONCE,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
            # A request under way gets this long once Ctrl-C is pressed.
            timeout_graceful_shutdown=3,
        )
    )
    announce(address_of(listener))
    # uvicorn hands on the signal it stopped for. Both shall end here, so that the caller
    # closes its services.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with listener, contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


class _Server(uvicorn.Server):
    """uvicorn with a long queue of new connections and few threads."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)  # the event loop has made it as short as a turn of its own
        current_default_thread_limiter().total_tokens = THREADS


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before the address is printed so that it is true."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidInputError(f"cannot listen on {host!r}: {error.strerror}") from error
    try:
        if os.name == "posix":
            # A server started again at once must not wait for old connections to expire.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise InvalidInputError(
            f"cannot listen on {host}:{port} ({error.strerror}); "
            "is Broadsheet running already? Choose another port with --port, or 0 for a free one"
        ) from error
    return listener
