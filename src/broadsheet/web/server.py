"""Running the web application until Ctrl-C."""

import socket
from collections.abc import Callable

import uvicorn

from broadsheet.config import Settings
from broadsheet.domain.errors import InvalidInputError
from broadsheet.engine import Engine
from broadsheet.web.app import create_app


def serve(engine: Engine, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve pages at ``settings.host``:``settings.port`` until Ctrl-C or SIGTERM.

    ``announce`` is told the address once it listens.

    Raises InvalidInputError where the address cannot be listened on.
    """
    listener = _listen(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        create_app(engine, page_size=settings.page_size),
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
    )
    announce(f"http://{shown}:{port}/")
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has shut down in order and passes the signal on.
        pass
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidInputError(
            f"cannot listen on {host}:{port} ({error.strerror}); "
            "is Broadsheet running already? Choose another with --port"
        ) from error
    return listener
