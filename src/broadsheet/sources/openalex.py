"""OpenAlex: works of chosen topics, journals, institutions, authors or a search.

Without a key the service gives pages by number and the first 10,000 works of a
question; a run that meets more asks again from the day it reached. With a key (free)
it gives pages by cursor, ten times the daily allowance, and, on plans that include it,
works by the day on which their record was made or changed.
Source: developers.openalex.org, "Paging", "Authentication & Pricing" (2026).
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.json_values import child, count_of
from broadsheet.ingest.formats.openalex import RECORDS
from broadsheet.net.port import Client
from broadsheet.sources.json_services import (
    Step,
    TooManyError,
    Window,
    decode,
    fingerprint,
    nothing_chosen,
    open_window,
    records_of,
    walk,
)
from broadsheet.sources.source import Page, Policy, SyncRequest

PAGE_SIZE = 100
"""Works an answer; the most that the service gives."""
MOST_PAGES = 100
"""Pages by number; beyond them the service gives pages by cursor only."""

_SELECT = (
    "id,doi,title,display_name,publication_date,publication_year,language,type,ids,"
    "primary_location,locations,best_oa_location,open_access,authorships,cited_by_count,"
    "counts_by_year,biblio,is_retracted,primary_topic,topics,keywords,abstract_inverted_index"
)
_NUMBERED = re.compile(r"(\d{4}-\d\d-\d\d) (\d{1,3})")


class OpenAlexOptions(BaseModel):
    """All that is set must hold of a work; of the values of one setting, one."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field("https://api.openalex.org", description="Address of the API.")
    api_key: SecretStr | None = Field(
        None, description="Key of an OpenAlex account (free); needed for large questions."
    )
    search: str = Field("", description="Words to look for in titles, abstracts and full texts.")
    filter: str = Field(
        "", description="OpenAlex filters as in its API, joined by commas, for what is not below."
    )
    topics: list[str] = Field([], description='Topics by their OpenAlex ids ("T10320").')
    issns: list[str] = Field([], description="Journals and series by ISSN.")
    institutions: list[str] = Field([], description='Institutions by OpenAlex ids ("I97018004").')
    authors: list[str] = Field([], description="Authors by OpenAlex ids or ORCIDs.")
    types: list[str] = Field(
        ["article", "preprint", "review"], description="Types of works; empty for all."
    )
    follow: Literal["published", "created", "updated"] = Field(
        "published",
        description="By which date runs go on: of publication, or (with a key) of the record.",
    )
    first_days: int = Field(
        30, ge=1, le=20_000, description="Days to look back at the very first run."
    )
    overlap: int = Field(
        14, ge=0, description="Days that a run looks at again, for works that come in late."
    )


class OpenAlexSource:
    """See the module."""

    name = "openalex"
    title = "OpenAlex"
    policy = Policy(spacing=1.0, daily_budget=1_000)
    Options: type[BaseModel] = OpenAlexOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """See Source."""
        options: OpenAlexOptions = request.options
        question = _question(options)
        window = open_window(request, fingerprint(question), options.first_days)
        walker = _Walk(client, options, question, window)
        if window.token and bool(_NUMBERED.fullmatch(window.token)) == walker.keyed:
            window = Window(window.query, window.start, window.began)  # a key came or went
        yield from walk(
            window, self.name, walker.address, options.overlap, walker.first, walker.fetch
        )


def _question(options: OpenAlexOptions) -> dict[str, str]:
    """The parameters that stay the same from page to page, but for the dates."""
    by_id = [author for author in options.authors if "-" not in author]
    orcids = [author for author in options.authors if "-" in author]
    filters = [
        f"{name}:{'|'.join(values)}"
        for name, values in (
            ("topics.id", options.topics),
            ("primary_location.source.issn", options.issns),
            ("authorships.institutions.id", options.institutions),
            ("authorships.author.id", by_id),
            ("authorships.author.orcid", orcids),
        )
        if values
    ]
    if options.filter:
        filters.append(options.filter)
    if not filters and not options.search:
        raise nothing_chosen(
            "openalex", "search", "filter", "topics", "issns", "institutions", "authors"
        )
    if options.follow != "published" and options.api_key is None:
        raise InvalidInputError(
            f'openalex: follow = "{options.follow}" needs api_key; leave it at "published", '
            "or set the key of an OpenAlex account"
        )
    if options.types:
        filters.append(f"type:{'|'.join(options.types)}")
    question = {"filter": ",".join(filters), "follow": options.follow}
    return question | ({"search": options.search} if options.search else {})


@dataclass
class _Walk:
    client: Client
    options: OpenAlexOptions
    question: dict[str, str]
    window: Window

    @property
    def keyed(self) -> bool:
        return self.options.api_key is not None

    @property
    def address(self) -> str:
        return f"{self.options.endpoint.rstrip('/')}/works"

    @property
    def first(self) -> str:
        return "*" if self.keyed else f"{self.window.start} 1"

    def fetch(self, token: str) -> Step:
        start, number = self.window.start, 0
        params = {
            "per_page": str(PAGE_SIZE),
            "select": _SELECT,
            "sort": "publication_date:asc",
        }
        if self.options.api_key is not None:
            params |= {"cursor": token, "api_key": self.options.api_key.get_secret_value()}
        elif match := _NUMBERED.fullmatch(token):
            start, number = dt.date.fromisoformat(match.group(1)), int(match.group(2))
            params["page"] = str(number)
        params["filter"] = f"{self.question['filter']},{self._dates(start)}"
        if "search" in self.question:
            params["search"] = self.question["search"]
        answer = self.client.get(self.address, params)
        content = decode(answer, "OpenAlex")
        records = records_of(content, answer, RECORDS, lambda work: work.get("id"))
        meta = child(content, "meta")
        total = count_of(meta.get("count"))
        if self.keyed:
            following = str(meta.get("next_cursor") or "") if records else ""
        else:
            following = self._following(start, number, records, total)
            # Once the query is narrowed, its count is that of the rest.
            total = total if start == self.window.start else None
        return Step(records, following, total)

    def _dates(self, start: dt.date) -> str:
        if self.options.follow != "published":
            return f"from_{self.options.follow}_date:{start}"
        # Catalogues hold works dated in the future; they wait for their day.
        return f"from_publication_date:{start},to_publication_date:{self.window.began}"

    def _following(
        self,
        start: dt.date,
        number: int,
        records: list[RawRecord | Rejection],
        total: int | None,
    ) -> str:
        """The token of the next page by number; beyond the last, a narrower question's."""
        if not records or (total is not None and number * PAGE_SIZE >= total):
            return ""
        if number < MOST_PAGES:
            return f"{start} {number + 1}"
        reached = _last_day(records)
        if reached is None or reached <= start:
            raise TooManyError(
                f"OpenAlex has more than {MOST_PAGES * PAGE_SIZE:,} works of {start} for this "
                "question and gives no more without a key; set api_key (free), or ask for less"
            )
        return f"{reached} 1"


def _last_day(records: list[RawRecord | Rejection]) -> dt.date | None:
    for record in reversed(records):
        if isinstance(record, RawRecord):
            work: Any = orjson.loads(record.raw)
            text = work.get("publication_date") if isinstance(work, dict) else None
            date = PartialDate.parse(str(text or ""))
            if date is not None and date.exact():
                return date.exact()
    return None
