"""Papers chosen for export: of a search, an issue or a collection. In constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from broadsheet.domain.access import Principal
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period
from broadsheet.domain.search import Mode, Order, SearchRequest
from broadsheet.domain.services import DailyService, SearchService, Services

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Names the papers to export by one of ``collection``, ``period`` and ``query``."""

    collection: str = ""
    """Its id."""
    period: str = ""
    """A day, week, month or year, as "2026-06-02"; narrowed by the four fields below."""
    edition: str = "front"
    field: str = ""
    source: str = ""
    has_code: bool = False
    query: str = ""
    """In the query language; in this mode and order."""
    mode: Mode = "hybrid"
    order: Order = "relevance"


def choose_papers(
    services: Services, principal: Principal, choice: Choice, limit: int
) -> tuple[Iterable[Paper], str]:
    """Return the chosen papers, of a search ``limit`` at most, and a title for them.

    Raises InvalidInputError unless one thing is named, and as the services do.
    """
    if (choice.collection, choice.period, choice.query).count("") != 2:
        raise InvalidInputError("name the papers by one of: a query, a period, a collection")
    if choice.collection:
        entries = services.collections.papers(principal, choice.collection)
        title = services.collections.get(principal, choice.collection).title
        return [paper for paper, _ in entries], title
    if choice.period:
        request = IssueRequest(
            Period.read(choice.period),
            choice.edition,
            section=choice.field,
            source=choice.source,
            has_code=choice.has_code,
        )
        services.daily.get_edition(choice.edition)
        return iter_issue(services.daily, request), f"{choice.edition} {request.period}"
    search = SearchRequest(choice.query, limit, mode=choice.mode, order=choice.order)
    if choice.order == "for-me":
        search = replace(search, reader=services.personal.interests(principal))
    return iter_matches(services.search, search), choice.query


def iter_matches(search: SearchService, request: SearchRequest) -> Iterator[Paper]:
    """Yield the results of a search in their order, ``request.limit`` at most.

    An order by relevance ends where the ranking ends; an order by date and a search by filters
    alone go through all matches.
    """
    first, left = request.offset, request.limit
    while left > 0:
        size = min(_AT_ONCE, left)
        hits = search.search(replace(request, offset=first, limit=size)).hits
        for hit in hits:
            yield hit.paper
        if len(hits) < size:
            return
        first, left = first + size, left - size


def iter_issue(daily: DailyService, request: IssueRequest) -> Iterator[Paper]:
    """Yield all papers of an issue in its order, those that are folded into a story after it."""
    order = request.order or daily.get_edition(request.edition).order
    page, pages = 1, 1
    while page <= pages:
        issue = daily.issue(replace(request, order=order, page=page, size=_AT_ONCE))
        for story in issue.stories:
            yield story.paper
            yield from story.alike
        page, pages = page + 1, issue.pages
