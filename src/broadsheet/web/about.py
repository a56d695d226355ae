"""The state of the library, and the files that browsers and robots request."""

import datetime as dt
import json

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.periods import Period
from broadsheet.web.phrases import tally_sources
from broadsheet.web.principal import principal_of
from broadsheet.web.render import answer, page, render, root_of, services_of
from broadsheet.web.static import static_path
from broadsheet.web.threads import run_apart

router = APIRouter(include_in_schema=False)

_SITEMAP_DAYS = 7
"""Days whose papers the sitemap names; at most 400 papers of each."""
_MOST_PAPERS = 400
_NOT_STORED = {"Cache-Control": "no-store"}
_A_DAY = {"Cache-Control": "public, max-age=86400"}
# Robots may read papers. Result pages have no end, and there are as many archives as dates: robots
# that walk them bring services down. The sitemap names the papers of the latest days instead.
_CLOSED = (
    "/papers/date/",
    "/papers/week/",
    "/papers/month/",
    "/papers/year/",
    "/e/*/date/",
    "/e/*/week/",
    "/e/*/month/",
    "/e/*/year/",
    "/calendar",
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
        digest=services.digest.status(principal),
    )


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def healthz() -> Response:
    """Whether the process answers; restarting it helps if not. Reads nothing."""
    return JSONResponse({"status": "ok"}, 200, _NOT_STORED)


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def readyz(request: Request) -> Response:
    """Whether the library answers and can be searched: 200, else 503 with the reason."""
    try:
        health = await run_apart(services_of(request).admin.health)
    except BroadsheetError as error:
        return JSONResponse({"status": "unavailable", "detail": str(error)}, 503, _NOT_STORED)
    if health.problem:
        return JSONResponse({"status": "unavailable", "detail": health.problem}, 503, _NOT_STORED)
    return JSONResponse({"status": "ok", "papers": health.papers}, 200, _NOT_STORED)


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
def robots(request: Request) -> Response:
    """The pages that robots may read, and the address of the sitemap."""
    text = f"{_ROBOTS}\nSitemap: {root_of(request)}/sitemap.xml\n"
    return PlainTextResponse(text, headers=_A_DAY)


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
def sitemap(request: Request) -> Response:
    """The papers of the latest days that have any, for search engines
    (https://www.sitemaps.org/protocol.html)."""
    daily = services_of(request).daily
    latest = daily.latest_day() or daily.today()
    counts = daily.counts_by_day(latest - dt.timedelta(60), latest)
    days = sorted((day for day, count in counts.items() if count), reverse=True)[:_SITEMAP_DAYS]
    papers = {
        story.paper.key: story.paper
        for day in days
        for story in daily.issue(
            IssueRequest(Period("day", day), order="newest", size=_MOST_PAPERS)
        ).stories
    }
    content = render(
        request,
        "sitemap.xml",
        papers=papers.values(),
        editions=[each.name for each in daily.editions() if each.name != "front"],
    )
    return answer(request, content, "application/xml")


@router.api_route("/llms.txt", methods=["GET", "HEAD"])
def llms(request: Request) -> Response:
    """For language models: what is here, and the addresses that are made for programs
    (https://llmstxt.org)."""
    return answer(request, render(request, "llms.txt"), "text/markdown", headers=_A_DAY)


@router.api_route("/manifest.webmanifest", methods=["GET", "HEAD"])
def manifest(request: Request) -> Response:
    """Lets a reader put the service on a home screen (W3C Web Application Manifest)."""
    icons = [
        {"src": static_path(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    values = {
        "name": request.app.title,
        "short_name": request.app.title[:12],
        "id": "/",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#fdfaf3",
        "theme_color": "#7a1f1b",
        "icons": [
            *icons,
            {"src": static_path("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
            {**icons[1], "src": static_path("icon-maskable-512.png"), "purpose": "maskable"},
        ],
    }
    content = json.dumps(values, ensure_ascii=False)
    return answer(request, content, "application/manifest+json", headers=_A_DAY)


@router.api_route("/opensearch.xml", methods=["GET", "HEAD"])
def opensearch(request: Request) -> Response:
    """Lets a browser search the library from its address bar."""
    base = root_of(request)
    content = render(request, "opensearch.xml", base=base)
    return answer(request, content, "application/opensearchdescription+xml", headers=_A_DAY)
