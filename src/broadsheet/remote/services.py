"""The services over a RemoteClient: what ``exchange.calls`` names, and words for the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from inspect import signature
from typing import Any, cast

from broadsheet.domain.access import Principal
from broadsheet.domain.collections import CollectionService
from broadsheet.domain.daily import Issue, IssueRequest
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.follows import FollowService
from broadsheet.domain.paper import Paper
from broadsheet.domain.personal import PersonalService
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import (
    AdminService,
    DailyService,
    LibraryService,
    SearchService,
    Services,
    SourceService,
)
from broadsheet.domain.submissions import SubmissionService
from broadsheet.exchange.calls import CALLS, MOST_RESULTS, Call, SentIssue, SentSearch
from broadsheet.remote.client import RemoteClient

_PROTOCOLS: Mapping[str, type] = {
    "library": LibraryService,
    "search": SearchService,
    "daily": DailyService,
    "personal": PersonalService,
    "collections": CollectionService,
    "follows": FollowService,
    "submissions": SubmissionService,
    "admin": AdminService,
    "sources": SourceService,
}
"""The services that have calls; a method without one is refused in words."""


@contextmanager
def open_remote(server: str, token: str, command: str) -> Iterator[Services]:
    """Open the library that ``server`` serves, for a command as the user typed it.

    The token decides who acts; principals that callers pass are not sent. Nothing is sent before
    the first call. Raises InvalidInputError for an address that is none.
    """
    with RemoteClient(server, token) as client:
        parts: dict[str, Any] = {
            each.name: _Service(client, command, each.name) for each in fields(Services)
        }
        parts["library"] = _Library(client, command, "library")
        parts["daily"] = _Daily(client, command, "daily")
        parts["personal"] = _Personal(client, command, "personal")
        yield Services(**parts)


def refuse_remote(command: str, server: str) -> InvalidInputError:
    """The error of a command that needs the library itself."""
    return InvalidInputError(
        f"`{command}` works on the machine that has the library, not through {server}; run it "
        "there, or leave out --server and BROADSHEET_SERVER to use the library here"
    )


class _Service:
    """A service whose methods are calls, with the signatures of its protocol."""

    def __init__(self, client: RemoteClient, command: str, name: str) -> None:
        self._client = client
        self._command = command
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("__"):
            raise AttributeError(method)
        call = CALLS.get(f"{self._name}.{method}")
        if call is None:
            raise refuse_remote(self._command, self._client.server)
        return _method(self._client, call)


def _method(client: RemoteClient, call: Call) -> Callable[..., Any]:
    form = signature(getattr(_PROTOCOLS[call.service], call.method))

    def make(*positional: Any, **named: Any) -> Any:
        # In place of the service itself.
        bound = form.bind(None, *positional, **named)
        bound.apply_defaults()
        arguments = {name: bound.arguments[name] for name in call.arguments}
        return client.make(call, {name: _sent(value) for name, value in arguments.items()})

    return make


def _sent(value: Any) -> Any:
    """An argument as it is sent."""
    match value:
        case SearchRequest():
            return SentSearch.of(value)
        case IssueRequest():
            return SentIssue.of(value)
    return value


class _Library(_Service):
    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        read = _method(self._client, CALLS["library.iter_papers"])
        while papers := read(after):
            yield from papers
            after = papers[-1].key

    def export(self, names: Sequence[str], format_name: str) -> str:
        from broadsheet.export.formats import get_export_format

        read = _method(self._client, CALLS["library.get_paper"])
        return get_export_format(format_name).render(read(name) for name in names)


class _Issues(_Service):
    def _issue(self, *principal: Principal, request: IssueRequest) -> Issue:
        """Read an issue; a page that is larger than an answer, in several answers."""
        read = _method(self._client, CALLS[f"{self._name}.issue"])
        size = request.size
        if size is None or size <= MOST_RESULTS:
            return cast(Issue, read(*principal, request))
        first = (request.page - 1) * size
        page, last = first // MOST_RESULTS + 1, (first + size - 1) // MOST_RESULTS + 1
        issue: Issue = read(*principal, replace(request, page=page, size=MOST_RESULTS))
        stories = list(issue.stories)
        while page < min(last, issue.pages):
            page += 1
            part = read(*principal, replace(request, page=page, size=MOST_RESULTS))
            stories += part.stories
        stories = [each for each in stories if first < each.rank <= first + size]
        pages = max(1, -(-issue.matching // size))
        return replace(issue, stories=stories, page=request.page, pages=pages)


class _Daily(_Issues):
    def issue(self, request: IssueRequest, reader_order: object = None) -> Issue:
        return self._issue(request=request)


class _Personal(_Issues):
    def issue(self, principal: Principal, request: IssueRequest) -> Issue:
        return self._issue(principal, request=request)

    def interests(self, principal: Principal) -> None:
        """The server finds the interests of the order "for-me" itself."""
