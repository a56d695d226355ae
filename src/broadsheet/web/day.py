"""The front page and the page of each day."""

import datetime as dt

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.domain.dates import PartialDate
from broadsheet.web.links import day_path
from broadsheet.web.paging import Paging, parse_page
from broadsheet.web.render import page, page_size_of, services_of

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
def front_page(request: Request) -> Response:
    """The latest day that has papers; an empty library says how to fill it."""
    day = services_of(request).daily.latest_day()
    if day is None:
        return page(request, "empty.html")
    return _day_page(request, day, 1)


@router.api_route("/papers/date/{day}", methods=["GET", "HEAD"])
def day_page(request: Request, day: str) -> Response:
    """One day's papers, or the nearest days that have some."""
    parsed = PartialDate.parse(day)
    exact = parsed.exact() if parsed else None
    if exact is None or str(parsed) != day:
        raise HTTPException(
            404, f"“{day[:40]}” is not a day. A day is written year-month-day, as 2026-06-02."
        )
    return _day_page(request, exact, parse_page(request.query_params.get("page", "")))


def _day_page(request: Request, day: dt.date, number: int) -> Response:
    daily = services_of(request).daily
    paging = Paging(number, page_size_of(request), daily.count_of_day(day))
    if number > paging.pages:
        raise HTTPException(404, f"That day has no page {number}; its last is {paging.pages}.")
    earlier, later = daily.neighbouring_days(day)
    papers = daily.papers_of_day(day, paging.size, paging.offset) if paging.total else ()
    return page(
        request,
        "day.html",
        day=day,
        papers=papers,
        paging=paging,
        page_path=lambda n: day_path(day, n),
        earlier=earlier,
        later=later,
    )
