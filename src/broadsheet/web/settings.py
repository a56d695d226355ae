"""How the service is set up, and how what was set up does."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from broadsheet.web.render import library_of, page

router = APIRouter(include_in_schema=False)

_EARLIER_RUNS = 10
"""Shown of each source, besides the latest."""


@router.api_route("/settings/sources", methods=["GET", "HEAD"])
def sources_page(request: Request) -> Response:
    """Each source's last run, next run, counts, and what went wrong."""
    library = library_of(request)
    sources = library.source_statuses()
    shown = [source for source in sources if source.on or source.last_run]
    return page(
        request,
        "sources.html",
        shown=[
            (source, library.source_runs(source.name, _EARLIER_RUNS + 1)[1:]) for source in shown
        ],
        others=[source for source in sources if source not in shown],
    )
