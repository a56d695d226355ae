"""DBLP: publications of chosen streams (conferences, journals), authors or queries.

Its search has no dates but the year, so a run requests the years since the last one, with a few
requests each; known publications come again as duplicates. There are no abstracts: such records
complete a paper, or have their title alone. Source: dblp.org/faq, "How to use the dblp search
API", "Am I allowed to crawl the dblp website?" (one or two seconds between requests; 429 with
Retry-After).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from pydantic import BaseModel, ConfigDict, Field

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.dblp import RECORDS, is_paper
from broadsheet.ingest.formats.json_values import child, count_of
from broadsheet.net.port import Client
from broadsheet.sources.json_services import decode, fingerprint, nothing_chosen, records_in
from broadsheet.sources.source import Page, Policy, SyncRequest

PAGE_SIZE = 1000
"""Hits an answer; the most that the service gives."""
_LATE = dt.timedelta(days=120)
"""Proceedings of a year come in until well into the next."""


class DblpOptions(BaseModel):
    """Each value is a question of its own; a paper may answer several."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field("https://dblp.org", description="Address of DBLP or a mirror of it.")
    streams: list[str] = Field(
        [], description='Conferences and journals by DBLP\'s names ("conf/nips", "journals/tmlr").'
    )
    authors: list[str] = Field([], description="Authors by the name that DBLP gives them.")
    queries: list[str] = Field([], description="Questions as in DBLP's search box.")
    years: int = Field(1, ge=0, description="Full years before this one that the first run asks.")


class DblpSource:
    """See the module."""

    name = "dblp"
    title = "DBLP"
    policy = Policy(spacing=2.0, daily_budget=1_000)
    Options: type[BaseModel] = DblpOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """See Source."""
        options: DblpOptions = request.options
        questions = _questions(options)
        today = request.now.date()
        place = _find_place(request, fingerprint(questions), today.year - options.years)
        queries = [
            f"{question} year:{year}:"
            for year in range(place.since, today.year + 1)
            for question in questions
        ]
        for number in range(place.number, len(queries)):
            first = place.first if number == place.number else 0
            while True:
                page, following = _fetch(client, options, queries[number], first)
                ended = following is None
                if ended and number == len(queries) - 1:
                    cursor = {"query": place.query, "reached": today.isoformat()}
                else:
                    cursor = place.cursor(number + ended, 0 if ended else following or 0)
                yield Page("dblp", page.origin, page.records, cursor, page.total)
                if following is None:
                    break
                first = following


def _questions(options: DblpOptions) -> list[str]:
    questions = [f"stream:streams/{stream.strip('/')}:" for stream in options.streams]
    questions += [f"author:{author.strip().replace(' ', '_')}:" for author in options.authors]
    questions += options.queries
    if not questions:
        raise nothing_chosen("dblp", "streams", "authors", "queries")
    return questions


@dataclass(frozen=True)
class _Place:
    """Position of a run: its first year, the current query, the current hit."""

    query: str
    since: int
    number: int = 0
    first: int = 0

    def cursor(self, number: int, first: int) -> dict[str, str]:
        return {
            "query": self.query,
            "since": str(self.since),
            "number": str(number),
            "first": str(first),
        }


def _find_place(request: SyncRequest, query: str, first_year: int) -> _Place:
    cursor = request.cursor
    if request.since is not None:
        return _Place(query, request.since.year)
    if cursor.get("query") != query:
        return _Place(query, first_year)
    if "number" in cursor:
        return _Place(query, int(cursor["since"]), int(cursor["number"]), int(cursor["first"]))
    return _Place(query, (dt.date.fromisoformat(cursor["reached"]) - _LATE).year)


@dataclass(frozen=True)
class _Hits:
    origin: str
    records: list[RawRecord | Rejection]
    total: int | None


def _fetch(
    client: Client, options: DblpOptions, question: str, first: int
) -> tuple[_Hits, int | None]:
    """One answer, and the number of the next hit to ask for; None after the last."""
    address = f"{options.endpoint.rstrip('/')}/search/publ/api"
    answer = client.get(
        address,
        {"q": question, "format": "json", "h": str(PAGE_SIZE), "f": str(first), "c": "0"},
    )
    content = decode(answer, "DBLP")
    hits = child(child(content, "result"), "hits")
    # Without hits there is no list.
    records = records_in(content, RECORDS, lambda hit: child(hit, "info").get("key")) or []
    total, sent = count_of(hits.get("@total")), count_of(hits.get("@sent"))
    papers = [each for each in records if isinstance(each, Rejection) or _is_paper(each)]
    ended = not sent or not total or first + sent >= total
    return _Hits(address, papers, total), None if ended else first + (sent or 0)


def _is_paper(record: RawRecord) -> bool:
    hit = orjson.loads(record.raw)
    return not isinstance(hit, dict) or is_paper(child(hit, "info"))
