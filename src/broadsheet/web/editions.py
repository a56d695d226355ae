"""The editions of the paper, each with its latest issue."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from broadsheet.domain.daily import Edition, Issue
from broadsheet.domain.periods import Period
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_PREVIEWED = 5
"""Headlines shown of each edition."""


@dataclass(frozen=True, slots=True)
class Preview:
    """An edition with the issue of a day; None if no day has papers."""

    edition: Edition
    issue: Issue | None


@router.api_route("/editions", methods=["GET", "HEAD"])
def editions_page(request: Request) -> Response:
    """Every edition with the headlines of the latest day."""
    daily = services_of(request).daily
    day = daily.latest_day()
    previews = [
        Preview(edition, daily.preview(edition, Period("day", day)) if day else None)
        for edition in daily.editions()
    ]
    return page(
        request, "editions.html", here="Editions", previews=previews, day=day, shown=_PREVIEWED
    )
