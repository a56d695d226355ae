"""The daily papers of Hugging Face: each day's list, and searches to watch.

Days are asked for one by one up to today; the last ones again at every run, because
votes, comments and the stars of repositories go on growing. Each entry carries the day
it was listed under (``listedOn``), which the answer itself does not say.
https://huggingface.co/docs/hub/api
"""

import datetime as dt
import io
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field

from broadsheet.domain.errors import RecordError, SourceRefusedError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.fields import text_of
from broadsheet.ingest.formats.hf_papers import LISTED_ON, HfPapers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.net.port import Answer, Client
from broadsheet.sources.days import first_day, windows
from broadsheet.sources.source import Page, Policy, SyncRequest

_FORMAT = HfPapers()
_PAGE = 100
"""Entries an answer; the most that the API gives."""
_FRIDAY = 4


class HfPapersOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field("https://huggingface.co", description="Address of the service.")
    daily: bool = Field(True, description="Whether to fetch the daily lists.")
    queries: list[str] = Field(
        [], description='Searches whose papers to fetch too, as ["protein folding"].'
    )
    limit: int = Field(50, ge=1, le=120, description="Papers to take of each search.")
    refresh_days: int = Field(
        7, ge=0, le=366, description="Days whose lists are fetched again for votes and stars."
    )


class HfPapersSource:
    """See the module. Its cursor holds the day to go on from."""

    name = "hf-papers"
    title = "Hugging Face daily papers"
    # 500 requests in 5 minutes are allowed without a key.
    policy = Policy(spacing=1.0, daily_budget=2_000)
    Options: type[BaseModel] = HfPapersOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: HfPapersOptions = request.options
        cursor = dict(request.cursor)
        if options.daily:
            digests: dict[str, str] = {}
            for day, _ in windows(_start(request, options), request.now.date(), 1):
                cursor["day"] = day.isoformat()
                for answer, records in _day(client, options, cursor["day"], digests):
                    yield Page(_FORMAT.name, answer.address, records, dict(cursor))
        for query in options.queries:
            answer = client.get(
                f"{_api(options)}/papers/search", {"q": query, "limit": str(options.limit)}
            )
            records = [_placed(piece)[1] for piece in _pieces(answer)]
            yield Page(_FORMAT.name, answer.address, records, dict(cursor))


def _start(request: SyncRequest, options: HfPapersOptions) -> dt.date:
    day = first_day(request, request.cursor.get("day"), options.refresh_days)
    if not request.since:
        day = min(day, request.now.date() - dt.timedelta(days=options.refresh_days))
    # An empty weekend may be answered with Friday's list, so Friday comes first.
    return day - dt.timedelta(days=max(0, day.weekday() - _FRIDAY))


def _api(options: HfPapersOptions) -> str:
    return f"{options.endpoint.rstrip('/')}/api"


def _day(
    client: Client, options: HfPapersOptions, day: str, digests: dict[str, str]
) -> Iterator[tuple[Answer, list[RawRecord | Rejection]]]:
    """Yield each answer with the records of one day. ``digests``: paper → day it was first listed.

    A page is the last if it is not full, or brings nothing new.
    """
    before: set[str] = set()
    page = 0
    while True:
        params = {"date": day, "limit": str(_PAGE), "p": str(page)}
        answer = client.get(f"{_api(options)}/daily_papers", params)
        pieces = _pieces(answer)
        placed = [_placed(piece, day, digests) for piece in pieces]
        names = {name for name, _ in placed if name}
        yield answer, [record for name, record in placed if not name or name not in before]
        if len(pieces) < _PAGE or names <= before:
            return
        before |= names
        page += 1


def _pieces(answer: Answer) -> Sequence[RawRecord | Rejection]:
    if not answer.body.lstrip().startswith((b"[", b"{")):
        raise SourceRefusedError(f"{answer.address} is no list of papers")
    return list(split_stream(_FORMAT, io.BytesIO(answer.body)))


def _placed(
    piece: RawRecord | Rejection, day: str = "", digests: dict[str, str] | None = None
) -> tuple[str, RawRecord | Rejection]:
    """The paper's id, and its record with the day it was first listed under."""
    if isinstance(piece, Rejection):
        return "", piece
    name = _name(piece.raw)
    position = f"paper {name}" if name else piece.position
    if not day or not name:
        return name, RawRecord(piece.raw, position)
    listed = day if digests is None else digests.setdefault(name, day)
    return name, RawRecord(
        b'{"%s":"%s",' % (LISTED_ON.encode(), listed.encode()) + piece.raw[1:], position
    )


def _name(raw: bytes) -> str:
    try:
        entry = json_object(raw)
    except RecordError:
        return ""
    paper = entry.get("paper")
    return text_of(paper.get("id") if isinstance(paper, dict) else entry.get("id"))
