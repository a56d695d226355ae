"""One paper on request, by an identifier or an address.

arXiv's query API and Crossref are asked with the limits and the ``endpoint`` of their sources in the
settings; of other identifiers the catalogue's record is read, and of any other address the page
itself, if it is in a format that files can have or names an identifier in its metadata
(``citation_doi``, ``citation_arxiv_id``, ``dc.identifier``).
"""

import io
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from broadsheet.domain.errors import (
    InvalidInputError,
    PaperNotFoundError,
    RecordError,
    SourceRefusedError,
)
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import Arrival, RawRecord
from broadsheet.domain.paper import Paper, Record
from broadsheet.domain.ports import Store
from broadsheet.ingest.formats.faults import parse_record
from broadsheet.ingest.pipeline import store_batch
from broadsheet.ingest.reading import Input
from broadsheet.net.port import Client, RequestLimits
from broadsheet.sources.configured import ConfiguredSources
from broadsheet.text.catalogues import record_address
from broadsheet.text.identifiers import parse_identifier, parse_identifier_query

OpenClient = Callable[[str, RequestLimits], AbstractContextManager[Client]]
"""Name and limits of a service → a client that keeps to them."""

LIMITS = RequestLimits(spacing=2.0, daily_budget=1_000)
"""Of addresses that belong to no source."""

_META = re.compile(
    rb"<meta\b(?=[^>]*\bname\s*=\s*[\"']?(?:citation_doi|citation_arxiv_id|citation_pmid"
    rb"|dc\.identifier|dcterms\.identifier|prism\.doi)[\"'\s>])[^>]*\bcontent\s*=\s*"
    rb"(?:\"([^\"]*)\"|'([^']*)')",
    re.IGNORECASE,
)
_HEAD = 512 * 1024
"""Bytes of a page in which metadata are looked for."""
_SOURCES = {"arxiv": "arxiv-query", "doi": "crossref"}


@dataclass(frozen=True, slots=True)
class _Place:
    """An address to ask, and the service whose limits hold for it."""

    service: str
    limits: RequestLimits
    address: str
    accept: str = ""


class PaperFetcher:
    """Fetch single papers into the library. Thread-safe."""

    def __init__(
        self,
        papers: Store,
        open_client: OpenClient,
        load_sources: Callable[[], ConfiguredSources],
    ) -> None:
        self._papers = papers
        self._open_client = open_client
        self._load_sources = load_sources

    def find(self, text: str) -> Paper | None:
        """Return the paper of this name or address if the library holds it."""
        identifier = parse_identifier_query(text)
        try:
            return self._papers.get(str(identifier) if identifier else text)
        except PaperNotFoundError:
            return None

    def fetch(self, text: str) -> Paper:
        """Fetch one paper and store it.

        Raises SourceUnavailableError if it may work later; SourceRefusedError,
        AddressRefusedError and InvalidInputError if not.
        """
        identifier = parse_identifier_query(text)
        if identifier is not None:
            return self._fetch_identifier(identifier)
        body, address = self._ask(_Place("submissions", LIMITS, text))
        for match in _META.finditer(body[:_HEAD]):
            content = (match.group(1) or match.group(2) or b"").decode("utf-8", "replace")
            if named := parse_identifier(content.strip()):
                return self.find(str(named)) or self._fetch_identifier(named)
        return self._store(body, address, None)

    def _fetch_identifier(self, identifier: Identifier) -> Paper:
        refusal: SourceRefusedError | None = None
        for place in self._places(identifier):
            try:
                body, address = self._ask(place)
                return self._store(body, address, identifier)
            except SourceRefusedError as error:
                refusal = refusal or error
        raise refusal or InvalidInputError(
            f"no catalogue is known that has {identifier}; give a DOI, an arXiv id or an address"
        )

    def _places(self, identifier: Identifier) -> Sequence[_Place]:
        """Addresses of the paper's record, the best first."""
        places: list[_Place] = []
        if name := _SOURCES.get(identifier.scheme):
            configured = self._load_sources().get(name)
            endpoint = str(getattr(configured.options, "endpoint", "")).rstrip("/")
            forms = {
                "arxiv-query": f"{endpoint}?id_list={identifier.value}",
                "crossref": f"{endpoint}/works/{identifier.value}",
            }
            places.append(_Place(name, configured.source.policy, forms[name]))
        if identifier.scheme != "arxiv" and (address := record_address(identifier)):
            accept = "application/x-bibtex" if identifier.scheme == "doi" else ""
            places.append(_Place("submissions", LIMITS, address, accept))
        return places

    def _ask(self, place: _Place) -> tuple[bytes, str]:
        headers = {"Accept": place.accept} if place.accept else {}
        with self._open_client(place.service, place.limits) as client:
            answer = client.get(place.address, headers=headers)
        return answer.body, answer.address

    def _store(self, body: bytes, address: str, identifier: Identifier | None) -> Paper:
        """Store the one record of an answer and return its paper."""
        content = Input(address, io.BytesIO(body), len(body), None)
        arrivals: list[Arrival] = []
        for piece in content.pieces():
            if content.format is None or not isinstance(piece, RawRecord):
                continue
            try:
                record = parse_record(content.format, piece.raw)
            except RecordError:
                continue
            if identifier is None or identifier in record.identifiers:
                arrivals.append(Arrival(record, piece, content.format.name, address))
        if len(arrivals) != 1:
            raise SourceRefusedError(
                f"{address}: the answer describes no paper"
                if not arrivals
                else f"{address}: the answer describes {len(arrivals)} papers, not one"
            )
        before = self._papers.last_change()
        store_batch(self._papers, arrivals, [])
        return self._find_stored(arrivals[0].record, before)

    def _find_stored(self, record: Record, before: int) -> Paper:
        for identifier in record.identifiers:
            if paper := self.find(str(identifier)):
                return paper
        keys = [change.key for change in self._papers.changes_after(before, 100)]
        for paper in self._papers.get_many(keys).values():
            if paper.title == record.title:
                return paper
        raise SourceRefusedError("the record was stored before under another paper; name that one")
