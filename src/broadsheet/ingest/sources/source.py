"""What every source on the network can do, and what it may ask for.

A source turns answers into pages of raw records. It neither parses nor stores:
``sync`` parses each page with the format the page names, stores it, and only then
keeps the page's cursor. A crash in between fetches that page again, and its records
are duplicates then.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.schedule import DAILY, Rhythm

Cursor = Mapping[str, str]
"""Where a source is to go on, in its own words; empty before the first run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent: always a success (2xx), or 304 where ``if_changed`` was asked."""

    address: str
    """Where it came from after redirects, without secrets."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Client(Protocol):
    """Asks servers, politely. The only way in which a source reaches the network.

    Keeps the source's ``Policy`` over all processes of a home, waits and asks again on
    429, 500, 502, 503, 504, broken connections and empty bodies, follows redirects,
    refuses private networks, caps bodies and time. Not thread-safe: one run, one client.

    Errors: SourceUnavailableError where the server goes on failing or the day's budget
    is used up, SourceRefusedError where it says no (4xx, with its words),
    AddressRefusedError for an address that must not be asked.
    """

    def get(
        self,
        address: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        if_changed: bool = False,
    ) -> Answer:
        """Fetch; ``headers`` are added to the client's own.

        With ``if_changed``, for addresses that are asked again and again (a feed), the
        answer has status 304 and no body where nothing changed since an answer whose
        page was stored.
        """
        ...

    def post(
        self,
        address: str,
        content: Any,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send ``content`` as JSON and fetch what comes back; ``headers`` as for ``get``."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How a source may be asked; kept over all processes of a home."""

    spacing: float = 1.0
    """Seconds from the end of one request to the start of the next, one at a time."""
    daily_budget: int = 5_000
    """Requests a UTC day."""
    shared: str = ""
    """Sources with the same word here share spacing and connection (arXiv's three)."""
    rhythm: Rhythm = DAILY
    """When it runs unless the settings say otherwise."""
    explain_quiet: Callable[[dt.datetime], str] | None = None
    """Why a run at a time (UTC) may bring nothing, for people."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer brought, and where to go on once it is stored."""

    format: str
    """Name of the format in ``ingest.formats.registry`` that parses the records."""
    origin: str
    """The address asked, without secrets; kept with every record."""
    records: Sequence[RawRecord | Rejection]
    cursor: Cursor
    total: int | None = None
    """Records expected in the whole run where the source tells, for progress."""
    note: str = ""
    """Plain words for the run's summary: where a first run began, what was left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncRequest:
    """One run of one source."""

    options: Any
    """An instance of the source's ``Options``."""
    cursor: Cursor = field(default_factory=dict)
    since: dt.date | None = None
    """Asked for by the reader; wins over the cursor. UTC."""
    now: dt.datetime
    """When the run began, UTC."""
    identifiers: Callable[[str], Iterator[Identifier]]
    """Those of a scheme in the library, the earliest paper's first, for sources that are
    asked about known papers."""


class Source(Protocol):
    """One place to fetch from. Stateless: an instance serves all threads.

    ``Options`` are its settings (table ``[sources.NAME]`` of broadsheet.toml), each
    field with a description; ``endpoint`` among them is the server's address, so that
    a mirror or a replica can stand in. Needs nothing set where that makes sense.
    """

    name: str
    """As in ``broadsheet sync NAME``; the ``source`` of its records unless they name
    another, as arXiv's three ways do."""
    title: str
    """For people: "arXiv (OAI-PMH)"."""
    policy: Policy
    Options: type[BaseModel]

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """Lazily, a page an answer, from ``request.cursor`` on.

        The last page's cursor is where the next run begins. Raises what ``client``
        raises, and SourceRefusedError where an answer is not what the protocol says;
        pages already given stay good.
        """
        ...
