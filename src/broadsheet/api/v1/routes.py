"""The addresses that read. What a principal may read is decided by the services."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query, Request
from starlette.responses import Response, StreamingResponse

from broadsheet.api.v1 import schemas
from broadsheet.api.v1.answers import (
    add_votes_here,
    answer,
    compose_collection,
    principal_of,
    services_of,
)
from broadsheet.api.v1.cursors import make_cursor, read_cursor
from broadsheet.api.v1.declaring import make_router
from broadsheet.api.v1.parameters import (
    Cursor,
    EditionName,
    Limit,
    PaperName,
    PeriodName,
    QueryText,
    SectionName,
    checked_name,
    clean,
)
from broadsheet.domain.access import is_allowed
from broadsheet.domain.daily import IssueOrder, IssueRequest, PlacedStory, TrendingStory, Window
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.search import Hit, Mode, Order, SearchRequest
from broadsheet.domain.services import DailyService
from broadsheet.export.formats import EXPORT_FORMATS, get_export_format
from broadsheet.export.record import compose_hit, compose_reading, compose_story, compose_trend
from broadsheet.services.selections import Choice, choose_papers

MOST_NAMES = 200
MOST_EXPORTED = 10_000
"""Results of a search in one export; ``all`` has no bound."""
MOST_DAYS = 3660
_NO_TEXT = "give a query in q"
_Placed = TypeVar("_Placed", Hit, PlacedStory, TrendingStory)

router = make_router()


@router.get("/papers", response_model=schemas.PaperPage, tags=["papers"], name="list_papers")
def list_papers(
    request: Request,
    id: Annotated[
        list[str] | None, Query(max_length=MOST_NAMES, description="Papers to read.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Papers on a page.")] = 100,
    cursor: Cursor = "",
) -> Response:
    """Many papers by id, or all papers page by page.

    All papers come in the order in which they were added; to read the whole library, the export
    as JSON lines is faster.
    """
    library = services_of(request).library
    if id:
        papers, unknown = [], []
        for name in id:
            try:
                papers.append(library.get_paper(checked_name(name)))
            except PaperNotFoundError:
                unknown.append(name)
        return answer(request, {"papers": _read(request, papers), "unknown": unknown})
    block = list(islice(library.iter_papers(read_cursor(cursor, "papers")), limit + 1))
    more = make_cursor(block[limit - 1].key, "papers") if len(block) > limit else ""
    return answer(request, {"papers": _read(request, block[:limit])}, more)


@router.get("/papers/{name:path}", response_model=schemas.Paper, tags=["papers"], name="read_paper")
def read_paper(request: Request, name: PaperName) -> Response:
    """One paper by its id or any identifier."""
    paper = services_of(request).library.get_paper(checked_name(name))
    return answer(request, _read(request, [paper])[0])


@router.get("/search", response_model=schemas.SearchPage, tags=["papers"], name="search")
def search(
    request: Request,
    q: QueryText,
    mode: Mode = "hybrid",
    order: Order = "relevance",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Response:
    """Papers by words and meaning.

    The query language has phrases, `-not`, `AND OR NOT ( )`, fields (`title:`, `author:`, `cat:`,
    `source:`, `venue:`), dates (`after:2024-01`), `has:code` and `like:ID`. By relevance the best
    few hundred can be paged through; `order=date` lists all that match,
    `order=for-me` puts those ahead that fit one's interests.
    """
    query = clean(q)
    if not query:
        raise InvalidInputError(_NO_TEXT)
    first = read_cursor(cursor, "search", query, mode, order)
    services = services_of(request)
    search_request = SearchRequest(query, limit, first, mode=mode, order=order)
    if order == "for-me":
        reader = services.personal.interests(principal_of(request))
        search_request = dataclasses.replace(search_request, reader=reader)
    found = services.search.search(search_request)
    following = first + limit
    values: dict[str, Any] = {
        "query": found.query,
        "total": found.total,
        "matching": found.matching,
        "notes": list(found.notes),
        "papers": _compose(request, found.hits, compose_hit),
    }
    if found.suggestion:
        values["suggestion"] = found.suggestion
    more = found.hits and following < found.total
    return answer(
        request, values, make_cursor(following, "search", query, mode, order) if more else ""
    )


@router.get("/similar", response_model=schemas.SimilarPapers, tags=["papers"], name="similar")
def similar(
    request: Request,
    id: Annotated[str, Query(max_length=500, description="Like this paper.")] = "",
    text: Annotated[str, Query(max_length=8000, description="Or like this text.")] = "",
    limit: Limit = 20,
) -> Response:
    """Papers like a paper, or like a text such as an abstract; the nearest first."""
    search_service = services_of(request).search
    if bool(id) == bool(text):
        raise InvalidInputError("give either id or text")
    hits = (
        search_service.similar(checked_name(id), limit)
        if id
        else search_service.similar_to_text(text, limit)
    )
    return answer(request, {"papers": _compose(request, hits, compose_hit)})


@router.get("/days", response_model=schemas.Days, tags=["daily"], name="list_days")
def list_days(
    request: Request,
    first: Annotated[
        dt.date | None, Query(description="30 days before the last, if left out.")
    ] = None,
    last: Annotated[dt.date | None, Query(description="Today, if left out.")] = None,
) -> Response:
    """The days that have papers, the latest first, with their numbers of papers."""
    daily = services_of(request).daily
    last = last or daily.today()
    first = first or last - dt.timedelta(min(30, last.toordinal() - 1))
    if (last - first).days > MOST_DAYS:
        raise InvalidInputError(f"first and last may be at most {MOST_DAYS:,} days apart")
    counts = daily.counts_by_day(first, last)
    days = [{"day": str(day), "papers": counts[day]} for day in sorted(counts, reverse=True)]
    return answer(request, {"days": days})


@router.get("/issues/{period}", response_model=schemas.IssuePage, tags=["daily"], name="read_issue")
def read_issue(
    request: Request,
    period: PeriodName,
    edition: EditionName = "front",
    field: SectionName = "",
    order: IssueOrder | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """The papers of a day, week, month or year in the order of an edition, with reasons."""
    daily = services_of(request).daily
    chosen = _read_period(daily, period)
    by: IssueOrder = order or daily.get_edition(edition).order
    named = ("issue", str(chosen), edition, field, by, limit)
    number = read_cursor(cursor, *named) or 1
    issue = daily.issue(
        IssueRequest(chosen, edition, section=field, order=by, page=number, size=limit)
    )
    values = {
        "period": str(chosen),
        "edition": issue.edition.name,
        "title": issue.edition.title,
        "total": issue.total,
        "matching": issue.matching,
        "notes": [*issue.notes, *issue.quiet],
        "papers": _compose(request, issue.stories, compose_story),
    }
    for name, count in (("earlier", issue.earlier), ("later", issue.later)):
        if count:
            values[name] = str(count.period)
    more = issue.stories and number < issue.pages
    return answer(request, values, make_cursor(number + 1, *named) if more else "")


@router.get("/trending", response_model=schemas.Trends, tags=["daily"], name="list_trends")
def list_trends(
    request: Request,
    window: Window = "day",
    edition: EditionName = "front",
    field: SectionName = "",
    limit: Limit = 50,
) -> Response:
    """The papers that gain attention faster than expected, and why."""
    trends = services_of(request).daily.trends(window, edition, field, limit)
    return answer(
        request,
        {
            "window": trends.window,
            "since": str(trends.since),
            "until": str(trends.until),
            "signals": list(trends.signals),
            "papers": _compose(request, trends.stories, compose_trend),
        },
    )


@router.get("/editions", response_model=schemas.Editions, tags=["daily"], name="list_editions")
def list_editions(request: Request) -> Response:
    """The editions of the paper: which papers each prints, and in which order."""
    editions = services_of(request).daily.editions()
    return answer(request, {"editions": [dataclasses.asdict(each) for each in editions]})


@router.get(
    "/collections", response_model=schemas.Collections, tags=["collections"], name="list_collections"
)  # fmt: skip
def list_collections(request: Request) -> Response:
    """One's own collections, and the public ones."""
    collections, principal = services_of(request).collections, principal_of(request)
    own = collections.own(principal) if is_allowed(principal, "keep_personal") else ()
    known = {each.id: each for each in (*own, *collections.public())}
    return answer(request, {"collections": list(map(compose_collection, known.values()))})


@router.get(
    "/collections/{id}",
    response_model=schemas.CollectionWithPapers,
    tags=["collections"],
    name="read_collection",
)
def read_collection(request: Request, id: str) -> Response:
    """A collection with its papers in their order, and the notes on them."""
    collections, principal = services_of(request).collections, principal_of(request)
    name = checked_name(id)
    entries = collections.papers(principal, name)
    return answer(
        request,
        {
            **compose_collection(collections.get(principal, name)),
            "papers": add_votes_here(
                request,
                [(paper, {**compose_reading(paper), "note": note}) for paper, note in entries],
            ),
        },
    )


@router.get(
    "/export",
    tags=["export"],
    name="export",
    response_class=Response,
    responses={
        200: {
            "description": "Papers as text in the format.",
            "content": {form.media_type: {} for form in EXPORT_FORMATS.values()},
        }
    },
)
def export(
    request: Request,
    format: Annotated[
        Literal[
            "jsonl", "bibtex", "biblatex", "ris", "csl-json", "markdown", "csv", "text", "cite"
        ],
        Query(description="jsonl is read back by `broadsheet import` without loss."),
    ] = "jsonl",
    q: QueryText = "",
    mode: Mode = "hybrid",
    order: Order = "relevance",
    period: Annotated[str, Query(max_length=20, description="As of /issues.")] = "",
    edition: EditionName = "front",
    field: SectionName = "",
    collection: Annotated[str, Query(max_length=100)] = "",
    all: Annotated[bool, Query(description="Every paper of the library.")] = False,
) -> Response:
    """Papers of a search (10,000 at most), an issue, a collection, or all, as a stream.

    As JSON lines with `all=true` it is the fast way to read the whole library.
    """
    services = services_of(request)
    export_format = get_export_format(format)
    query = clean(q)
    if all:
        if query or period or collection:
            raise InvalidInputError("all goes without q, period and collection")
        papers: Iterable[Paper] = services.library.iter_papers()
    else:
        choice = Choice(
            collection=checked_name(collection),
            period=str(_read_period(services.daily, period)) if period else "",
            edition=edition,
            field=field,
            query=query,
            mode=mode,
            order=order,
        )
        papers, _ = choose_papers(services, principal_of(request), choice, MOST_EXPORTED)
    pieces = export_format.pieces(papers)
    # The first piece is made here: an error is answered as a problem, not by half a file.
    first = next(pieces, "")
    return StreamingResponse(
        _encode(first, pieces),
        media_type=f"{export_format.media_type}; charset=utf-8",
        headers={"Cache-Control": "private, no-cache"},
    )


@router.get("/me", response_model=schemas.Me, tags=["access"], name="read_me")
def read_me(request: Request) -> Response:
    """The one who acts: to check an access token."""
    principal = principal_of(request)
    return answer(request, {"name": principal.name, "role": principal.role})


def _read(request: Request, papers: Sequence[Paper]) -> list[dict[str, Any]]:
    return add_votes_here(request, [(paper, compose_reading(paper)) for paper in papers])


def _compose(
    request: Request, places: Iterable[_Placed], compose: Callable[[_Placed], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the objects of results or stories, with the votes given here."""
    return add_votes_here(request, [(each.paper, compose(each)) for each in places])


def _encode(first: str, pieces: Iterator[str]) -> Iterator[bytes]:
    yield first.encode("utf-8", "replace")
    for piece in pieces:
        yield piece.encode("utf-8", "replace")


def _read_period(daily: DailyService, name: str) -> Period:
    if name == "latest":
        return Period("day", daily.latest_day() or daily.today())
    return Period("day", daily.today()) if name == "today" else Period.read(name)
