"""The address under which readers reach the service, in force for every address that it writes."""

from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.web.guard import Site


class PublicAddressMiddleware:
    """Gives each request the scheme and host of ``public_url``, so that feeds, canonical
    addresses, pages of results and messages name it whichever way the request came: a proxy
    passes on requests by http and often under another name."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.site.public:
            headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {
                **scope,
                "scheme": "https" if self.site.secure else "http",
                "headers": [*headers, (b"host", self.site.public.encode())],
            }
        await self.app(scope, receive, send)
