"""Crossref: works of chosen journals, publishers or a query, as they are deposited.

Followed by the day of the last deposit ("update") by default; "index" also brings
citation counts and retractions that others reported, and many works again for it.
Source: api.crossref.org (filters, cursors of 5 minutes), crossref.org, "Access and
authentication" (one request at a time, an address in mailto or User-Agent).
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from broadsheet.ingest.formats.crossref import RECORDS
from broadsheet.ingest.formats.json_values import child, count_of
from broadsheet.net.port import Client
from broadsheet.sources.json_services import (
    Step,
    decode,
    fingerprint,
    nothing_chosen,
    open_window,
    records_of,
    walk,
)
from broadsheet.sources.source import Page, Policy, SyncRequest

_SELECT = (
    "DOI,URL,abstract,article-number,author,container-title,event,is-referenced-by-count,ISSN,"
    "issue,issued,license,page,posted,published,published-online,published-print,publisher,"
    "references-count,relation,subject,subtitle,title,type,update-to,updated-by,volume"
)
_OVERLAP = 1
"""Days; dates have no time, and works deposited at night are listed late."""


class CrossrefOptions(BaseModel):
    """All that is set must hold of a work; of the values of one setting, one."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field("https://api.crossref.org", description="Address of the API.")
    mailto: str = Field(
        "", description="Your e-mail address, for Crossref's faster pool; else `contact` serves."
    )
    plus_token: SecretStr | None = Field(None, description="Token of Crossref Metadata Plus.")
    query: str = Field("", description="Words to look for in titles, authors and journals.")
    issns: list[str] = Field([], description="Journals and series by ISSN.")
    prefixes: list[str] = Field([], description='Prefixes of DOIs ("10.1101").')
    members: list[str] = Field([], description="Publishers by their Crossref member numbers.")
    filter: str = Field(
        "", description="Crossref filters as in its API, joined by commas, for what is not above."
    )
    types: list[str] = Field(
        ["journal-article", "proceedings-article", "posted-content"],
        description="Types of works; empty for all.",
    )
    follow: Literal["update", "index", "created", "pub"] = Field(
        "update", description="By which date runs go on: of deposit, index, first deposit, print."
    )
    first_days: int = Field(
        30, ge=1, le=20_000, description="Days to look back at the very first run."
    )
    page_size: int = Field(200, ge=1, le=1000, description="Works an answer.")


class CrossrefSource:
    """See the module."""

    name = "crossref"
    title = "Crossref"
    policy = Policy(spacing=1.0, daily_budget=5_000)
    Options: type[BaseModel] = CrossrefOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """See Source."""
        options: CrossrefOptions = request.options
        filters = _filters(options)
        window = open_window(
            request, fingerprint(filters, options.query, options.follow), options.first_days
        )
        dates = f"from-{options.follow}-date:{window.start}"
        params = {"filter": ",".join([*filters, dates]), "select": _SELECT}
        params["rows"] = str(options.page_size)
        params |= {"query": options.query} if options.query else {}
        params |= {"mailto": options.mailto} if options.mailto else {}
        headers: dict[str, str] = {}
        if options.plus_token is not None:
            token = options.plus_token.get_secret_value()
            headers["Crossref-Plus-API-Token"] = f"Bearer {token}"

        address = f"{options.endpoint.rstrip('/')}/works"

        def fetch(cursor: str) -> Step:
            answer = client.get(address, params | {"cursor": cursor}, headers)
            content = decode(answer, "Crossref")
            records = records_of(content, answer, RECORDS, lambda work: work.get("DOI"))
            message = child(content, "message")
            # Its last page has a cursor too; only an unfilled page says that it is the last.
            full = len(message["items"]) >= options.page_size
            following = str(message.get("next-cursor") or "") if full else ""
            return Step(records, following, count_of(message.get("total-results")))

        yield from walk(window, self.name, address, _OVERLAP, "*", fetch)


def _filters(options: CrossrefOptions) -> list[str]:
    filters = [
        f"{name}:{value}"
        for name, values in (
            ("issn", options.issns),
            ("prefix", options.prefixes),
            ("member", options.members),
        )
        for value in values
    ]
    if options.filter:
        filters.append(options.filter)
    if not filters and not options.query:
        raise nothing_chosen("crossref", "query", "issns", "prefixes", "members", "filter")
    return filters + [f"type:{each}" for each in options.types]
