"""Shared by sources that answer in JSON: decoding with clear errors, and windows of days.

A run fetches the matches of a query from one day on, page by page. A page's cursor holds the
window and the service's own token for the next page. If the service has forgotten a stored token,
the window is fetched again; no record is lost.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from broadsheet.domain.errors import InvalidInputError, RecordError, SourceRefusedError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.json_answers import Path
from broadsheet.ingest.formats.json_lines import json_object, json_value
from broadsheet.net.port import Answer
from broadsheet.sources.source import Cursor, Page, SyncRequest


def decode(answer: Answer, service: str) -> dict[str, Any]:
    """The JSON object in an answer. Raises SourceRefusedError."""
    try:
        return json_object(answer.body)
    except RecordError as error:
        raise _no_json(answer, service, error) from None


def decode_any(answer: Answer, service: str) -> Any:
    """Any JSON in an answer. Raises SourceRefusedError."""
    try:
        return json_value(answer.body)
    except RecordError as error:
        raise _no_json(answer, service, error) from None


def _no_json(answer: Answer, service: str, error: RecordError) -> SourceRefusedError:
    if answer.body.lstrip()[:1] == b"<":
        error = RecordError("it sent a web page, as services do to what they take for a robot")
    return SourceRefusedError(
        f"{answer.address}: {service} did not answer in JSON ({error}); try again later, "
        "and look at the address in a browser"
    )


def records_of(
    content: Any, answer: Answer, path: Path, named: Callable[[Mapping[str, Any]], Any]
) -> list[RawRecord | Rejection]:
    """See ``records_in``. Raises SourceRefusedError if there is no list."""
    records = records_in(content, path, named)
    if records is None:
        raise SourceRefusedError(
            f"{answer.address} answered without a list of records; its protocol may have "
            "changed: a newer Broadsheet may know it"
        )
    return records


def records_in(
    answer: Any, path: Path, named: Callable[[Mapping[str, Any]], Any]
) -> list[RawRecord | Rejection] | None:
    """Return the records of a decoded answer; None if it has no list.

    A record's position is the name that ``named`` finds in it, since its place in an answer
    changes. Null means that the service knows no such record.
    """
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(answer, list):
        return None
    records = []
    for number, record in enumerate(answer, 1):
        identifier = named(record) if isinstance(record, dict) else None
        if record is not None:
            records.append(_record(record, str(identifier or f"record {number}")))
    return records


def _record(content: Any, position: str) -> RawRecord | Rejection:
    try:
        raw = orjson.dumps(content)
    except (TypeError, ValueError):  # half a surrogate pair, a number beyond 64 bits
        raw = json.dumps(content).encode()
    if len(raw) > RECORD_LIMIT:
        return rejection(f"more than {RECORD_LIMIT >> 20} MiB in one record", position, raw)
    return RawRecord(raw, position)


class TooManyError(SourceRefusedError):
    """The service limits the results of this request; starting again would not help."""


def nothing_chosen(name: str, *settings: str) -> InvalidInputError:
    """The error of a source that would fetch a whole catalogue as it is set."""
    return InvalidInputError(
        f"{name}: nothing says what to fetch; set one of {', '.join(settings)} "
        f"under [sources.{name}] in broadsheet.toml"
    )


def fingerprint(*parts: object) -> str:
    """Short name of a query; another name says that the settings changed."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """From which day on a run fetches, and how far it came."""

    query: str
    """Fingerprint of the request's options."""
    start: dt.date
    began: dt.date
    """The day (UTC) on which the run began; the next one begins there, less an overlap."""
    token: str = ""
    """The service's, for the page to go on with; "" at the beginning."""
    note: str = ""
    """Why the window begins on its day, if nobody asked for that day."""

    def cursor(self, token: str) -> Cursor:
        """Return the cursor to continue within this window."""
        return {
            "query": self.query,
            "start": self.start.isoformat(),
            "began": self.began.isoformat(),
            "token": token,
        }

    def finished(self, overlap: int) -> Cursor:
        """Return the cursor of the next run: ``overlap`` days before this one began."""
        start = self.began - dt.timedelta(days=overlap)
        return {"query": self.query, "start": max(start, self.start).isoformat()}


def open_window(request: SyncRequest, query: str, days: int) -> Window:
    """The window a run begins or goes on with.

    The first run, and the first after the query changed, looks ``days`` back.
    """
    today = request.now.date()
    cursor = request.cursor
    if request.since is not None:
        return Window(query, request.since, today)
    if cursor.get("query") != query or not cursor.get("start"):
        start = today - dt.timedelta(days=days)
        note = f"the first run for these settings looks {days} days back; `--since` goes further"
        return Window(query, start, today, note=note)
    start = dt.date.fromisoformat(cursor["start"])
    if not cursor.get("token"):
        return Window(query, start, today)
    return Window(query, start, dt.date.fromisoformat(cursor["began"]), cursor["token"])


@dataclass(frozen=True, slots=True)
class Step:
    """One answer of a service that gives a token for the next."""

    records: list[RawRecord | Rejection]
    following: str
    """Token of the next page; "" after the last."""
    total: int | None = None


def walk(
    window: Window, source: str, origin: str, overlap: int, first: str, fetch: Callable[[str], Step]
) -> Iterator[Page]:
    """Yield every page of a window, from its token on, or from the token ``first``.

    ``source`` is the name of the source and of the format. If the service refuses a stored token
    (they expire), start again with ``first``.
    """
    token = window.token or first
    stored = bool(window.token)
    note = window.note
    while token:
        try:
            step = fetch(token)
        except SourceRefusedError as error:
            if not stored or isinstance(error, TooManyError):
                raise
            token, stored = first, False
            continue
        stored = False
        token = step.following
        cursor = window.cursor(token) if token else window.finished(overlap)
        yield Page(source, origin, step.records, cursor, step.total, note)
        note = ""
