"""A library served on a free port, for the real clients of other services."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import APIRouter

from broadsheet.domain.services import Services
from broadsheet.web.app import create_app


@contextmanager
def served(services: Services, interfaces: Sequence[APIRouter], **options: Any) -> Iterator[str]:
    """Serve pages and ``interfaces`` in a thread; gives the address without a slash at its end."""
    app = create_app(services, interfaces=interfaces, **options)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
