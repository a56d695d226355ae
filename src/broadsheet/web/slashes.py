"""Addresses that begin with several slashes, as programs make them from an address that ends in
one.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class LeadingSlashMiddleware:
    """Read ``//api/papers`` as ``/api/papers``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with one slash in front."""
        if scope["type"] == "http" and scope["path"].startswith("//"):
            raw = b"/" + scope.get("raw_path", b"").lstrip(b"/")
            scope = {**scope, "path": "/" + scope["path"].lstrip("/"), "raw_path": raw}
        await self._app(scope, receive, send)
