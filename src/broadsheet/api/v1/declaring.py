"""Routers of the API, with the answers that every address may give."""

from typing import Any

from fastapi import APIRouter

from broadsheet.api.v1.problems import MEDIA_TYPE, ProblemRoute

PREFIX = "/api/v1"

UNMODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Unchanged since the answer with the tag in If-None-Match."}
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, words in (
        (400, "The request cannot be understood: invalid."),
        (401, "The service or the address wants a token, or the one given is not valid."),
        (403, "The principal or the token may not do this: forbidden."),
        (404, "There is nothing of this name: not_found."),
        (409, "The request does not fit the state of the library: conflict."),
        (429, "Too many requests: too_many; see Retry-After."),
        (503, "The index or the database cannot answer just now: unavailable."),
    )
}


def make_router(route: type[ProblemRoute] = ProblemRoute) -> APIRouter:
    """Return a router whose errors are problems."""
    return APIRouter(prefix=PREFIX, route_class=route, responses=_PROBLEMS | UNMODIFIED)
