"""Calls of the services by name, with the types of their arguments and results.

The server (``api.v1.calls``) answers them and the client (``remote``) makes them. Values are the
domain's own, so that a command prints from afar what it prints here: text as it came, matched
words, scores in full. Fields may be added to the domain's types at any time: both ends ignore
fields that they do not know. A field that changes its meaning or goes raises ``EDITION``.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from broadsheet.domain.access import Principal
from broadsheet.domain.collections import Collection
from broadsheet.domain.daily import Edition, Issue, IssueRequest, Trends, Window
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.follows import Follow, FollowNews
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.personal import ForYou
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.search import Hit, Mode, Order, ReaderInterests, SearchAnswer, SearchRequest
from broadsheet.domain.services import Services
from broadsheet.domain.signals import Signal
from broadsheet.domain.status import Status
from broadsheet.domain.submissions import Submission
from broadsheet.domain.sync import SourceStatus

EDITION = 1
"""Of these calls; both ends must have the same."""
EDITION_HEADER = "Broadsheet-Calls"
"""Header of every answer: the edition, and the version of the program, as "1; 0.1.0"."""

MOST_RESULTS = 1000
MOST_PAPERS = 500
"""Of all papers, in one answer."""
MOST_TEXT = 1_000_000
"""Characters of a text that papers are compared with."""

Name = Annotated[str, Field(max_length=500)]
Query = Annotated[str, Field(max_length=10_000)]
Limit = Annotated[int, Field(ge=1, le=MOST_RESULTS)]
Number = Annotated[int, Field(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentSearch:
    """A SearchRequest; the reader of the order "for-me" is the one who sends it."""

    text: Query
    limit: Limit = 20
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    mode: Mode = "hybrid"
    order: Order = "relevance"
    other_forms: bool = False
    literal: bool = False

    def request(self, reader: ReaderInterests | None) -> SearchRequest:
        """Return the request of this reader."""
        return SearchRequest(
            self.text,
            self.limit,
            self.offset,
            self.mode,
            self.order,
            other_forms=self.other_forms,
            reader=reader,
            literal=self.literal,
        )

    @classmethod
    def of(cls, request: SearchRequest) -> "SentSearch":
        """Leave the reader out of a request."""
        return cls(
            text=request.text,
            limit=request.limit,
            offset=request.offset,
            mode=request.mode,
            order=request.order,
            other_forms=request.other_forms,
            literal=request.literal,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SentIssue:
    """An IssueRequest with a bound on its size."""

    period: Period
    edition: Name = "front"
    section: Name = ""
    source: Name = ""
    has_code: bool = False
    order: Literal["front", "newest", "votes", "for-me"] | None = None
    page: Annotated[int, Field(ge=1, le=2**31)] = 1
    size: Limit | None = None

    @classmethod
    def of(cls, request: IssueRequest) -> "SentIssue":
        """Leave out the parts that only pages request."""
        return cls(
            period=request.period,
            edition=request.edition,
            section=request.section,
            source=request.source,
            has_code=request.has_code,
            order=request.order,
            page=request.page,
            size=request.size,
        )

    def request(self) -> IssueRequest:
        """Return the request."""
        return IssueRequest(
            self.period,
            self.edition,
            section=self.section,
            source=self.source,
            has_code=self.has_code,
            order=self.order,
            page=self.page,
            size=self.size,
        )


class Codec:
    """Values of one type as JSON, both ways."""

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._type)

    def to_json(self, value: Any) -> Any:
        """Return a value as objects of ``json``."""
        return self._adapter.dump_python(value, mode="json", warnings=False)

    def from_json(self, value: Any) -> Any:
        """Return the value that ``to_json`` was given, tuples perhaps as lists. Raises ValueError
        for anything else."""
        return self._adapter.validate_python(value)


@dataclass(frozen=True)
class Call:
    """A call of a service: its arguments in their order, and its result."""

    service: str
    method: str
    arguments: Mapping[str, Codec]
    result: Codec
    personal: bool = False
    """Whether the service wants to know who acts."""

    @property
    def name(self) -> str:
        """As in addresses: "search.similar"."""
        return f"{self.service}.{self.method}"

    def make(self, services: Services, principal: Principal, arguments: Mapping[str, Any]) -> Any:
        """Make the call at the service. Of a call that yields, the result has MOST_PAPERS at
        most."""
        arguments = {
            name: _received(value, services, principal) for name, value in arguments.items()
        }
        method = getattr(getattr(services, self.service), self.method)
        result = method(*([principal] if self.personal else ()), **arguments)
        return list(islice(result, MOST_PAPERS)) if isinstance(result, Iterator) else result


def _received(value: Any, services: Services, principal: Principal) -> Any:
    """Return an argument as the services take it."""
    match value:
        case SentSearch(order="for-me"):
            return value.request(services.personal.interests(principal))
        case SentSearch():
            return value.request(None)
        case SentIssue():
            return value.request()
    return value


def _call(name: str, result: Any, /, personal: bool = False, **arguments: Any) -> Call:
    service, _, method = name.partition(".")
    codecs = {argument: Codec(type_) for argument, type_ in arguments.items()}
    return Call(service, method, codecs, Codec(result), personal)


CALLS: Mapping[str, Call] = {
    call.name: call
    for call in (
        _call("library.get_paper", Paper, name=Name),
        _call("library.get_provenance", Provenance, name=Name),
        _call("library.get_signals", Sequence[Signal], name=Name),
        _call("library.iter_papers", Sequence[Paper], after=Number),
        _call("search.search", SearchAnswer, request=SentSearch),
        _call("search.explain", Explanation, request=SentSearch, name=Name),
        _call("search.similar", tuple[Hit, ...], name=Name, limit=Limit),
        _call(
            "search.similar_to_text",
            tuple[Hit, ...],
            text=Annotated[str, Field(max_length=MOST_TEXT)],
            limit=Limit,
        ),
        _call(
            "search.explain_similar_to_text",
            Explanation,
            text=Annotated[str, Field(max_length=MOST_TEXT)],
            name=Name,
        ),
        _call("daily.today", dt.date),
        _call("daily.latest_day", dt.date | None),
        _call("daily.get_edition", Edition, name=Name),
        _call("daily.issue", Issue, request=SentIssue),
        _call("daily.trends", Trends, window=Window, edition=Name, section=Name, limit=Limit),
        _call("personal.issue", Issue, personal=True, request=SentIssue),
        _call("personal.for_you", ForYou, personal=True, since=Name, limit=Limit),
        _call("collections.own", Sequence[Collection], personal=True),
        _call("collections.public", Sequence[Collection]),
        _call("collections.papers", Sequence[tuple[Paper, str]], personal=True, collection_id=Name),
        _call("follows.follows", Sequence[Follow], personal=True),
        _call(
            "follows.news",
            FollowNews,
            personal=True,
            since=Name,
            only=Number | None,
            limit=Limit,
        ),
        _call(
            "submissions.submissions",
            Sequence[tuple[Submission, Paper | None]],
            personal=True,
            limit=Limit,
        ),
        _call("admin.status", Status, personal=True),
        _call("sources.statuses", Sequence[SourceStatus], personal=True),
    )
}
