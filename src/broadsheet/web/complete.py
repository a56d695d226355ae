"""Suggestions while a reader types: for our own search field, and for the browser's."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from broadsheet.domain.search import Completion
from broadsheet.web.asking import clean_query
from broadsheet.web.links import paper_name_path, search_path
from broadsheet.web.render import MAX_QUERY, root_of, services_of

MOST = 8
_BRIEFLY = {"Cache-Control": "private, max-age=60"}

router = APIRouter(include_in_schema=False)


@router.api_route("/papers/complete", methods=["GET", "HEAD"])
def complete(request: Request) -> Response:
    """Completions of ``?q=`` as JSON: kind, text to show, query to ask."""
    _, completions = _completions(request)
    return JSONResponse([_object(completion) for completion in completions], headers=_BRIEFLY)


def _object(completion: Completion) -> dict[str, str]:
    """``href`` skips the search: a title is one paper."""
    content = {"kind": completion.kind, "text": completion.text, "query": completion.query}
    field, _, name = completion.query.partition(":")
    if completion.kind == "title" and field == "id":
        content["href"] = paper_name_path(name.strip('"'))
    return content


@router.api_route("/opensearch/complete", methods=["GET", "HEAD"])
def opensearch_complete(request: Request) -> Response:
    """The same as browsers ask for it: query, completions, descriptions, addresses.

    Source: OpenSearch Suggestions extension 1.1.
    """
    query, completions = _completions(request)
    base = root_of(request)
    content = [
        query,
        [completion.query for completion in completions],
        [completion.kind for completion in completions],
        [base + search_path(completion.query) for completion in completions],
    ]
    return JSONResponse(content, 200, _BRIEFLY, "application/x-suggestions+json")


def _completions(request: Request) -> tuple[str, tuple[Completion, ...]]:
    query_text = request.query_params.get("q", "")[: MAX_QUERY + 1]
    query = clean_query(query_text)
    if not query or len(query) > MAX_QUERY:
        return query[:MAX_QUERY], ()
    # A space at the end says that the last word is finished.
    prefix = query + " " if query_text[-1:].isspace() else query
    return query, services_of(request).search.complete(prefix, MOST)[:MOST]
