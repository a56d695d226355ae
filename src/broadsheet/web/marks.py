"""Votes and other marks on papers: the buttons beside a paper, and the form they send."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from broadsheet.domain.access import Principal, is_allowed
from broadsheet.domain.community import HIDING, Mark, PaperMarks
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.web.forms import Form, redirect_back, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_SHOWN = 200
"""Papers on the page of saved papers."""


@dataclass(frozen=True, slots=True)
class MarkView:
    """The marks that a page shows beside its papers."""

    marks: PaperMarks
    principal: Principal

    @property
    def can_vote(self) -> bool:
        """Whether the reader may vote; if not, the button leads to the page to sign in."""
        return is_allowed(self.principal, "contribute")

    @property
    def can_keep(self) -> bool:
        """Whether the reader may save papers."""
        return is_allowed(self.principal, "keep_personal")

    def votes(self, paper: Paper) -> int:
        """Votes of readers here."""
        return self.marks.votes.get(paper.key, 0)

    def has(self, paper: Paper, mark: Mark) -> bool:
        """Whether the reader set this mark."""
        return mark in self.marks.own.get(paper.key, ())

    def hides(self, paper: Paper) -> bool:
        """Whether the reader does not want to see this paper in lists."""
        return not HIDING.isdisjoint(self.marks.own.get(paper.key, ()))


def marks_of(request: Request, papers: Iterable[Paper]) -> MarkView:
    """The marks on the papers of a page, read at once."""
    principal = principal_of(request)
    keys = {paper.key for paper in papers}
    return MarkView(services_of(request).community.paper_marks(principal, keys), principal)


@router.post("/marks")
def change_mark(request: Request, form: Form) -> Response:
    """Set or remove a mark: the form's ``change`` is "MARK:on" or "MARK:off".

    Answers JSON to the script, and a redirect back to the page without it.
    """
    mark, _, state = text_of(form, "change").partition(":")
    if state not in ("on", "off"):
        raise InvalidInputError("say what to change: MARK:on or MARK:off")
    result = services_of(request).community.set_mark(
        principal_of(request), text_of(form, "paper"), mark, state == "on"
    )
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse(
            {"mark": result.mark, "on": result.on, "votes": result.votes},
            headers={"Cache-Control": "no-store"},
        )
    return redirect_back(form)


@router.api_route("/saved", methods=["GET", "HEAD"])
def saved_page(request: Request) -> Response:
    """The reader's own papers: saved, to read later, read, voted for, or hidden."""
    kinds: dict[str, tuple[Mark, ...]] = {
        "saved": ("saved",),
        "later": ("later",),
        "read": ("read",),
        "voted": ("voted",),
        "hidden": ("hidden", "not_interested"),
    }
    kind = request.query_params.get("show", "saved")
    if kind not in kinds:
        raise InvalidInputError(f"there is no list {kind[:40]!r}; use {', '.join(kinds)}")
    services = services_of(request)
    marks = services.community.marks(principal_of(request), kinds[kind], _SHOWN)
    papers = services.library.get_papers([mark.paper for mark in marks])
    return page(
        request,
        "saved.html",
        kind=kind,
        kinds=list(kinds),
        papers=papers,
        marks=marks_of(request, papers),
    )
