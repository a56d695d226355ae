"""Parse and check the parameters of a search, the same way for every page that searches."""

from starlette.exceptions import HTTPException

from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.search import MODES, ORDERS, Mode, Order
from broadsheet.domain.services import LibraryService
from broadsheet.web import refine


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
