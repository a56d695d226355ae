"""The read endpoints of the reference service, for the client ``huggingface_hub`` and ``hf``.

The client's ``read_paper`` reads ``/papers/ID.md``, which is the Markdown view of the pages.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from broadsheet.api.errors import JsonErrorRoute
from broadsheet.api.hub_papers import compose_entry
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.periods import Period, PeriodKind
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import Services

_MAX_PAGE = 10_000
_FRONT = "front"

router = APIRouter(route_class=JsonErrorRoute, include_in_schema=False)


@router.get("/api/daily_papers")
def daily_papers(
    request: Request,
    p: Annotated[int, Query(ge=0, le=_MAX_PAGE)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    sort: Literal["publishedAt", "trending"] | None = None,
    date: str = "",
    week: str = "",
    month: str = "",
    submitter: str = "",
) -> Response:
    """List the papers of a day, week or month; without one, of the latest day with papers.

    ``sort=trending`` without a period lists the trends of the week.
    """
    services: Services = request.app.state.services
    if submitter:
        raise InvalidInputError("lists by submitter are not available; leave submitter out")
    period = _period(date, week, month)
    if sort == "trending" and period is None:
        begin = p * limit
        trends = services.daily.trends("week", limit=begin + limit + 1).stories
        papers = [story.paper for story in trends[begin : begin + limit]]
        more = len(trends) > begin + limit
    else:
        day = services.daily.latest_day()
        if period is None and day is None:
            return JSONResponse([])
        issue = services.daily.issue(
            IssueRequest(
                period=period or Period("day", day or services.daily.today()),
                # A given order lists the issue plainly; else its first page is laid out in sections.
                order="newest"
                if sort == "publishedAt"
                else services.daily.get_edition(_FRONT).order,
                page=p + 1,
                size=limit,
            )
        )
        papers = [story.paper for story in issue.stories]
        more = p + 1 < issue.pages
    following = request.url.include_query_params(p=p + 1)
    headers = {"Link": f'<{following}>; rel="next"'} if more else None
    return JSONResponse([compose_entry(paper) for paper in papers], headers=headers)


@router.get("/api/papers/search")
def search_papers(
    request: Request,
    q: Annotated[str, Query(max_length=250)] = "",
    limit: Annotated[int, Query(ge=1, le=120)] = 120,
) -> Response:
    """Search by words and meaning, in the query language of the search page."""
    services: Services = request.app.state.services
    hits = services.search.search(SearchRequest(q, limit=limit)).hits if q.strip() else ()
    return JSONResponse([compose_entry(hit.paper) for hit in hits])


@router.get("/api/papers/{name:path}")
def paper_info(request: Request, name: str) -> Response:
    """Return one paper by any of its names."""
    services: Services = request.app.state.services
    return JSONResponse(compose_entry(services.library.get_paper(name)))


def _period(date: str, week: str, month: str) -> Period | None:
    """Read the requested period. Raises InvalidInputError."""
    kinds: tuple[tuple[PeriodKind, str, str, str], ...] = (
        ("day", "date", date, "2026-06-02"),
        ("week", "week", week, "2026-W23"),
        ("month", "month", month, "2026-06"),
    )
    requested = [each for each in kinds if each[2]]
    if not requested:
        return None
    if len(requested) > 1:
        raise InvalidInputError("give one of date, week and month only")
    kind, parameter, text, example = requested[0]
    period = Period.parse(kind, text)
    if period is None:
        raise InvalidInputError(f"{parameter} cannot be {text!r}: write it like {example}")
    return period
