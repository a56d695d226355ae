"""PubMed through NCBI's E-utilities: matches of a query, and changes to known papers.

A run searches for records added since the last one and fetches them from the history that the
server keeps of the search. Then it searches for changed records (retractions, corrections, new
headings) and fetches those that the library has. PubMed shows no more than 9,999 records of a
search, so longer ranges of days are halved. https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

import datetime as dt
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr

from broadsheet.domain.errors import InvalidInputError, RecordError, SourceRefusedError
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.fields import text_of
from broadsheet.ingest.formats.json_values import count_of
from broadsheet.ingest.formats.markup import child_text, parse_element, root_name
from broadsheet.ingest.formats.pubmed import Pubmed
from broadsheet.net.port import Client
from broadsheet.sources.days import first_day
from broadsheet.sources.json_services import decode
from broadsheet.sources.source import Cursor, Page, Policy, SyncRequest

_FORMAT = Pubmed()
_BATCH = 200
"""Records an answer; more should be posted, and make answers of many megabytes."""
_MOST = 9_999
_ADDED: Literal["edat"] = "edat"
_CHANGED: Literal["mdat"] = "mdat"


class PubmedOptions(BaseModel):
    """Settings of the source."""

    endpoint: str = Field(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", description="Address of the E-utilities."
    )
    query: str = Field(
        "",
        description='What to search for, in PubMed\'s own language: "sepsis[mh] AND review[pt]".',
    )
    changes: bool = Field(
        True, description="Whether to fetch changed records of papers in the library again."
    )
    first_days: int = Field(
        30, ge=1, le=80_000, description="Days to look back at the very first run."
    )
    email: str = Field("", description="Your address, as NCBI asks for; sent with each request.")
    api_key: SecretStr | None = Field(None, description="A key of your NCBI account; optional.")


@dataclass(frozen=True, slots=True)
class _Found:
    """A search: its days, its number of records, and its place in the server's history."""

    begin: dt.date
    end: dt.date
    count: int
    origin: str
    history: dict[str, str]
    ids: Sequence[str]


class PubmedSource:
    """See the module. Its cursor holds the days to go on from: ``added``, ``changed``."""

    name = "pubmed"
    title = "PubMed"
    # Three requests a second are allowed without a key.
    policy = Policy(spacing=0.34, daily_budget=10_000)
    Options: type[BaseModel] = PubmedOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: PubmedOptions = request.options
        if not options.query.strip():
            raise InvalidInputError(
                "pubmed has no query: all of PubMed is 38 million papers. Say what you want in "
                '[sources.pubmed], for instance query = "sepsis[mh]"'
            )
        # Before anything new is stored: new records need no check for changes.
        library_pmids = {i.value for i in request.identifiers("pmid")} if options.changes else set()
        utilities = _Utilities(client, options)
        cursor = dict(request.cursor)
        begin = first_day(request, cursor.get("added"), options.first_days)
        for result in utilities.search(_ADDED, begin, request.now.date()):
            for start in range(0, result.count, _BATCH):
                page = {"retstart": str(start), "retmax": str(_BATCH), **result.history}
                yield utilities.fetch(page, result.origin, cursor, result.count)
            cursor["added"] = result.end.isoformat()
            yield Page(_FORMAT.name, result.origin, [], dict(cursor))
        if options.changes:
            yield from _changes(utilities, request, cursor, library_pmids)


def _changes(
    utilities: "_Utilities",
    request: SyncRequest,
    cursor: dict[str, str],
    library_pmids: Collection[str],
) -> Iterator[Page]:
    begin = first_day(request, cursor.get("changed"), 1)
    cursor["changed"] = begin.isoformat()
    for result in utilities.search(_CHANGED, begin, request.now.date()) if library_pmids else ():
        numbers = [number for number in result.ids if number in library_pmids]
        for start in range(0, len(numbers), _BATCH):
            page = {"id": ",".join(numbers[start : start + _BATCH])}
            yield utilities.fetch(page, result.origin, cursor, None)
        cursor["changed"] = result.end.isoformat()
        yield Page(_FORMAT.name, result.origin, [], dict(cursor))
    if not library_pmids:
        cursor["changed"] = request.now.date().isoformat()
        yield Page(_FORMAT.name, utilities.endpoint, [], dict(cursor))


class _Utilities:
    """Call esearch and efetch with the parameters that go with every request."""

    def __init__(self, client: Client, options: PubmedOptions) -> None:
        self._client = client
        self._query = options.query
        self.endpoint = options.endpoint.rstrip("/")
        self._always = {"db": "pubmed", "tool": "broadsheet"}
        if options.email:
            self._always["email"] = options.email
        if options.api_key:
            self._always["api_key"] = options.api_key.get_secret_value()

    def search(
        self, dates: Literal["edat", "mdat"], begin: dt.date, end: dt.date
    ) -> Iterator[_Found]:
        """Searches that cover the days, each small enough to be fetched whole."""
        result = self._search(dates, begin, end)
        if result.count <= _MOST:
            yield result
        elif begin == end:
            raise SourceRefusedError(
                f"PubMed found {result.count:,} records of {begin} and shows no more than "
                f"{_MOST:,} of a search; narrow the query"
            )
        else:
            middle = begin + (end - begin) // 2
            yield from self.search(dates, begin, middle)
            yield from self.search(dates, middle + dt.timedelta(days=1), end)

    def _search(self, dates: Literal["edat", "mdat"], begin: dt.date, end: dt.date) -> _Found:
        params = {
            **self._always,
            "term": self._query,
            "datetype": dates,
            "mindate": f"{begin:%Y/%m/%d}",
            "maxdate": f"{end:%Y/%m/%d}",
            "retmode": "json",
            **({"usehistory": "y", "retmax": "0"} if dates == _ADDED else {"retmax": str(_MOST)}),
        }
        answer = self._client.get(f"{self.endpoint}/esearch.fcgi", params)
        result = decode(answer, "PubMed").get("esearchresult")
        if not isinstance(result, dict):
            raise SourceRefusedError(f"{answer.address} is no answer to a search")
        if refused := _refused_words(result):
            raise SourceRefusedError(f"PubMed does not take the query: {refused}")
        history = {
            "WebEnv": text_of(result.get("webenv")),
            "query_key": text_of(result.get("querykey")),
        }
        ids = [text_of(each) for each in result.get("idlist") or []]
        count = count_of(result.get("count")) or 0
        return _Found(begin, end, count, answer.address, history, ids)

    def fetch(self, which: dict[str, str], origin: str, cursor: Cursor, total: int | None) -> Page:
        params = {**self._always, "retmode": "xml", "rettype": "abstract", **which}
        answer = self._client.get(f"{self.endpoint}/efetch.fcgi", params)
        if root_name(answer.body) != "PubmedArticleSet":
            raise SourceRefusedError(f"PubMed does not give the records: {_error_in(answer.body)}")
        records = list(split_stream(_FORMAT, io.BytesIO(answer.body)))
        return Page(_FORMAT.name, origin, records, dict(cursor), total)


def _refused_words(result: dict[str, Any]) -> str:
    """Why the query means nothing. Words that PubMed has not seen yet are no reason."""
    errors = result.get("errorlist")
    unknown = errors.get("fieldsnotfound") if isinstance(errors, dict) else None
    fields = ", ".join(filter(None, map(text_of, unknown or [])))
    return text_of(result.get("ERROR")) or (f"it knows no field {fields}" if fields else "")


def _error_in(body: bytes) -> str:
    try:
        return child_text(parse_element(body), "ERROR") or "the answer holds no records"
    except RecordError:
        return "the answer is no XML"
