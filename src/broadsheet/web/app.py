"""The web application: pages over the services."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from broadsheet import __version__
from broadsheet.domain.services import Services
from broadsheet.web import (
    about,
    accounts,
    authors,
    calendar,
    collections,
    comments,
    complete,
    digest,
    editions,
    export,
    follows,
    for_you,
    identities,
    issue,
    like,
    marks,
    members,
    metrics,
    paper,
    reference,
    rejected,
    screen,
    search,
    settings,
    start,
    static,
    submissions,
    trending,
    why,
    works,
)
from broadsheet.web.address import PublicAddressMiddleware
from broadsheet.web.budget import ArchiveBudgetMiddleware
from broadsheet.web.connections import ConnectionLimits
from broadsheet.web.errors import compose_error_page, install_error_pages
from broadsheet.web.guard import THIS_MACHINE, GuardMiddleware, Site
from broadsheet.web.headers import SecurityHeadersMiddleware
from broadsheet.web.observing import ObservingMiddleware
from broadsheet.web.principal import PrincipalMiddleware
from broadsheet.web.reference import NativeApi
from broadsheet.web.slashes import LeadingSlashMiddleware

_WORTH_COMPRESSING = 1024
"""Bytes below which a packet is not saved."""


def create_app(
    services: Services,
    name: str = "Broadsheet",
    page_size: int = 20,
    site: Site = THIS_MACHINE,
    interfaces: Sequence[APIRouter] = (),
    native: NativeApi | None = None,
    metrics_access: metrics.MetricsAccess = "owner",
    connections: ConnectionLimits | None = None,
    websub_hub: str = "",
    archive_pages: int = 0,
) -> FastAPI:
    """Create the application for one library.

    ``name`` is the masthead's text, ``page_size`` the number of papers on a page, ``site`` the
    names under which requests are answered, ``interfaces`` the other faces served beside the
    pages, ``native`` the native API among them, ``metrics_access`` who may read the metrics,
    ``connections`` those of the server, ``websub_hub`` the hub that is told when feeds change, and ``archive_pages`` the pages of dates
    that one visitor may read a minute, 0 for no limit.
    ``services`` stay the caller's: they are neither opened nor closed here.
    """
    observed = metrics.Metrics(services, connections)
    services = replace(services, search=metrics.observed_search(services.search, observed))
    app = FastAPI(title=name, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.page_size = page_size
    app.state.site = site
    app.state.websub_hub = websub_hub
    app.state.native = native
    app.state.metrics = observed
    app.state.metrics_access = metrics_access
    app.add_middleware(PublicAddressMiddleware, site=site)
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_COMPRESSING, compresslevel=5)
    app.add_middleware(ArchiveBudgetMiddleware, per_minute=archive_pages, refuse=compose_error_page)
    app.add_middleware(
        PrincipalMiddleware,
        accounts=services.accounts,
        secure=site.secure,
        refuse=compose_error_page,
    )
    app.add_middleware(GuardMiddleware, site=site, refuse=compose_error_page)
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(LeadingSlashMiddleware)
    app.add_middleware(ObservingMiddleware, metrics=observed)
    for router in interfaces:
        app.include_router(router)
    # The paper route takes any name, so it comes after every other page under /papers.
    for module in (
        about,
        metrics,
        accounts,
        identities,
        authors,
        marks,
        collections,
        comments,
        follows,
        members,
        submissions,
        reference,
        rejected,
        settings,
        static,
        start,
        digest,
        issue,
        calendar,
        trending,
        editions,
        for_you,
        export,
        screen,
        search,
        why,
        works,
        like,
        complete,
        paper,
    ):
        app.include_router(module.router)
    install_error_pages(app)
    return app
