"""bioRxiv and medRxiv: all versions posted within a range of days, server by server.

The range is asked for in windows, so that a run that ends early goes on from the window
it was in. Answers hold 30 or 100 entries as the service likes; their ``count`` says how
many. https://api.biorxiv.org/details/biorxiv/help
"""

import io
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.ingest.formats.biorxiv import Biorxiv
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.json_values import count_of
from broadsheet.net.port import Answer, Client
from broadsheet.sources.days import first_day, windows
from broadsheet.sources.json_services import decode
from broadsheet.sources.source import Cursor, Page, Policy, SyncRequest

_FORMAT = Biorxiv()
_WINDOW = 7
"""Days: about 1,500 entries of bioRxiv; a crash repeats at most so many."""
_NOTHING = "no posts found"


class BiorxivOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field("https://api.biorxiv.org", description="Address of the API.")
    servers: list[Literal["biorxiv", "medrxiv"]] = Field(
        ["biorxiv", "medrxiv"], min_length=1, description="Which of the two servers to ask."
    )
    categories: list[str] = Field(
        [], description='Subjects, as ["neuroscience", "cell biology"]; all where empty.'
    )
    first_days: int = Field(
        7, ge=1, le=20_000, description="Days to look back at the very first run."
    )


class BiorxivSource:
    """See the module. Its cursor holds, for each server, the day to go on from."""

    name = "biorxiv"
    title = "bioRxiv and medRxiv"
    policy = Policy(spacing=1.0, daily_budget=5_000)
    Options: type[BaseModel] = BiorxivOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: BiorxivOptions = request.options
        cursor = dict(request.cursor)
        for server in dict.fromkeys(options.servers):
            start = first_day(request, cursor.get(server), options.first_days)
            for begin, end in windows(start, request.now.date(), _WINDOW):
                address = f"{options.endpoint.rstrip('/')}/details/{server}/{begin}/{end}"
                cursor[server] = begin.isoformat()
                for category in options.categories or [""]:
                    yield from _window(client, address, category, cursor)
                # The last day is not over: it is asked for again next time.
                cursor[server] = end.isoformat()
                yield Page(_FORMAT.name, address, [], dict(cursor))


def _window(client: Client, address: str, category: str, cursor: Cursor) -> Iterator[Page]:
    params = {"category": category.strip().replace(" ", "_").lower()} if category else {}
    position = 0
    while True:
        answer = client.get(f"{address}/{position}/json", params)
        message = _message(answer)
        count = count_of(message.get("count"))
        if not count:
            return
        records = list(split_stream(_FORMAT, io.BytesIO(answer.body)))
        yield Page(_FORMAT.name, answer.address, records, dict(cursor))
        position += count
        total = count_of(message.get("total"))
        if total and position >= total:
            return


def _message(answer: Answer) -> dict[str, Any]:
    """Return the service's message; it answers an empty range with words."""
    messages = decode(answer, "bioRxiv").get("messages")
    message = messages[0] if isinstance(messages, list) and messages else None
    if not isinstance(message, dict):
        raise SourceRefusedError(f"{answer.address} is no answer of the API: it has no messages")
    status = str(message.get("status", ""))
    if status.lower() == "ok":
        return message
    if status.lower().startswith(_NOTHING):
        return {}
    raise SourceRefusedError(f"{answer.address} says: {status[:200]}")
