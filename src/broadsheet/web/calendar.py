"""The calendar: how many papers each day has, a year as a heat map drawn by the server."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.periods import Period
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_LEVELS = 4
"""Shades besides that of a day without papers."""


@dataclass(frozen=True, slots=True)
class Square:
    """A day in the heat map. ``column`` and ``row`` from 0; ``level`` from 0 to 4."""

    day: dt.date
    papers: int
    column: int
    row: int
    level: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A year of squares: a column for each week, Monday on top."""

    squares: Sequence[Square]
    months: Sequence[tuple[str, int]]
    """Names of the months with the column in which each begins."""
    columns: int


@router.api_route("/calendar", methods=["GET", "HEAD"])
def calendar_page(request: Request) -> Response:
    """The year named in the address, else the latest with papers."""
    daily = services_of(request).daily
    text = request.query_params.get("year", "")
    latest = daily.latest_day() or daily.today()
    year = Period.parse("year", text) if text else Period.containing("year", latest)
    if year is None:
        raise HTTPException(404, f"“{text[:40]}” is not a year. A year is written as 2026.")
    counts = daily.counts_by_day(year.first, year.last)
    issue = daily.issue(IssueRequest(year))
    return page(
        request,
        "calendar.html",
        year=year,
        map=draw_heat_map(year, counts),
        papers=sum(counts.values()),
        undated=issue.total - sum(counts.values()),
        earlier=issue.earlier,
        later=issue.later,
        months=[
            (
                f"{dt.date(year.first.year, month, 1):%B}",
                Period("month", dt.date(year.first.year, month, 1)),
            )
            for month in range(1, 13)
        ],
    )


def draw_heat_map(year: Period, counts: Mapping[dt.date, int]) -> HeatMap:
    """The squares of a year; shades go by the day's rank among the days with papers."""
    begin = year.first - dt.timedelta(year.first.weekday())
    ranked = sorted(counts.values())
    squares, months = [], []
    for number in range((year.last - year.first).days + 1):
        day = year.first + dt.timedelta(number)
        papers = counts.get(day, 0)
        column = (day - begin).days // 7
        level = 0
        if papers:
            below = sum(count <= papers for count in ranked) / len(ranked)
            level = max(1, min(_LEVELS, round(below * _LEVELS)))
        squares.append(Square(day, papers, column, day.weekday(), level))
        if day.day == 1:
            months.append((f"{day:%b}", column))
    return HeatMap(squares, months, squares[-1].column + 1)
