"""Papers of a search, an issue or a collection as a file: ``/export``."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from broadsheet.domain.paper import Paper
from broadsheet.export.formats import EXPORT_FORMATS, ExportFormat
from broadsheet.services.selections import Choice, choose_papers
from broadsheet.web.asking import clean_query, read_mode, read_order
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
    parameters = request.query_params
    choice = Choice(
        collection=parameters.get("collection", ""),
        period=parameters.get("period", "")[:100],
        edition=parameters.get("edition", "front")[:100],
        field=parameters.get("field", "")[:100],
        source=parameters.get("source", "")[:100],
        has_code=parameters.get("code", "") == "1",
        query=clean_query(parameters.get("q", "")),
        mode=read_mode(parameters.get("mode", "")),
        order=read_order(parameters.get("order", "")),
    )
    if len(choice.query) > MAX_QUERY:
        raise HTTPException(400, f"A query has at most {MAX_QUERY} characters.")
    papers, title = choose_papers(services_of(request), principal_of(request), choice, MOST_PAPERS)
    return _file(papers, EXPORT_FORMATS[format_name], title)


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
