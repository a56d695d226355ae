"""Records that could not be used: why, and what to do with them."""

import json
from collections.abc import Iterator
from itertools import islice

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from broadsheet.domain.ingest import RejectedRecord
from broadsheet.web.forms import Form, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

SHOWN = 50
_LONGEST_SHOWN = 2_000
"""Characters of a record that the page shows."""


@router.api_route("/settings/rejected", methods=["GET", "HEAD"])
def rejected_page(request: Request) -> Response:
    """List rejected records, the oldest first, ``?after=`` a number."""
    services, principal = services_of(request), principal_of(request)
    after = request.query_params.get("after", "0")
    if not after.isdecimal():
        raise HTTPException(400, "after= takes the number of a record.")
    records = services.library.iter_rejected(principal)
    later = (record for record in records if record.number > int(after))
    listed = list(islice(later, SHOWN + 1))
    return page(
        request,
        "rejected.html",
        here="Sources",
        total=services.admin.status(principal).rejected,
        records=[(record, _excerpt(record)) for record in listed[:SHOWN]],
        next_after=listed[SHOWN - 1].number if len(listed) > SHOWN else None,
        retried=request.query_params.get("retried", ""),
    )


@router.api_route("/settings/rejected.jsonl", methods=["GET", "HEAD"])
def export_rejected(request: Request) -> Response:
    """All of them, an object a line, each with the record as it came."""
    records = services_of(request).library.iter_rejected(principal_of(request))
    return StreamingResponse(
        _lines(records),
        media_type="application/x-ndjson",
        headers={
            "Content-Disposition": 'attachment; filename="rejected.jsonl"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/settings/rejected")
def change_rejected(request: Request, form: Form) -> Response:
    """Try all of them again, or take one off the list."""
    library, principal = services_of(request).library, principal_of(request)
    match text_of(form, "do"):
        case "retry":
            summary = library.retry_rejected(principal)
            accepted = summary.new + summary.updated + summary.duplicates
            return RedirectResponse(f"/settings/rejected?retried={accepted}", 303)
        case "forget":
            number = text_of(form, "number")
            if not number.isdecimal():
                raise HTTPException(400, "Say which record: number= is missing.")
            library.forget_rejected(principal, [int(number)])
            return RedirectResponse("/settings/rejected", 303)
        case other:
            raise HTTPException(400, f"“{other[:40]}” is not done to records: use retry, forget.")


def _excerpt(record: RejectedRecord) -> str:
    text = record.raw.decode("utf-8", "replace")
    return text[:_LONGEST_SHOWN] + ("…" if len(text) > _LONGEST_SHOWN else "")


def _lines(records: Iterator[RejectedRecord]) -> Iterator[str]:
    for record in records:
        values = {
            "number": record.number,
            "origin": record.origin,
            "position": record.position,
            "format": record.format,
            "reason": record.reason,
            "rejected_at": record.rejected_at.isoformat(),
            "raw": record.raw.decode("utf-8", "replace"),
        }
        yield json.dumps(values, ensure_ascii=False) + "\n"
