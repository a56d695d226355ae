"""Search: results with highlights, filters beside them, and words when there are none."""

import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import is_allowed
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.follows import FollowKind
from broadsheet.domain.search import ORDERS, Mode, Order, SearchAnswer, SearchRequest
from broadsheet.text.catalogues import catalogue_address, catalogue_name, import_command
from broadsheet.web import refine
from broadsheet.web.asking import clean_query, liked_papers, read_mode, read_order, with_interests
from broadsheet.web.issue import home
from broadsheet.web.links import named_paper_path, search_path
from broadsheet.web.marks import marks_of
from broadsheet.web.paging import Paging, parse_page
from broadsheet.web.principal import principal_of
from broadsheet.web.render import MAX_QUERY, page, page_size_of, services_of

FACET_TITLES = {
    "category": "Category",
    "year": "Year",
    "venue": "Venue",
    "author": "Author",
    "source": "Source",
    "code": "Code",
}

router = APIRouter(include_in_schema=False)

_ONE_FIELD = re.compile(
    r'(?P<field>author|venue|cat):(?:"(?P<quoted>[^"]+)"|(?P<bare>[^\s"()]+))', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parsed and checked parameters of a search page."""

    query: str
    mode: Mode
    order: Order
    page: int
    literal: bool = False

    def path(self, query: str, page: int = 1) -> str:
        """The address of another query, or of another page, asked for in the same way."""
        return search_path(query, self.mode, page, self.order, self.literal)


@dataclass(frozen=True, slots=True)
class MissingPaper:
    """A paper that is not in the library; ``address`` and ``command`` are "" if unknown."""

    catalogue: str
    address: str
    command: str
    """For a shell: adds the paper."""


@router.api_route("/papers", methods=["GET", "HEAD"])
def papers(request: Request) -> Response:
    """The latest day without a query, else its results."""
    parameters = request.query_params
    if "q" not in parameters:
        return home(request)
    query = clean_query(parameters["q"])
    mode = read_mode(parameters.get("mode", ""))
    order = read_order(parameters.get("order", ""))
    number = parse_page(parameters.get("page", ""))
    query_request = Asked(query, mode, order, number, "literal" in parameters)
    if len(query) > MAX_QUERY:
        return _refuse_length(request, query_request)
    if "after" in parameters or "before" in parameters:
        return _with_dates(request, query_request)
    if not query:
        return page(request, "search_start.html", mode=query_request.mode, problem="")
    return _results(request, query_request)


def _refuse_length(request: Request, query_request: Asked) -> Response:
    return page(
        request,
        "search_start.html",
        status=400,
        mode=query_request.mode,
        query=query_request.query[:MAX_QUERY],
        problem=(
            f"That query has {len(query_request.query):,} characters; "
            f"at most {MAX_QUERY:,} can be searched for. It is cut below: shorten it to what "
            "matters most."
        ),
    )


def _with_dates(request: Request, query_request: Asked) -> Response:
    """Write the date fields into the query, so that one search has one address."""
    days = []
    for field in refine.DATE_FIELDS:
        value = request.query_params.get(field, "").strip()
        if value and str(PartialDate.parse(value)) != value:
            return page(
                request,
                "search_start.html",
                status=400,
                query=query_request.query,
                mode=query_request.mode,
                problem=(
                    f"“{value[:40]}” is not a date. Write a day, a month or a year: "
                    "2026-06-02, 2026-06 or 2026."
                ),
            )
        days.append(value)
    query = refine.with_dates(query_request.query, *days)
    return RedirectResponse(query_request.path(query), 303)


def _results(request: Request, query_request: Asked) -> Response:
    services = services_of(request)
    size = page_size_of(request)
    search_request = SearchRequest(
        query_request.query,
        size,
        (query_request.page - 1) * size,
        query_request.mode,
        query_request.order,
        facets=True,
        other_forms=True,
        literal=query_request.literal,
    )
    match = services.search.search(with_interests(request, search_request))
    if match.identifier and match.hits:
        path = named_paper_path(match.hits[0].paper, query_request.query)
        return RedirectResponse(path, 303)
    paging = Paging(query_request.page, size, match.total)
    if query_request.page > paging.pages:
        raise HTTPException(
            404, f"These results have no page {query_request.page}; their last is {paging.pages}."
        )
    return page(
        request,
        "search.html",
        query=query_request.query,
        mode=query_request.mode,
        found=match,
        marks=marks_of(request, [hit.paper for hit in match.hits]),
        paging=paging,
        order=query_request.order,
        literal=query_request.literal,
        orders=ORDERS,
        path_to=query_request.path,
        page_path=lambda n: query_request.path(query_request.query, n),
        filters=refine.filters_of(query_request.query),
        after=refine.date_of(query_request.query, "after"),
        before=refine.date_of(query_request.query, "before"),
        understood=_understood(query_request.query, match),
        facet_titles=FACET_TITLES,
        likes=liked_papers(services.library, query_request.query),
        unfiltered=refine.without_filters(query_request.query),
        missing=_missing(match),
        can_submit=is_allowed(principal_of(request), "contribute"),
        followed=_name_followed(query_request.query),
        library_empty=not match.hits and services.daily.latest_day() is None,
    )


def _name_followed(query: str) -> tuple[FollowKind, str]:
    """Kind and value of the button to follow: the author, venue or category that is the whole
    query, else the search."""
    match = _ONE_FIELD.fullmatch(query)
    if match is None:
        return "search", query
    kinds: dict[str, FollowKind] = {"author": "author", "venue": "venue", "cat": "category"}
    return kinds[match["field"].lower()], match["quoted"] or match["bare"]


def _missing(answer: SearchAnswer) -> MissingPaper | None:
    """Where a paper can be had that the query names and the library does not hold."""
    identifier = answer.identifier
    if identifier is None or answer.hits:
        return None
    return MissingPaper(
        catalogue_name(identifier), catalogue_address(identifier), import_command(identifier)
    )


def _understood(query: str, answer: SearchAnswer) -> str:
    """Return the query as search understood it, if that differs from the typed query."""
    same = " ".join(answer.query.split()).casefold() == query.casefold()
    return "" if same else answer.query
