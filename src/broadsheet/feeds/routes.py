"""The addresses of feeds: of issues, editions, trends, searches, collections, members, and the
reader's own.

Each ends with its format: .atom, .rss or .json. Answers carry an entity tag, so that a reader that
asks again gets 304 as long as nothing changed. Feed readers cannot sign in: an access token as
``token`` in the address says whose feed it is.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.domain.access import Principal
from broadsheet.domain.categories import category_name
from broadsheet.domain.comments import Comment
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.paper import Paper
from broadsheet.domain.periods import Period, PeriodKind
from broadsheet.domain.search import SearchRequest
from broadsheet.domain.services import Services
from broadsheet.domain.submissions import Submission
from broadsheet.feeds.formats import FEED_FORMATS, Entry, Feed
from broadsheet.text.latex.plain_text import to_text

router = APIRouter(include_in_schema=False)

_ENTRIES = 50
_PATH_SAFE = "/:()@!$,;=~"


@router.api_route("/feeds/search.{format_name}", methods=["GET", "HEAD"])
def search_feed(
    request: Request, format_name: str, q: Annotated[str, Query(min_length=1, max_length=1000)]
) -> Response:
    """The newest papers that match a search in the query language."""
    answer = _services(request).search.search(SearchRequest(q, limit=_ENTRIES, order="date"))
    entries = [
        _entry(request, hit.paper, "".join(part.text for part in hit.snippet))
        for hit in answer.hits
    ]
    path = f"/papers?{urlencode({'q': q, 'order': 'date'})}"
    return _answer(request, f"Search: {q}", path, entries, format_name)


@router.api_route("/feeds/for-you.{format_name}", methods=["GET", "HEAD"])
def for_you_feed(request: Request, format_name: str) -> Response:
    """The papers of the last week in the order of the reader's interests."""
    answer = _services(request).personal.for_you(_principal(request), "week", _ENTRIES)
    entries = [
        _entry(
            request,
            story.paper,
            story.standfirst,
            "; ".join(reason.words for reason in story.reasons if reason.points > 0),
        )
        for story in answer.stories
    ]
    return _answer(request, "For you", "/for-you", entries, format_name)


@router.api_route("/feeds/following.{format_name}", methods=["GET", "HEAD"])
def following_feed(request: Request, format_name: str) -> Response:
    """The papers of the last week that are new from what the reader follows."""
    news = _services(request).follows.news(_principal(request), "week", limit=_ENTRIES)
    entries = [_entry(request, each.paper, "", "; ".join(each.reasons)) for each in news.papers]
    return _answer(request, "Following", "/following", entries, format_name)


@router.api_route("/feeds/collections/{collection}.{format_name}", methods=["GET", "HEAD"])
def collection_feed(request: Request, collection: str, format_name: str) -> Response:
    """The papers of a collection, the last one first, each with its note."""
    collections, principal = _services(request).collections, _principal(request)
    found = collections.get(principal, collection)
    papers = list(collections.papers(principal, collection))[-_ENTRIES:]
    entries = [_entry(request, paper, note) for paper, note in reversed(papers)]
    path = f"/collections/{quote(found.id)}"
    return _answer(request, found.title, path, entries, format_name)


@router.api_route("/feeds/members/{name}.{format_name}", methods=["GET", "HEAD"])
def member_feed(request: Request, name: str, format_name: str) -> Response:
    """What a member commented on and submitted, the latest first."""
    services = _services(request)
    member = services.members.get(_principal(request), name)
    acts: list[Comment | Submission] = [*member.comments, *member.submissions]
    keys = list({each.paper for each in acts if each.paper is not None})
    papers = {paper.key: paper for paper in services.library.get_papers(keys)}
    latest = sorted(acts, key=lambda each: each.created_at, reverse=True)
    entries = [
        _act_of_member(request, papers[each.paper], each) for each in latest if each.paper in papers
    ]
    path = f"/members/{quote(member.name)}"
    return _answer(request, member.name, path, entries, format_name)


@router.api_route("/feeds/{kind}.{format_name}", methods=["GET", "HEAD"])
def issue_feed(
    request: Request, kind: Literal["day", "week", "month"], format_name: str
) -> Response:
    """The latest issue of the front page."""
    return _issue_feed(request, "front", kind, format_name)


@router.api_route("/feeds/editions/{name}.{format_name}", methods=["GET", "HEAD"])
def edition_feed(
    request: Request,
    name: str,
    format_name: str,
    kind: Literal["day", "week", "month"] = "day",
) -> Response:
    """The latest issue of an edition."""
    return _issue_feed(request, name, kind, format_name)


@router.api_route("/feeds/trending/{window}.{format_name}", methods=["GET", "HEAD"])
def trending_feed(
    request: Request, window: Literal["day", "week", "month"], format_name: str
) -> Response:
    """The trends of a window, with the evidence for each paper."""
    trends = _services(request).daily.trends(window, limit=_ENTRIES)
    entries = [
        _entry(request, story.paper, story.standfirst, "; ".join(story.reasons))
        for story in trends.stories
    ]
    path, title = f"/papers/trending?window={window}", f"Trending this {window}"
    return _answer(request, title, path, entries, format_name, _hub(request))


def _issue_feed(request: Request, name: str, kind: PeriodKind, format_name: str) -> Response:
    daily = _services(request).daily
    edition = daily.get_edition(name)
    period = Period.containing(kind, daily.latest_day() or daily.today())
    issue = daily.issue(IssueRequest(period, name, order=edition.order, size=_ENTRIES))
    entries = [
        _entry(
            request,
            story.paper,
            story.standfirst,
            "; ".join(reason.words for reason in story.reasons if reason.points > 0),
        )
        for story in issue.stories
    ]
    path = f"/e/{quote(name)}" if name != "front" else "/"
    title = f"{edition.title}, {period}"
    # The hub knows the feed of an edition by its address without parameters.
    hub = "" if request.url.query else _hub(request)
    return _answer(request, title, path, entries, format_name, hub)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def _act_of_member(request: Request, paper: Paper, act: Comment | Submission) -> Entry:
    if isinstance(act, Comment):
        entry, place = _entry(request, paper, act.text), f"comment-{act.id}"
    else:
        entry, place = _entry(request, paper, act.note, "submitted"), f"submission-{act.number}"
    return replace(entry, address=f"{entry.address}#{place}", updated=act.created_at)


def _entry(request: Request, paper: Paper, standfirst: str, reason: str = "") -> Entry:
    name = quote(paper.id.removeprefix("arxiv:"), safe=_PATH_SAFE)
    day = paper.listed.exact()
    listed = dt.datetime.combine(day, dt.time(), dt.UTC) if day else paper.added_at
    return Entry(
        address=f"{_root(request)}/papers/{name}",
        title=to_text(paper.title),
        standfirst=standfirst,
        abstract=to_text(paper.abstract),
        authors=[author.name for author in paper.authors],
        categories=[category_name(category) for category in paper.categories],
        updated=listed,
        reason=reason,
    )


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _hub(request: Request) -> str:
    hub: str = request.app.state.websub_hub
    return hub


def _answer(
    request: Request,
    title: str,
    path: str,
    entries: Sequence[Entry],
    format_name: str,
    hub: str = "",
) -> Response:
    feed_format = FEED_FORMATS.get(format_name)
    if feed_format is None:
        raise HTTPException(
            404, f"Feeds end with {', '.join('.' + name for name in FEED_FORMATS)}."
        )
    newest = max(
        (entry.updated for entry in entries), default=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    )
    name = str(request.url.remove_query_params("token"))
    feed = Feed(title, name, _root(request) + path, str(request.url), entries, newest, hub)
    body = feed_format.render(feed).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"Cache-Control": "private, max-age=300", "ETag": f"W/{tag}"}
    if hub:
        headers["Link"] = f'<{hub}>; rel="hub", <{feed.address}>; rel="self"'
    # Compared weakly (RFC 9110, 13.1.2).
    tags = request.headers.get("if-none-match", "").split(",")
    if {each.strip().removeprefix("W/") for each in tags} & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=f"{feed_format.media_type}; charset=utf-8")
