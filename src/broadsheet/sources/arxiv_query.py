"""arXiv's query API: watches on topics and authors.

Each watch is a query in arXiv's own syntax, answered newest first and read until the newest entry
of the last run. Papers held back for a check appear days later under the date of their submission,
so a run reads a week beyond that.

The cursor holds, for each watch, ``seen QUERY``: the newest date of a completed run. During a run
it also holds ``start QUERY`` (entries read) and ``then QUERY`` (the future value of ``seen``).

Source  https://info.arxiv.org/help/api/user-manual.html
"""

import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, Field

from broadsheet.domain.errors import SourceRefusedError, SourceUnavailableError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.arxiv_atom import ArxivAtom
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.markup import root_name
from broadsheet.net.port import Answer, Client
from broadsheet.sources.arxiv import POLICY
from broadsheet.sources.source import Page, SyncRequest
from broadsheet.sources.troubles import FAILURES, Troubles

MOST_RESULTS = 30_000
"""arXiv refuses to go further into one query's results."""

_OVERLAP = dt.timedelta(days=7)
_ATTEMPTS = 4
"""How often a page is asked for that should have entries and has none."""
_TOTAL = re.compile(rb"<(?:\w+:)?totalResults[^>]*>\s*(\d+)")
_DATES = {
    "submittedDate": re.compile(rb"<(?:\w+:)?published[^>]*>([^<]+)<"),
    "lastUpdatedDate": re.compile(rb"<(?:\w+:)?updated[^>]*>([^<]+)<"),
}
_REFUSAL = "arXiv answered with an error"


class ArxivQueryOptions(BaseModel):
    """Settings of the source "arxiv-query"."""

    endpoint: str = Field(
        "https://export.arxiv.org/api/query", description="Address of the query API."
    )
    queries: list[str] = Field(
        [],
        description="Queries in arXiv's syntax: 'cat:cs.CL AND abs:\"knowledge graph\"'.",
    )
    authors: list[str] = Field([], description='Authors to follow, as in "Yann LeCun".')
    sort: Literal["submittedDate", "lastUpdatedDate"] = Field(
        "submittedDate",
        description="submittedDate finds new papers, lastUpdatedDate new versions of old ones too.",
    )
    first_days: int = Field(
        30,
        ge=0,
        description="How many days back a watch's first run reaches; 0 for all that arXiv "
        f"gives ({MOST_RESULTS:,} at most).",
    )
    page_size: int = Field(200, ge=1, le=2000, description="Entries asked for at a time.")


class ArxivQuerySource:
    """See the module."""

    name = "arxiv-query"
    title = "arXiv (queries and authors)"
    policy = POLICY
    Options: type[BaseModel] = ArxivQueryOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options = request.options
        queries = list(dict.fromkeys([*options.queries, *map(author_query, options.authors)]))
        if not queries:
            raise SourceRefusedError(
                "no query is set; list some under [sources.arxiv-query] in broadsheet.toml, "
                "as queries or as authors"
            )
        live_keys = {f"{part} {query}" for part in ("seen", "start", "then") for query in queries}
        state = {name: value for name, value in request.cursor.items() if name in live_keys}
        troubles = Troubles()
        for query in queries:
            try:
                yield from _Watch(client, request, state, query).pages()
            except FAILURES as error:
                troubles.add(query, error)
        troubles.raise_any(len(queries), "queries")


def author_query(name: str) -> str:
    """The query for one author's papers."""
    return 'au:"{}"'.format(name.replace('"', " ").strip())


class _Watch:
    """One query, newest entries first. ``state`` (the cursor) is changed in place."""

    def __init__(
        self, client: Client, request: SyncRequest, state: dict[str, str], query: str
    ) -> None:
        self._client = client
        self._options: ArxivQueryOptions = request.options
        self._request = request
        self._state = state
        self._query = query
        self._seen, self._start, self._then = (
            f"{part} {query}" for part in ("seen", "start", "then")
        )
        self._horizon = self._decide_horizon()

    def pages(self) -> Iterator[Page]:
        state = self._state
        if self._request.since is not None:
            state.pop(self._start, None)
        # Entries may have moved down meanwhile, or a little up.
        start = max(0, int(state.get(self._start, 0)) - self._options.page_size)
        if not start:
            state[self._then] = ""
        while True:
            answer, pieces, total = self._ask(start)
            start += len(pieces)
            recent, reached = self._recent(pieces)
            limited = start >= MOST_RESULTS and total > start
            more = not reached and start < total and not limited
            note = self._note(reached, limited, total)
            if more:
                state[self._start] = str(start)
            else:
                self._complete()
            yield Page("arxiv-atom", answer.address, recent, dict(state), note=note)
            if not more:
                return

    def _decide_horizon(self) -> dt.datetime | None:
        """Entries of before then are not wanted."""
        if self._request.since is not None:
            return dt.datetime.combine(self._request.since, dt.time(), dt.UTC)
        if last_seen := self._state.get(self._seen):
            return dt.datetime.fromisoformat(last_seen) - _OVERLAP
        days = self._options.first_days
        return self._request.now - dt.timedelta(days=days) if days else None

    def _ask(self, start: int) -> tuple[Answer, list[RawRecord | Rejection], int]:
        params = {
            "search_query": self._query,
            "start": str(start),
            "max_results": str(min(self._options.page_size, MOST_RESULTS - start)),
            "sortBy": self._options.sort,
            "sortOrder": "descending",
        }
        for _ in range(_ATTEMPTS):
            answer = self._client.get(self._options.endpoint, params)
            if root_name(answer.body[:65_536]) != "feed":
                head = " ".join(answer.body[:200].decode("utf-8", "replace").split())
                raise SourceRefusedError(f"{answer.address}: this is no Atom answer: {head!r}")
            pieces = list(split_stream(ArxivAtom(), io.BytesIO(answer.body)))
            for piece in pieces:
                if isinstance(piece, Rejection) and piece.reason.startswith(_REFUSAL):
                    raise SourceRefusedError(piece.reason)
            match = _TOTAL.search(answer.body)
            total = int(match.group(1)) if match else start + len(pieces)
            # arXiv now and then answers a good request with a feed without entries.
            if pieces or start >= total:
                return answer, pieces, total
        raise SourceUnavailableError(
            f"arXiv gave no entries from number {start:,} on, though it counts {total:,}; "
            "the next run goes on from here"
        )

    def _recent(
        self, pieces: list[RawRecord | Rejection]
    ) -> tuple[list[RawRecord | Rejection], bool]:
        """The pieces that are wanted, and whether older ones were among them."""
        recent: list[RawRecord | Rejection] = []
        for piece in pieces:
            date = _date(piece.raw, self._options.sort)
            if date is not None and self._horizon is not None and date < self._horizon:
                return recent, True
            if date is not None and not self._state[self._then]:
                self._state[self._then] = date.isoformat()
            recent.append(piece)
        return recent, False

    def _complete(self) -> None:
        state = self._state
        state.pop(self._start, None)
        then, last_seen = state.pop(self._then), state.get(self._seen, "")
        since = self._request.since
        gap = since is not None and last_seen and last_seen < since.isoformat()
        # After a gap, the next run without a date begins at its usual place.
        if then and not gap:
            state[self._seen] = max(then, last_seen)

    def _note(self, reached: bool, limited: bool, total: int) -> str:
        if limited:
            return (
                f"{self._query}: {total:,} results, of which arXiv gives the newest "
                f"{MOST_RESULTS:,}; narrow the query, or harvest whole categories with "
                "`broadsheet sync arxiv`"
            )
        first = self._seen not in self._state and self._request.since is None
        if first and reached and self._horizon is not None:
            return f"{self._query}: first run, papers since {self._horizon.date()}"
        return ""


def _date(raw: bytes, sort: str) -> dt.datetime | None:
    # The feed's own date stands before its first entry and is no part of ``raw``.
    match = _DATES[sort].search(raw)
    if match is None:
        return None
    try:
        date = dt.datetime.fromisoformat(match.group(1).decode().strip())
    except ValueError:
        return None
    return date.astimezone(dt.UTC) if date.tzinfo else date.replace(tzinfo=dt.UTC)
