"""arXiv's query API at ``/api/query``, for the programs that were written for arXiv.

Papers that are not on arXiv are answered too, named by their page here. Errors are feeds with one
entry, as at arXiv.
Source: arXiv API User's Manual, https://info.arxiv.org/help/api/user-manual.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from broadsheet.api.arxiv_feed import ListedPaper, QueryFeed, render_error, render_feed
from broadsheet.api.arxiv_query import parse_arxiv_query
from broadsheet.api.errors import STATUS
from broadsheet.api.parameters import read_parameters
from broadsheet.domain.errors import BroadsheetError, InvalidInputError, PaperNotFoundError
from broadsheet.domain.query import EMPTY, Field, all_of, any_of
from broadsheet.domain.search import SelectionOrder, SelectionRequest
from broadsheet.domain.services import Services
from broadsheet.text.identifiers import arxiv_version, parse_identifier

MOST_RESULTS = 30_000
MOST_AT_ONCE = 2_000
MOST_NAMES = 2_000
_ORDERS: Mapping[str, SelectionOrder] = {
    "relevance": "relevance",
    "lastUpdatedDate": "updated",
    "submittedDate": "published",
}
_DIRECTIONS = ("ascending", "descending")

router = APIRouter(include_in_schema=False)


@router.api_route("/api/query", methods=["GET", "HEAD", "POST"])
async def query_papers(request: Request) -> Response:
    """Answer a query as arXiv does."""
    address = str(request.url)
    try:
        parameters = dict(await read_parameters(request))
        feed = await run_in_threadpool(_answer, request, parameters)
        return _atom(render_feed(feed))
    except BroadsheetError as error:
        return _atom(render_error(str(error), address), STATUS[error.code])


def _atom(text: str, status: int = 200) -> Response:
    return Response(text.encode(), status, media_type="application/atom+xml; charset=utf-8")


def _answer(request: Request, parameters: Mapping[str, str]) -> QueryFeed:
    services: Services = request.app.state.services
    start = _read_number(parameters, "start", 0)
    limit = _read_number(parameters, "max_results", 10)
    if start + limit > MOST_RESULTS:
        raise InvalidInputError(f"start + max_results must not exceed {MOST_RESULTS}")
    limit = min(limit, MOST_AT_ONCE)
    order = _ORDERS[_read_choice(parameters, "sortBy", tuple(_ORDERS))]
    ascending = _read_choice(parameters, "sortOrder", _DIRECTIONS, "descending") == "ascending"
    query = parse_arxiv_query(parameters.get("search_query", ""))
    names = _read_names(parameters.get("id_list", ""))
    if query == EMPTY and not names:
        raise InvalidInputError("give a search_query or an id_list")
    listed = _find_listed(services, names)
    if query == EMPTY:
        if order != "relevance":
            listed.sort(key=_day_of(order), reverse=not ascending)
        total, page = len(listed), listed[start : start + limit]
    elif names and not listed:
        total, page = 0, []
    else:
        requested = {each.paper.key: each for each in reversed(listed)}
        among = any_of(Field("id", each.paper.id) for each in requested.values())
        narrowed = all_of(part for part in (query, among) if part is not None)
        answer = services.search.select(
            SelectionRequest(narrowed or EMPTY, limit, start, order, ascending)
        )
        total = answer.total
        page = [requested.get(paper.key, ListedPaper(paper)) for paper in answer.papers]
    return QueryFeed(
        search_query=parameters.get("search_query", ""),
        id_list=",".join(names),
        start=start,
        limit=limit,
        total=total,
        papers=page,
        address=str(request.url),
        root=str(request.base_url).rstrip("/"),
        day=services.daily.today(),
    )


def _read_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return default
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise InvalidInputError(f"{name} must be an integer")
    if text.startswith("-"):
        raise InvalidInputError(f"{name} must be non-negative")
    return int(text[:20])


def _read_choice(
    parameters: Mapping[str, str], name: str, choices: Sequence[str], default: str = ""
) -> str:
    text = parameters.get(name, "") or default or choices[0]
    if text not in choices:
        raise InvalidInputError(f"{name} must be in: {', '.join(choices)}")
    return text


def _read_names(text: str) -> list[str]:
    """Read ``id_list``: identifiers of papers, with or without version."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) > MOST_NAMES:
        raise InvalidInputError(f"id_list names more than {MOST_NAMES} papers")
    for name in names:
        if parse_identifier(name, "arxiv") is None:
            raise InvalidInputError(f"incorrect id format for {name[:100]}")
    return names


def _find_listed(services: Services, names: Sequence[str]) -> list[ListedPaper]:
    """Return the named papers in this order; unknown papers and versions are left out."""
    listed = []
    for name in names:
        try:
            paper = services.library.get_paper(str(parse_identifier(name, "arxiv")))
        except PaperNotFoundError:
            continue
        entry = ListedPaper(paper, arxiv_version(name))
        if entry.exists:
            listed.append(entry)
    return listed


def _day_of(order: Literal["published", "updated"]) -> Callable[[ListedPaper], int]:
    def day(listed: ListedPaper) -> int:
        date = listed.updated if order == "updated" else listed.published
        return date.toordinal()

    return day
