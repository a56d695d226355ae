"""How the service is set up, and how what was set up does."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_EARLIER_RUNS = 10
"""Shown of each source, besides the latest."""


@router.api_route("/settings/sources", methods=["GET", "HEAD"])
def sources_page(request: Request) -> Response:
    """Each source's last run, next run, counts, and what went wrong."""
    sources, principal = services_of(request).sources, principal_of(request)
    statuses = sources.statuses(principal)
    shown = [source for source in statuses if source.on or source.last_run]
    return page(
        request,
        "sources.html",
        shown=[
            (source, sources.runs(principal, source.name, _EARLIER_RUNS + 1)[1:])
            for source in shown
        ],
        others=[source for source in statuses if source not in shown],
    )
