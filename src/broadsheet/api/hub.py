"""The endpoints of the reference service, for the client ``huggingface_hub`` and ``hf``.

The client's ``read_paper`` reads ``/papers/ID.md``, which is the Markdown view of the pages. Writing
needs an access token with the scope ``write``.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from broadsheet.api.errors import JsonErrorRoute
from broadsheet.api.hub_papers import Activity, compose_comment, compose_entry, compose_paper
from broadsheet.api.parameters import MOST_BYTES
from broadsheet.domain.access import ANONYMOUS, Principal
from broadsheet.domain.daily import EditionOrder, IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.members import MemberNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period, PeriodKind
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import DailyService, Services

_MAX_PAGE = 10_000
_FRONT = "front"
_MOST_DAYS = 31
"""Days that a list without a period goes back."""


class _BodyRoute(JsonErrorRoute):
    """Refuses a body that is too large, before it is read, or no JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route."""
        handle = super().get_route_handler()

        async def handle_small(request: Request) -> Response:
            length = request.headers.get("content-length", "0")
            if "transfer-encoding" in request.headers or int(length) > MOST_BYTES:
                message = f"send a body of at most {MOST_BYTES:,} bytes, with Content-Length"
                return JSONResponse({"error": message}, 413)
            try:
                return await handle(request)
            except HTTPException as error:  # FastAPI's, for a body that it cannot parse
                return JSONResponse({"error": error.detail}, error.status_code)

        return handle_small


router = APIRouter(route_class=_BodyRoute, include_in_schema=False)


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
    """List the papers of a day, week or month; without one, the latest day by day.

    ``sort=trending`` without a period lists the trends of the week. With ``submitter``, the papers
    that a member of this library submitted, the latest first.
    """
    services: Services = request.app.state.services
    period = _period(date, week, month)
    if submitter:
        submitted = _submitted(services, request.state.principal, submitter, period)
        papers = submitted[p * limit : (p + 1) * limit]
        more = len(submitted) > (p + 1) * limit
    elif sort == "trending" and period is None:
        begin = p * limit
        trends = services.daily.trends("week", limit=begin + limit + 1).stories
        papers = [story.paper for story in trends[begin : begin + limit]]
        more = len(trends) > begin + limit
    else:
        # A given order lists an issue plainly; else its first page is laid out in sections.
        order = services.daily.get_edition(_FRONT).order
        if sort == "publishedAt":
            order = "newest"
        days = 1 if period else _MOST_DAYS
        latest = services.daily.latest_day()
        first = period or (Period("day", latest) if latest else None)
        listed = _papers_from(services.daily, first, days, order, p * limit, limit + 1)
        papers, more = listed[:limit], len(listed) > limit
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
    return JSONResponse(compose_paper(paper, _activities(services, [paper])[paper.key]))


class PaperToSubmit(BaseModel):
    """The body of a submission."""

    paperId: str  # noqa: N815
    """An identifier or address."""
    comment: str = ""
    """A note that stands with the paper."""


class PaperToAdd(BaseModel):
    """The body of a request to have a paper in the library."""

    arxivId: str  # noqa: N815


@router.post("/api/papers/submit", status_code=201)
def submit(request: Request, body: PaperToSubmit) -> Response:
    """Submit a paper to the issue of the day; fetched in the background if it is not here."""
    services: Services = request.app.state.services
    principal: Principal = request.state.principal
    submission = services.submissions.submit(principal, body.paperId, body.comment)
    return JSONResponse({"paperId": submission.address, "state": submission.state}, 201)


@router.post("/api/papers/index")
def add_paper(request: Request, body: PaperToAdd) -> Response:
    """Fetch a paper into the library, unless it is there."""
    services: Services = request.app.state.services
    principal: Principal = request.state.principal
    paper = services.submissions.add_paper(principal, body.arxivId)
    return JSONResponse(compose_paper(paper, _activities(services, [paper])[paper.key]))


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
    activities = _activities(services, papers)
    return [compose_entry(paper, activities[paper.key]) for paper in papers]


def _activities(services: Services, papers: Sequence[Paper]) -> Mapping[int, Activity]:
    keys = [paper.key for paper in papers]
    comments = services.comments.counts(keys)
    submissions = services.submissions.highlights_of(keys).submissions
    votes = services.community.paper_marks(ANONYMOUS, keys).votes
    return {
        key: Activity(comments.get(key, 0), submissions.get(key), votes.get(key, 0)) for key in keys
    }


def _submitted(
    services: Services, principal: Principal, name: str, period: Period | None
) -> Sequence[Paper]:
    """Papers that a member submitted, the latest first; none of an unknown member."""
    try:
        submissions = services.members.get(principal, name).submissions
    except MemberNotFoundError:
        return ()
    keys = [
        each.paper
        for each in submissions
        if each.paper is not None
        and (period is None or (each.listed_on and period.first <= each.listed_on <= period.last))
    ]
    return services.library.get_papers(list(dict.fromkeys(keys)))


def _papers_from(
    daily: DailyService,
    period: Period | None,
    periods: int,
    order: EditionOrder,
    skip: int,
    count: int,
) -> Sequence[Paper]:
    """Return papers of an issue and those before it, at most so many ``periods``; leave out the
    first ``skip`` papers."""
    papers: list[Paper] = []
    for _ in range(periods):
        if period is None or len(papers) >= count:
            break
        page, offset = divmod(skip, count)
        pages = page + 1
        while page < pages and len(papers) < count:
            issue = daily.issue(IssueRequest(period, order=order, page=page + 1, size=count))
            papers += [story.paper for story in issue.stories[offset:]]
            page, pages, offset = page + 1, issue.pages, 0
        skip = max(0, skip - issue.matching)
        period = issue.earlier.period if issue.earlier else None
    return papers[:count]


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
