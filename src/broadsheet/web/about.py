"""The state of the library, and the files that browsers and robots request."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from broadsheet.domain.errors import BroadsheetError
from broadsheet.web.phrases import tally_sources
from broadsheet.web.principal import principal_of
from broadsheet.web.render import answer, page, render, services_of

router = APIRouter(include_in_schema=False)

_A_DAY = {"Cache-Control": "public, max-age=86400"}
# Robots may read papers and days; result pages have no end.
_CLOSED = (
    "/papers?",
    "/papers/why",
    "/papers/complete",
    "/papers/like?",
    "/export",
    "/settings",
    "/status",
)
_ROBOTS = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in _CLOSED)])


@router.api_route("/status", methods=["GET", "HEAD"])
def status_page(request: Request) -> Response:
    """Papers, how many of them are indexed, the embedder, how sources do, the version."""
    services, principal = services_of(request), principal_of(request)
    return page(
        request,
        "status.html",
        library=services.admin.status(principal),
        sources=tally_sources(services.sources.statuses(principal)),
    )


@router.api_route("/healthz", methods=["GET", "HEAD"])
def healthz(request: Request) -> Response:
    """For whoever watches the service: 200 while the library answers, else 503."""
    headers = {"Cache-Control": "no-store"}
    try:
        health = services_of(request).admin.health()
    except BroadsheetError as error:
        return JSONResponse({"status": "unavailable", "detail": str(error)}, 503, headers)
    if health.problem:
        return JSONResponse({"status": "unavailable", "detail": health.problem}, 503, headers)
    return JSONResponse({"status": "ok", "papers": health.papers}, 200, headers)


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
def robots() -> Response:
    return PlainTextResponse(_ROBOTS, headers=_A_DAY)


@router.api_route("/opensearch.xml", methods=["GET", "HEAD"])
def opensearch(request: Request) -> Response:
    """Lets a browser search the library from its address bar."""
    base = str(request.base_url).rstrip("/")
    content = render(request, "opensearch.xml", base=base)
    return answer(request, content, "application/opensearchdescription+xml", headers=_A_DAY)
