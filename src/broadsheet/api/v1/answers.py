"""Answers of the API: JSON with an entity tag, and pages that name the next one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from broadsheet.domain.access import Principal
from broadsheet.domain.collections import Collection
from broadsheet.domain.paper import Paper
from broadsheet.domain.services import Services


def services_of(request: Request) -> Services:
    """Return the services that the application was made with."""
    services: Services = request.app.state.services
    return services


def principal_of(request: Request) -> Principal:
    """Return the one who acts, by the access token or the cookie of the request."""
    principal: Principal = request.state.principal
    return principal


def answer(request: Request, values: Mapping[str, Any], next_cursor: str = "") -> Response:
    """Send an object with a weak entity tag; 304 if the client has the same.

    ``next_cursor`` is put into the field ``next`` and into the header Link (RFC 8288).
    """
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if next_cursor:
        values = {**values, "next": next_cursor}
        address = request.url.include_query_params(cursor=next_cursor)
        headers["Link"] = f'<{address}>; rel="next"'
    text = json.dumps(values, ensure_ascii=False, default=str, allow_nan=False)
    body = text.encode("utf-8", "replace")
    headers["ETag"] = tag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def add_votes_here(
    request: Request, papers: Sequence[tuple[Paper, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the objects of papers, with the votes that readers here gave them."""
    keys = [paper.key for paper, _ in papers]
    votes = services_of(request).community.paper_marks(principal_of(request), keys).votes
    return [
        {**values, "votes_here": votes[paper.key]} if votes.get(paper.key) else values
        for paper, values in papers
    ]


def compose_collection(collection: Collection) -> dict[str, Any]:
    """Return a collection without its papers."""
    return {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "owner": collection.owner,
        "sharing": collection.sharing,
        "size": collection.size,
        "created_at": collection.created_at.isoformat(),
        "changed_at": collection.changed_at.isoformat(),
    }
