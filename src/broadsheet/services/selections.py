"""Papers chosen for export: all matches of a search, all papers of an issue. Constant memory."""

from collections.abc import Iterator
from dataclasses import replace

from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.paper import Paper
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import DailyService, SearchService

_AT_ONCE = 200


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
