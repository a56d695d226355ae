"""Whether two papers are one work: curators join and part them by hand."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.web.forms import Form, text_of
from broadsheet.web.links import paper_path
from broadsheet.web.principal import principal_of
from broadsheet.web.render import services_of

router = APIRouter(include_in_schema=False)


@router.post("/works/join")
def join(request: Request, form: Form) -> Response:
    """Make the paper ``other`` a part of ``paper``."""
    library = services_of(request).library
    paper = library.join_papers(
        principal_of(request), text_of(form, "paper"), text_of(form, "other")
    )
    return _to(paper_path(paper))


@router.post("/works/apart")
def apart(request: Request, form: Form) -> Response:
    """Remember that ``paper`` and ``other`` are two works."""
    library, name = services_of(request).library, text_of(form, "paper")
    library.keep_apart(principal_of(request), name, text_of(form, "other"))
    return _to(paper_path(library.get_paper(name)))


@router.post("/works/part")
def part(request: Request, form: Form) -> Response:
    """Give the record ``source`` and ``key`` of ``paper`` to a paper of its own."""
    record = text_of(form, "source"), text_of(form, "key")
    library = services_of(request).library
    return _to(
        paper_path(library.part_records(principal_of(request), text_of(form, "paper"), [record]))
    )


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
