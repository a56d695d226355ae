"""Trending papers over a day, a week or a month; and how stories are ranked."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.domain.daily import WINDOWS, Window
from broadsheet.web.issue import edition_path
from broadsheet.web.marks import marks_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)


@router.api_route("/papers/trending", methods=["GET", "HEAD"])
@router.api_route("/e/{edition}/trending", methods=["GET", "HEAD"])
def trending_page(request: Request, edition: str = "front") -> Response:
    """Show the trending papers, with the evidence for each and the formula."""
    window = _read_window(request.query_params.get("window", ""))
    section = request.query_params.get("field", "")[:100]
    trends = services_of(request).daily.trends(window, edition, section)
    path = edition_path(edition, "/papers/trending")

    def path_with(**changes: str) -> str:
        parameters = {"window": window, "field": section} | changes
        if parameters["window"] == "day":
            parameters["window"] = ""
        nonempty = {name: value for name, value in parameters.items() if value}
        return f"{path}?{urlencode(nonempty)}" if nonempty else path

    return page(
        request,
        "trending.html",
        here="Trending",
        trends=trends,
        marks=marks_of(request, [story.paper for story in trends.stories]),
        windows=list(WINDOWS),
        path_with=path_with,
    )


@router.api_route("/about/ranking", methods=["GET", "HEAD"])
def ranking_page(request: Request) -> Response:
    """How stories are placed and trends are scored."""
    return page(request, "ranking.html")


def _read_window(text: str) -> Window:
    for window in WINDOWS:
        if window == (text or "day"):
            return window
    raise HTTPException(400, f"There is no window “{text[:40]}”: use {', '.join(WINDOWS)}.")
