"""Semantic Scholar: details of papers in the library, above all citations.

Requests are by identifier, 500 at a time. Papers added since the last run go first, the earliest
first; then all others again, in rounds. A run requests at most ``papers`` papers and the next
continues from there, so a large library takes some days. The cursor holds, for each scheme, the
last identifier requested for the first time ("arxiv.new"), the last requested again
("arxiv.again") and the day on which the round began ("arxiv.round"). Source:
api.semanticscholar.org/api-docs/graph, "Get details for multiple papers at once"; one request a
second with a key, a pool shared by all without.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.semantic_scholar import external_identifiers
from broadsheet.net.port import Client
from broadsheet.sources.json_services import decode_any, records_of
from broadsheet.sources.source import Cursor, Page, Policy, SyncRequest

BATCH = 500
"""Identifiers a request; the most that the service takes."""

_PREFIXES = {"arxiv": "ARXIV", "doi": "DOI", "acl": "ACL", "pmid": "PMID"}
_FIELDS = (
    "paperId,corpusId,externalIds,url,title,abstract,venue,publicationVenue,year,"
    "publicationDate,publicationTypes,journal,authors,citationCount,influentialCitationCount,"
    "referenceCount,openAccessPdf,fieldsOfStudy,s2FieldsOfStudy,tldr"
)
_NONE_KNOWN = "no valid paper ids"
"""It refuses a batch of which it knows nothing, instead of answering nulls."""


class SemanticScholarOptions(BaseModel):
    """Needs nothing set."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str = Field("https://api.semanticscholar.org", description="Address of the API.")
    api_key: SecretStr | None = Field(
        None, description="Key of the API; without one, requests share a pool that is often full."
    )
    schemes: list[Literal["arxiv", "doi", "acl", "pmid"]] = Field(
        ["arxiv", "doi"], description="Identifiers by which papers are asked about, in this order."
    )
    papers: int = Field(20_000, ge=1, description="Papers a run asks about at most.")
    round_days: int = Field(
        30, ge=1, description="Days from the start of one round over all papers to the next."
    )


class SemanticScholarSource:
    """See the module. Its records have the source "s2"."""

    name = "semantic-scholar"
    title = "Semantic Scholar"
    policy = Policy(spacing=1.5, daily_budget=1_000)
    Options: type[BaseModel] = SemanticScholarOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        """See Source. With ``since``, every paper is taken for a new one."""
        options: SemanticScholarOptions = request.options
        state = {} if request.since else dict(request.cursor)
        run = _Run(client, request, options, state, allowance=options.papers)
        for scheme in options.schemes:
            yield from run.ask_new(scheme)
        for scheme in options.schemes:
            yield from run.ask_again(scheme)


@dataclass
class _Run:
    client: Client
    request: SyncRequest
    options: SemanticScholarOptions
    state: dict[str, str]
    """The cursor as it grows."""
    allowance: int
    """Papers this run may still ask about."""
    first_new: dict[str, str] = field(default_factory=dict)
    """Of each scheme the last that was not new when the run began."""
    answered: set[Identifier] = field(default_factory=set)
    """Other names of papers that were answered in this run: they need no second question."""

    def ask_new(self, scheme: str) -> Iterator[Page]:
        """Those that came since; they are asked in the order in which they came."""
        last = self.state.get(f"{scheme}.new", "")
        self.first_new[scheme] = last
        for batch, reached in self._batches(self._following(scheme, last)):
            self.state[f"{scheme}.new"] = reached
            yield self._page(batch)

    def ask_again(self, scheme: str) -> Iterator[Page]:
        """Yield the other papers, from the last run's position to the end of the round."""
        until, last = self.first_new[scheme], self.state.get(f"{scheme}.again", "")
        if not until:
            return  # all are new
        if not last:
            today = self.request.now.date()
            began = self.state.get(f"{scheme}.round", "")
            if began and today - dt.date.fromisoformat(began) < self._between_rounds:
                return
            self.state[f"{scheme}.round"] = today.isoformat()
        if last == until:
            self.state.pop(f"{scheme}.again", None)
            return
        for batch, reached in self._batches(_up_to(self._following(scheme, last), until)):
            self.state[f"{scheme}.again"] = reached
            if reached == until:
                del self.state[f"{scheme}.again"]
            yield self._page(batch)

    @property
    def _between_rounds(self) -> dt.timedelta:
        return dt.timedelta(days=self.options.round_days)

    def _following(self, scheme: str, last: str) -> Iterator[Identifier]:
        """Yield the identifiers after ``last``; all if ``last`` is not (or no longer) one of them."""
        if last:
            identifiers = self.request.identifiers(scheme)
            if any(each.value == last for each in identifiers):
                return identifiers
        return self.request.identifiers(scheme)

    def _batches(self, identifiers: Iterator[Identifier]) -> Iterator[tuple[list[Identifier], str]]:
        """Yield the next identifiers to request, and the last identifier that each batch covers."""
        while self.allowance > 0:
            batch: list[Identifier] = []
            reached = ""
            for each in identifiers:
                reached = each.value
                if each not in self.answered:
                    batch.append(each)
                if len(batch) == min(BATCH, self.allowance):
                    break
            if not reached:
                return
            self.allowance -= len(batch)
            yield batch, reached

    def _page(self, batch: list[Identifier]) -> Page:
        ids = [f"{_PREFIXES[each.scheme]}:{each.value}" for each in batch]
        address = f"{self.options.endpoint.rstrip('/')}/graph/v1/paper/batch"
        records = self._fetch(address, ids) if ids else []
        cursor: Cursor = dict(self.state)
        return Page("semantic-scholar", address, records, cursor)

    def _fetch(self, address: str, ids: list[str]) -> list[RawRecord | Rejection]:
        key = self.options.api_key
        headers = {"x-api-key": key.get_secret_value()} if key is not None else {}
        try:
            answer = self.client.post(address, {"ids": ids}, {"fields": _FIELDS}, headers)
        except SourceRefusedError as error:
            if _NONE_KNOWN in str(error).casefold():
                return []
            raise
        content = decode_any(answer, "Semantic Scholar")
        records = records_of(content, answer, (), lambda paper: paper.get("paperId"))
        for paper in content:
            if isinstance(paper, dict):
                self.answered.update(external_identifiers(paper))
        return records


def _up_to(identifiers: Iterator[Identifier], last: str) -> Iterator[Identifier]:
    for each in identifiers:
        yield each
        if each.value == last:
            return
