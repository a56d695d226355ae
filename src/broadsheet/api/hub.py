"""The endpoints of the reference service, for the client ``huggingface_hub`` and ``hf``.

The client's ``read_paper`` reads ``/papers/ID.md``, which is the Markdown view of the pages. Writing
needs an access token with the scope ``write``.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from broadsheet.api.errors import JsonErrorRoute
from broadsheet.api.hub_papers import compose_comment, compose_entry, compose_paper
from broadsheet.domain.access import Principal
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
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
    return JSONResponse(_entries(services, papers), headers=headers)


@router.get("/api/papers/search")
def search_papers(
    request: Request,
    q: Annotated[str, Query(max_length=250)] = "",
    limit: Annotated[int, Query(ge=1, le=120)] = 120,
) -> Response:
    """Search by words and meaning, in the query language of the search page."""
    services: Services = request.app.state.services
    hits = services.search.search(SearchRequest(q, limit=limit)).hits if q.strip() else ()
    return JSONResponse(_entries(services, [hit.paper for hit in hits]))


@router.get("/api/papers/{name:path}")
def paper_info(request: Request, name: str) -> Response:
    """Return one paper by any of its names."""
    services: Services = request.app.state.services
    paper = services.library.get_paper(name)
    comments = services.comments.counts([paper.key]).get(paper.key, 0)
    return JSONResponse(compose_paper(paper, comments))


class CommentText(BaseModel):
    """The body of a comment or an answer."""

    comment: str
    """Markdown."""


@router.post("/api/papers/{name:path}/comment/{number}/reply", status_code=201)
def reply(request: Request, name: str, number: int, body: CommentText) -> Response:
    """Answer a comment on a paper."""
    return _add_comment(request, name, body, number)


@router.post("/api/papers/{name:path}/comment", status_code=201)
def comment(request: Request, name: str, body: CommentText) -> Response:
    """Comment on a paper."""
    return _add_comment(request, name, body, None)


def _add_comment(request: Request, name: str, body: CommentText, parent: int | None) -> Response:
    services: Services = request.app.state.services
    principal: Principal = request.state.principal
    added = services.comments.add(principal, name, body.comment, parent)
    return JSONResponse({"newMessage": compose_comment(added)}, 201)


def _entries(services: Services, papers: Sequence[Paper]) -> list[dict[str, Any]]:
    comments = services.comments.counts([paper.key for paper in papers])
    return [compose_entry(paper, comments.get(paper.key, 0)) for paper in papers]


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
