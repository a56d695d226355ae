"""Records for the contract suite, in a plain JSON form of their own.

The form gives every field of a record, so that tests state the arriving record exactly.
"""

import json
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.domain.paper import Author, Record, Version

LONG_ABSTRACT = (
    "We present gradient methods whose convergence depends neither upon smoothness "
    "constants nor upon bounded variance, derive matching lower bounds for stochastic "
    "problems, and confirm both experimentally with language models, vision networks "
    "and several convex benchmarks from operations research."
)
OTHER_ABSTRACT = (
    "Patients admitted after cardiac surgery often develop kidney injury; this cohort "
    "study follows hospital records during twelve months, compares serum markers between "
    "groups, estimates hazard ratios under competing risks, and discusses implications "
    "for discharge planning."
)


def read_record(format_name: str, raw: bytes) -> Record:
    """Raises RecordError for the format "unreadable", as after a change of code."""
    if format_name == "unreadable":
        raise RecordError("the present code cannot read this")
    fields: dict[str, Any] = json.loads(raw)
    for name in ("published", "updated"):
        if fields.get(name):
            fields[name] = PartialDate.parse(fields[name])
    fields["authors"] = tuple(
        Author(name) if isinstance(name, str) else Author(*name)
        for name in fields.get("authors", ())
    )
    fields["identifiers"] = tuple(
        Identifier(*name.split(":", 1)) for name in fields.get("identifiers", ())
    )
    fields["versions"] = tuple(
        Version(number, PartialDate.parse(date) if date else None)
        for number, date in fields.get("versions", ())
    )
    for name in ("categories", "keywords"):
        fields[name] = tuple(fields.get(name, ()))
    return Record(**fields)


def arrival(
    *,
    format_name: str = "test",
    position: str = "line 1",
    origin: str = "test.jsonl",
    **fields: Any,
) -> Arrival:
    """An arrival; by default ``key`` is its first identifier or title."""
    fields.setdefault("source", "papers-jsonl")
    fields.setdefault("key", next(iter(fields.get("identifiers", ())), fields.get("title", "")))
    raw = json.dumps(fields, sort_keys=True).encode()
    return Arrival(read_record("test", raw), RawRecord(raw, position), format_name, origin)
