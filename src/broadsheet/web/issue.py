"""Issues of the paper: home, days, weeks, months and years, of every edition."""

import datetime as dt
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.daily import ISSUE_ORDERS, Issue, IssueOrder, IssueRequest
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period, PeriodKind
from broadsheet.web.links import period_path
from broadsheet.web.marks import marks_of
from broadsheet.web.paging import Paging, parse_page
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of
from broadsheet.web.views import VIEWS, remember_view, view_of

router = APIRouter(include_in_schema=False)

_SPELLINGS = {
    "day": "A day is written year-month-day, as 2026-06-02.",
    "week": "A week is written year-Wweek, as 2026-W23.",
    "month": "A month is written year-month, as 2026-06.",
    "year": "A year is written as 2026.",
}
_FLAT_SIZE = 100
"""Stories on a page of a reader's selection from an issue."""


@router.api_route("/", methods=["GET", "HEAD"])
def home(request: Request) -> Response:
    """The latest issue; a new library says how to fill it."""
    return latest_issue(request, "front")


@router.api_route("/e/{edition}", methods=["GET", "HEAD"])
def edition_home(request: Request, edition: str) -> Response:
    """The latest issue of an edition."""
    return latest_issue(request, edition)


@router.api_route("/papers/date/{name}", methods=["GET", "HEAD"])
@router.api_route("/e/{edition}/date/{name}", methods=["GET", "HEAD"])
def day_page(request: Request, name: str, edition: str = "front") -> Response:
    """A day, or "today"."""
    return _named_issue(request, edition, "day", name)


@router.api_route("/papers/week/{name}", methods=["GET", "HEAD"])
@router.api_route("/e/{edition}/week/{name}", methods=["GET", "HEAD"])
def week_page(request: Request, name: str, edition: str = "front") -> Response:
    """A week, or "this"."""
    return _named_issue(request, edition, "week", name)


@router.api_route("/papers/month/{name}", methods=["GET", "HEAD"])
@router.api_route("/e/{edition}/month/{name}", methods=["GET", "HEAD"])
def month_page(request: Request, name: str, edition: str = "front") -> Response:
    """A month, or "this"."""
    return _named_issue(request, edition, "month", name)


@router.api_route("/papers/year/{name}", methods=["GET", "HEAD"])
@router.api_route("/e/{edition}/year/{name}", methods=["GET", "HEAD"])
def year_page(request: Request, name: str, edition: str = "front") -> Response:
    """A year, or "this"."""
    return _named_issue(request, edition, "year", name)


def latest_issue(request: Request, edition: str) -> Response:
    """The issue of the latest day with papers, or how to begin."""
    daily = services_of(request).daily
    daily.get_edition(edition)
    if daily.has_only_starter():
        return _starter_page(request)
    day = daily.latest_day()
    if day is None:
        return _year_page(request, edition)
    return _issue_page(request, edition, Period("day", day), latest=True)


def _named_issue(request: Request, edition: str, kind: PeriodKind, name: str) -> Response:
    daily = services_of(request).daily
    if name == ("today" if kind == "day" else "this"):
        now = Period.containing(kind, daily.today())
        return RedirectResponse(edition_path(edition, period_path(now)), 302)
    period = Period.parse(kind, name)
    if period is None:
        raise HTTPException(404, f"“{name[:40]}” is not a {kind}. {_SPELLINGS[kind]}")
    return _issue_page(request, edition, period)


def edition_path(edition: str, path: str) -> str:
    """The address of a page of the front page in another edition."""
    return path if edition == "front" else f"/e/{edition}/{path.removeprefix('/papers/')}"


def _issue_page(request: Request, edition: str, period: Period, latest: bool = False) -> Response:
    issue_request = _read_request(request, edition, period)
    services = services_of(request)
    issue = (
        services.personal.issue(principal_of(request), issue_request)
        if issue_request.order == "for-me"
        else services.daily.issue(issue_request)
    )
    if issue_request.page > issue.pages:
        raise HTTPException(
            404, f"This issue has no page {issue_request.page}; its last is {issue.pages}."
        )
    path = edition_path(edition, period_path(period))
    view = view_of(request)
    response = page(
        request,
        "issue.html",
        issue=issue,
        marks=marks_of(request, _papers_of(issue)),
        asked=issue_request,
        period=period,
        path=path,
        here=_here(issue),
        view=view,
        views=VIEWS,
        path_with=lambda **changes: _path_with(path, issue_request, changes),
        periods=_periods_around(issue),
        paging=_paging(issue, issue_request),
        page_path=lambda number: _path_with(
            path,
            issue_request,
            {"order": issue_request.order or issue.order, "page": number if number > 1 else ""},
        ),
        in_edition=lambda other: edition_path(edition, other),
        latest=latest,
        age=_age(issue),
        export_fields={
            "period": str(period),
            "edition": edition,
            "field": issue_request.section,
            "source": issue_request.source,
            "code": "1" if issue_request.has_code else "",
        },
    )
    return remember_view(request, response)


def _papers_of(issue: Issue) -> list[Paper]:
    """The papers that the page of an issue shows."""
    sections = [story for section in issue.sections for story in section.stories]
    return [story.paper for story in (*issue.front, *sections, *issue.stories)]


def _read_request(request: Request, edition: str, period: Period) -> IssueRequest:
    parameters = request.query_params
    issue_request = IssueRequest(
        period,
        edition,
        section=parameters.get("field", "")[:100],
        source=parameters.get("source", "")[:100],
        has_code=parameters.get("code", "") == "1",
        last_visit=services_of(request).follows.visit(principal_of(request)),
        new_only=parameters.get("new", "") == "1",
        order=_read_order(parameters.get("order", "")),
        page=parse_page(parameters.get("page", "")),
    )
    return (
        replace(issue_request, size=_FLAT_SIZE)
        if issue_request.narrowed or issue_request.page > 1
        else issue_request
    )


def _read_order(text: str) -> IssueOrder | None:
    if not text:
        return None
    for order in ISSUE_ORDERS:
        if order == text:
            return order
    raise HTTPException(400, f"There is no order “{text[:40]}”: use {', '.join(ISSUE_ORDERS)}.")


def _path_with(path: str, issue_request: IssueRequest, changes: dict[str, object]) -> str:
    """The address of the issue narrowed otherwise."""
    parameters = {
        "field": issue_request.section,
        "source": issue_request.source,
        "code": "1" if issue_request.has_code else "",
        "new": "1" if issue_request.new_only else "",
        "order": issue_request.order or "",
        "page": "",
    } | changes
    nonempty = {name: str(value) for name, value in parameters.items() if value}
    return f"{path}?{urlencode(nonempty)}" if nonempty else path


def _paging(issue: Issue, issue_request: IssueRequest) -> Paging:
    return Paging(issue_request.page, issue_request.size or issue.edition.size, issue.matching)


def _periods_around(issue: Issue) -> list[Period]:
    """Those that hold the issue: a day's week and month, a week's month, a month's year."""
    wider: dict[PeriodKind, tuple[PeriodKind, ...]] = {
        "day": ("week", "month"),
        "week": ("month",),
        "month": ("year",),
        "year": (),
    }
    return [Period.containing(kind, issue.period.first) for kind in wider[issue.period.kind]]


def _here(issue: Issue) -> str:
    """The entry of the top navigation that leads to this issue, "" for none."""
    if issue.edition.name != "front" or not issue.period.first <= issue.today <= issue.period.last:
        return ""
    return {"day": "Today", "week": "Week", "month": "Month"}.get(issue.period.kind, "")


def _age(issue: Issue) -> int:
    """Return the days since the issue, for the home page; 0 for today's and for other periods."""
    if issue.period.kind != "day":
        return 0
    return max(0, (issue.today - issue.period.first).days)


def _starter_page(request: Request) -> Response:
    daily = services_of(request).daily
    papers = daily.starter_papers()
    return page(request, "starter.html" if papers else "empty.html", papers=papers)


def _year_page(request: Request, edition: str) -> Response:
    """For a library in which no paper is known to the day: its latest year."""
    daily = services_of(request).daily
    later = Period.containing("year", daily.today()).following() or Period("year", dt.date.max)
    earlier = daily.issue(IssueRequest(later, edition)).earlier
    if earlier is None:
        return page(request, "empty.html", papers=())
    return _issue_page(request, edition, earlier.period)
