"""Parse and check the parameters of a search, the same way for every page that searches."""

from dataclasses import replace

from fastapi import Request
from starlette.exceptions import HTTPException

from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.search import MODES, ORDERS, Mode, Order, SearchRequest
from broadsheet.domain.services import LibraryService
from broadsheet.web import refine
from broadsheet.web.principal import principal_of
from broadsheet.web.render import services_of


def clean_query(text: str) -> str:
    """The query without control characters and with single spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_mode(text: str) -> Mode:
    """Return the named mode, hybrid by default. Raises HTTPException (400) for another."""
    for mode in MODES:
        if mode == (text or "hybrid"):
            return mode
    raise HTTPException(400, f"There is no mode “{text[:40]}”: use {', '.join(MODES)}.")


def read_order(text: str) -> Order:
    """Return the named order, relevance by default. Raises HTTPException (400) for another."""
    for order in ORDERS:
        if order == (text or "relevance"):
            return order
    raise HTTPException(400, f"There is no order “{text[:40]}”: use {', '.join(ORDERS)}.")


def with_interests(request: Request, search_request: SearchRequest) -> SearchRequest:
    """Return the request with the reader's interests if its order is theirs. Raises
    UnauthorizedError for a visitor who has none."""
    if search_request.order != "for-me":
        return search_request
    reader = services_of(request).personal.interests(principal_of(request))
    return replace(search_request, reader=reader)


def liked_papers(library: LibraryService, query: str) -> list[Paper]:
    """The papers that ``like:`` names and the library has, so that they are shown by title."""
    papers = []
    for term in refine.split_terms(query):
        field, _, name = term.partition(":")
        if field.lower() == "like" and name:
            try:
                papers.append(library.get_paper(name.strip('"')))
            except PaperNotFoundError:
                continue  # the search itself says so
    return papers
