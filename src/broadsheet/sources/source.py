"""The protocol of every source on the network, and its limits.

A source turns answers into pages of raw records. It neither parses nor stores: the runner parses
each page with the page's format, stores it, and only then stores the page's cursor. After a crash
in between, that page is fetched again and its records are duplicates.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.net.port import Client, RequestLimits
from broadsheet.sources.schedule import DAILY, Rhythm

Cursor = Mapping[str, str]
"""Position of a source, in its own words; empty before the first run."""


@dataclass(frozen=True, slots=True)
class Policy(RequestLimits):
    """How often a source may be asked, and when it runs."""

    rhythm: Rhythm = DAILY
    """When it runs unless the settings say otherwise."""
    explain_quiet: Callable[[dt.datetime], str] | None = None
    """Why a run at a time (UTC) may bring nothing, for people."""


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer, and the cursor to store with them."""

    format: str
    """Name of the format in ``ingest.formats.registry`` that parses the records."""
    origin: str
    """The address asked, without secrets; kept with every record."""
    records: Sequence[RawRecord | Rejection]
    cursor: Cursor
    total: int | None = None
    """Records expected in the whole run if the source tells, for progress."""
    note: str = ""
    """Plain words for the run's summary: why a first run began on its day, or which papers it left out."""


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
    """One service to fetch from. Stateless: an instance serves all threads.

    ``Options`` are its settings (table ``[sources.NAME]`` of broadsheet.toml), each field with a
    description; ``endpoint`` among them is the server's address, so that a mirror or a replica can
    replace it. Defaults suffice wherever that makes sense.
    """

    name: str
    """As in ``broadsheet sync NAME``; the ``source`` of its records unless they name
    another, as arXiv's three ways do."""
    title: str
    """For people: "arXiv (OAI-PMH)"."""
    policy: Policy
    Options: type[BaseModel]

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """Yield pages lazily, one an answer, from ``request.cursor`` on.

        The last page's cursor is the start of the next run. Raises the errors of ``client``, and
        SourceRefusedError if an answer breaks the protocol; earlier pages stay good.
        """
        ...
