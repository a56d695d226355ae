"""Collections: the lists, one collection, and the forms that change it."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import is_allowed
from broadsheet.domain.collections import LONGEST_TEXT, LONGEST_TITLE, SHARINGS
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.web.forms import Form, redirect_back, text_of
from broadsheet.web.marks import marks_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_MOST_NAMES = 200
"""Papers that can be added at once."""


@router.api_route("/collections", methods=["GET", "HEAD"])
def collections_page(request: Request) -> Response:
    """One's own collections, the public ones, and the form to start one."""
    return _list_page(request)


@router.post("/collections")
def create(request: Request, form: Form) -> Response:
    """Start a collection, with the paper of the field ``paper`` if it is given."""
    collections, principal = services_of(request).collections, principal_of(request)
    try:
        collection = collections.create(
            principal,
            text_of(form, "title"),
            text_of(form, "description"),
            text_of(form, "sharing", "private"),
        )
    except InvalidInputError as error:
        return _list_page(request, str(error), 400)
    if paper := text_of(form, "paper"):
        collections.add(principal, collection.id, paper)
    return _to(collection.id)


@router.post("/collections/add")
def add_to_chosen(request: Request, form: Form) -> Response:
    """Add a paper to the collection that is chosen on the paper's page."""
    services_of(request).collections.add(
        principal_of(request), text_of(form, "collection"), text_of(form, "paper")
    )
    return redirect_back(form)


@router.api_route("/collections/{name}", methods=["GET", "HEAD"])
def collection_page(request: Request, name: str) -> Response:
    """A collection."""
    return _collection_page(request, name)


@router.post("/collections/{name}/change")
def change(request: Request, name: str, form: Form) -> Response:
    """Change title, description and sharing."""
    try:
        services_of(request).collections.change(
            principal_of(request),
            name,
            text_of(form, "title"),
            text_of(form, "description"),
            text_of(form, "sharing", "private"),
        )
    except InvalidInputError as error:
        return _collection_page(request, name, str(error), 400)
    return _to(name)


@router.post("/collections/{name}/delete")
def delete(request: Request, name: str, form: Form) -> Response:
    """Delete the collection."""
    services_of(request).collections.delete(principal_of(request), name)
    return RedirectResponse("/collections", 303)


@router.post("/collections/{name}/papers")
def add(request: Request, name: str, form: Form) -> Response:
    """Add papers by identifiers, separated by space, commas or lines."""
    names = text_of(form, "papers").replace(",", " ").split()
    if len(names) > _MOST_NAMES:
        return _collection_page(request, name, f"add at most {_MOST_NAMES} papers at once", 400)
    missing = []
    for paper in names:
        try:
            services_of(request).collections.add(principal_of(request), name, paper)
        except PaperNotFoundError:
            missing.append(paper[:80])
    if missing:
        problem = f"not in this library: {', '.join(missing[:20])}"
        return _collection_page(request, name, problem, 404)
    return _to(name)


@router.post("/collections/{name}/entry")
def change_entry(request: Request, name: str, form: Form) -> Response:
    """Keep a note on a paper, move the paper, or take it off."""
    collections, principal = services_of(request).collections, principal_of(request)
    paper, what = text_of(form, "paper"), text_of(form, "do")
    if what == "note":
        collections.add(principal, name, paper, text_of(form, "note"))
    elif what == "remove":
        collections.remove(principal, name, paper)
    elif what in ("up", "down"):
        collections.move(principal, name, paper, -1 if what == "up" else 1)
    else:
        raise InvalidInputError("say what to do: note, up, down or remove")
    return _to(name)


def _to(name: str) -> Response:
    return RedirectResponse(f"/collections/{name}", 303, {"Cache-Control": "no-store"})


def _list_page(request: Request, problem: str = "", status: int = 200) -> Response:
    collections, principal = services_of(request).collections, principal_of(request)
    keeps = is_allowed(principal, "keep_personal")
    own = collections.own(principal) if keeps else ()
    return page(
        request,
        "collections.html",
        status,
        own=own,
        public=[each for each in collections.public() if each.account != principal.id],
        keeps=keeps,
        problem=problem,
        sharings=SHARINGS,
        longest_title=LONGEST_TITLE,
        longest_text=LONGEST_TEXT,
    )


def _collection_page(request: Request, name: str, problem: str = "", status: int = 200) -> Response:
    collections, principal = services_of(request).collections, principal_of(request)
    collection = collections.get(principal, name)
    entries = collections.papers(principal, name)
    return page(
        request,
        "collection.html",
        status,
        headers={} if collection.sharing == "public" else {"X-Robots-Tag": "noindex"},
        collection=collection,
        entries=entries,
        is_own=collection.account == principal.id,
        can_delete=is_allowed(principal, "remove_object", collection.account),
        marks=marks_of(request, [paper for paper, _ in entries]),
        problem=problem,
        sharings=SHARINGS,
        longest_title=LONGEST_TITLE,
        longest_text=LONGEST_TEXT,
    )
