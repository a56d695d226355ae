"""Screenings: the list, one paper after the other, the answer to "may I stop?", and exports."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import require
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.screening import LONGEST_REASON, LONGEST_TITLE, MOST_POOL, ExportForm
from broadsheet.web.forms import Form, text_of
from broadsheet.web.marks import marks_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import MAX_QUERY, answer, page, services_of

router = APIRouter(include_in_schema=False)

_MEDIA_TYPES: dict[ExportForm, str] = {
    "csv": "text/csv",
    "ris": "application/x-research-info-systems",
}
_LISTED = 200
"""Decisions shown on the page of a screening."""


@router.api_route("/screen", methods=["GET", "HEAD"])
def screenings_page(request: Request) -> Response:
    """One's own screenings, and the form to start one, filled in with ``?q=``."""
    return _list_page(request, request.query_params.get("q", "")[:MAX_QUERY])


@router.post("/screen")
def start(request: Request, form: Form) -> Response:
    """Start a screening of the papers of a search."""
    query = text_of(form, "query")[:MAX_QUERY]
    try:
        screening = services_of(request).screening.start(
            principal_of(request),
            query,
            text_of(form, "title"),
            _share(text_of(form, "recall", "95"), "recall"),
            _share(text_of(form, "confidence", "95"), "confidence"),
        )
    except InvalidInputError as error:
        return _list_page(request, query, str(error), 400)
    return _to(screening.id)


@router.api_route("/screen/{name}", methods=["GET", "HEAD"])
def screening_page(request: Request, name: str) -> Response:
    """The next paper with both buttons, and the progress; with .csv or .ris the decisions."""
    for form in _MEDIA_TYPES:
        if name.endswith(f".{form}"):
            return _export(request, name.removesuffix(f".{form}"), form)
    service, principal = services_of(request).screening, principal_of(request)
    state = service.state(principal, name)
    decisions = service.decisions(principal, name)
    shown = [paper for paper in (state.next_paper,) if paper]
    return page(
        request,
        "screening.html",
        state=state,
        screening=state.screening,
        decisions=decisions[::-1][:_LISTED],
        agreement=service.agreement(principal, name),
        flow=service.count_flow(principal, name),
        curve=_curve(state.curve, state.screening.papers),
        marks=marks_of(request, shown),
        longest_reason=LONGEST_REASON,
    )


@router.post("/screen/{name}/label")
def label(request: Request, name: str, form: Form) -> Response:
    """Label a paper: the form's ``relevant`` is "yes" or "no"."""
    relevant = text_of(form, "relevant")
    if relevant not in ("yes", "no"):
        raise InvalidInputError("say whether the paper is relevant: yes or no")
    services_of(request).screening.label(
        principal_of(request),
        name,
        text_of(form, "paper"),
        relevant == "yes",
        text_of(form, "reason"),
    )
    return _to(name)


@router.api_route("/screen/{name}/join", methods=["GET", "HEAD"])
def invitation_page(request: Request, name: str) -> Response:
    """Ask whether the reader wants to work through the pool of this screening too."""
    require(principal_of(request), "keep_personal")
    return page(request, "screening_join.html", name=name)


@router.post("/screen/{name}/join")
def join(request: Request, name: str, form: Form) -> Response:
    """Start a screening of the same pool."""
    return _to(services_of(request).screening.join(principal_of(request), name).id)


@router.post("/screen/{name}/undo")
def undo(request: Request, name: str, form: Form) -> Response:
    """Take back the label given last."""
    services_of(request).screening.undo(principal_of(request), name)
    return _to(name)


@router.post("/screen/{name}/delete")
def delete(request: Request, name: str, form: Form) -> Response:
    """Delete the screening."""
    services_of(request).screening.delete(principal_of(request), name)
    return RedirectResponse("/screen", 303, {"Cache-Control": "no-store"})


def _to(name: str) -> Response:
    return RedirectResponse(f"/screen/{name}", 303, {"Cache-Control": "no-store"})


def _share(text: str, name: str) -> float:
    """Read a percentage as a share."""
    try:
        percent = float(text)
    except ValueError:
        percent = 0.0
    if not 0 < percent < 100:
        raise InvalidInputError(f"{name} is a percentage between 0 and 100, such as 95")
    return percent / 100


def _curve(counts: Sequence[int], papers: int) -> str:
    """Points of a polyline, 100 wide and 40 high: relevant papers against papers read."""
    if not counts:
        return ""
    most = max(counts[-1], 1)
    step = max(1, len(counts) // 200)
    places = sorted({0, *range(step, len(counts) + 1, step), len(counts)})
    points = [
        (100 * place / papers, 40 - 38 * (counts[place - 1] if place else 0) / most)
        for place in places
    ]
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _list_page(request: Request, query: str, problem: str = "", status: int = 200) -> Response:
    return page(
        request,
        "screenings.html",
        status,
        screenings=services_of(request).screening.own(principal_of(request)),
        pool_query=query,
        problem=problem,
        most=MOST_POOL,
        longest_title=LONGEST_TITLE,
    )


def _export(request: Request, name: str, form: ExportForm) -> Response:
    content = services_of(request).screening.export(principal_of(request), name, form)
    headers = {"Content-Disposition": f'attachment; filename="screening.{form}"'}
    return answer(request, content, _MEDIA_TYPES[form], headers=headers)
