"""Follows of the reader, news from them, and the buttons that change them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from broadsheet.domain.categories import CATEGORIES, section_names
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.follows import FOLLOW_KINDS, LONGEST_SEARCH, FollowNotFoundError
from broadsheet.web.forms import Form, redirect_back, text_of
from broadsheet.web.marks import marks_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_SHOWN = 200
_SPANS = {
    "visit": "Since your last visit",
    "day": "A day",
    "week": "Seven days",
    "month": "Thirty days",
}


@router.api_route("/following", methods=["GET", "HEAD"])
def following_page(request: Request) -> Response:
    """The papers that are new from what the reader follows, and the list of it."""
    return _page(request)


@router.post("/following")
def follow(request: Request, form: Form) -> Response:
    """Follow the fields ``kind`` and ``value``."""
    kind, value = text_of(form, "kind"), text_of(form, "value")
    try:
        services_of(request).follows.follow(principal_of(request), kind, value)
    except InvalidInputError as error:
        return _page(request, str(error), 400, kind, value)
    return redirect_back(form, "/following")


@router.post("/following/remove")
def unfollow(request: Request, form: Form) -> Response:
    """Stop following the field ``number``."""
    services_of(request).follows.unfollow(principal_of(request), _number(text_of(form, "number")))
    return redirect_back(form, "/following")


def _page(
    request: Request, problem: str = "", status: int = 200, kind: str = "author", value: str = ""
) -> Response:
    services, principal = services_of(request), principal_of(request)
    since = request.query_params.get("since", "visit")
    only = request.query_params.get("only", "")
    number = _number(only) if only else None
    news = services.follows.news(principal, since, number, _SHOWN)
    kinds = [each for each in FOLLOW_KINDS if each != "member" or services.accounts.mode != "one"]
    return page(
        request,
        "following.html",
        status,
        {"Cache-Control": "no-store"},
        news=news,
        since=since,
        spans=_SPANS,
        only=number,
        kinds=kinds,
        kind=kind,
        value=value[:LONGEST_SEARCH],
        longest=LONGEST_SEARCH,
        problem=problem,
        suggestions=[*section_names(), *CATEGORIES],
        marks=marks_of(request, [each.paper for each in news.papers]),
        here="Following",
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise FollowNotFoundError
    return int(text)
