"""The web application: pages over an engine."""

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from broadsheet import __version__
from broadsheet.web import about, complete, day, like, paper, search, settings, static, why
from broadsheet.web.errors import install_error_pages
from broadsheet.web.headers import SecurityHeadersMiddleware
from broadsheet.web.library import Library

_WORTH_COMPRESSING = 1024
"""Bytes below which a packet is not saved."""


def create_app(engine: Library, name: str = "Broadsheet", page_size: int = 20) -> FastAPI:
    """The application for one engine.

    ``name`` is what the masthead says, ``page_size`` how many papers a page has.

    The engine stays the caller's: it is neither opened nor closed here.
    """
    app = FastAPI(title=name, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.library = engine
    app.state.page_size = page_size
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_COMPRESSING, compresslevel=5)
    app.add_middleware(SecurityHeadersMiddleware)
    # The paper route takes any name, so it comes after every other page under /papers.
    for module in (about, settings, static, day, search, why, like, complete, paper):
        app.include_router(module.router)
    install_error_pages(app)
    return app
