"""Papers of a search, an issue or a collection as a file: ``/export``."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import PERIOD_KINDS, Period
from broadsheet.domain.search import SearchRequest
from broadsheet.export.formats import EXPORT_FORMATS, ExportFormat
from broadsheet.services.selections import iter_issue, iter_matches
from broadsheet.web.asking import clean_query, read_mode, read_order, with_interests
from broadsheet.web.principal import principal_of
from broadsheet.web.render import MAX_QUERY, services_of

MOST_PAPERS = 10_000
"""Papers of one file; the command line exports any number."""

router = APIRouter(include_in_schema=False)


@router.api_route("/export", methods=["GET", "HEAD"])
def export(request: Request) -> Response:
    """A file of the papers that ``q``, ``period`` or ``collection`` chooses, in ``format``."""
    format_name = request.query_params.get("format", "bibtex")
    if format_name not in EXPORT_FORMATS:
        raise HTTPException(
            400, f"There is no format “{format_name[:40]}”: use {', '.join(EXPORT_FORMATS)}."
        )
    papers, name = _choose(request)
    return _file(papers, EXPORT_FORMATS[format_name], name)


def _choose(request: Request) -> tuple[Iterable[Paper], str]:
    """The papers, and the name of the file. Raises before anything is sent."""
    parameters, services = request.query_params, services_of(request)
    if collection := parameters.get("collection", ""):
        entries = services.collections.papers(principal_of(request), collection)
        title = services.collections.get(principal_of(request), collection).title
        return [paper for paper, _ in entries], title
    if text := parameters.get("period", ""):
        period = next(filter(None, (Period.parse(kind, text) for kind in PERIOD_KINDS)), None)
        if period is None:
            raise HTTPException(400, f"“{text[:40]}” is no day, week, month or year.")
        issue_request = IssueRequest(
            period,
            parameters.get("edition", "front")[:100],
            section=parameters.get("field", "")[:100],
            source=parameters.get("source", "")[:100],
            has_code=parameters.get("code", "") == "1",
        )
        services.daily.get_edition(issue_request.edition)
        return iter_issue(services.daily, issue_request), f"{issue_request.edition} {period}"
    query = clean_query(parameters.get("q", ""))
    if not query:
        raise HTTPException(400, "Name the papers to export by q, period or collection.")
    if len(query) > MAX_QUERY:
        raise HTTPException(400, f"A query has at most {MAX_QUERY} characters.")
    mode, order = read_mode(parameters.get("mode", "")), read_order(parameters.get("order", ""))
    search_request = SearchRequest(query, MOST_PAPERS, mode=mode, order=order)
    search_request = with_interests(request, search_request)
    return iter_matches(services.search, search_request), query


def _file(papers: Iterable[Paper], form: ExportFormat, title: str) -> Response:
    pieces = form.pieces(islice(papers, MOST_PAPERS))
    # The first piece is made here, so that an error is answered by a page and not by half a file.
    first = next(pieces, "")
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", title).strip("-.")[:60] or "papers"
    return StreamingResponse(
        _encoded(first, pieces),
        media_type=f"{form.media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{form.extension}"',
            "Cache-Control": "private, no-cache",
            "X-Robots-Tag": "noindex",
        },
    )


def _encoded(first: str, pieces: Iterator[str]) -> Iterator[bytes]:
    yield first.encode("utf-8", "replace")
    for piece in pieces:
        yield piece.encode("utf-8", "replace")
