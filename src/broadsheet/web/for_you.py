"""The reader's own ranking: its papers, its beginning, and its learned parts."""

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, RedirectResponse, Response

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.personal import (
    DECISIONS,
    EXPLORATION,
    EXPLORATION_NAME,
    LONGEST_NAME,
    LONGEST_TEXT,
    WEIGHTS,
    AddedLikes,
    Profile,
)
from broadsheet.web.forms import Form, FormWithFile, file_of, text_of
from broadsheet.web.marks import marks_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_SHOWN = 50
_CHOICES = 20
"""Papers to choose from at the beginning."""


@router.api_route("/for-you", methods=["GET", "HEAD"])
def for_you_page(request: Request) -> Response:
    """The papers of a day, of the week or since a date, in the order of the reader's interests."""
    since = _since(request.query_params)
    answer = services_of(request).personal.for_you(principal_of(request), since, _SHOWN)
    if not answer.likes:
        return _start_page(request)
    return page(
        request,
        "for_you.html",
        here="For you",
        answer=answer,
        since=since,
        marks=marks_of(request, [story.paper for story in answer.stories]),
    )


@router.api_route("/for-you/start", methods=["GET", "HEAD"])
def start_page(request: Request) -> Response:
    """Ways to state one's interests."""
    return _start_page(request)


@router.post("/for-you/likes")
def add_likes(request: Request, form: FormWithFile) -> Response:
    """Like the papers of the field ``text``, of the file ``file``, or of the author ``author``."""
    personal, principal = services_of(request).personal, principal_of(request)
    name, content = file_of(form, "file")
    try:
        if author := text_of(form, "author"):
            added = personal.add_author(principal, author)
        elif content:
            added = personal.add_file(principal, name, content)
        else:
            added = personal.add_text(principal, text_of(form, "text"))
    except InvalidInputError as error:
        return _start_page(request, str(error), 400, text_of(form, "text"), text_of(form, "author"))
    if added.missing:
        return _start_page(request, added=added)
    return RedirectResponse("/for-you", 303, {"Cache-Control": "no-store"})


@router.api_route("/for-you/profile", methods=["GET", "HEAD"])
def profile_page(request: Request) -> Response:
    """What the ranking has learned, in parts that can be changed."""
    return _profile_page(request)


@router.api_route("/for-you/profile.json", methods=["GET", "HEAD"])
def profile_file(request: Request) -> Response:
    """The same as a file."""
    profile = services_of(request).personal.profile(principal_of(request))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="broadsheet-profile.json"',
    }
    return JSONResponse(profile_object(profile), headers=headers)


@router.post("/for-you/profile")
def change_profile(request: Request, form: Form) -> Response:
    """Decide on a term or author, remove a text, or begin anew: the form's ``do``."""
    personal, principal = services_of(request).personal, principal_of(request)
    do = text_of(form, "do")
    try:
        if do == "reset":
            personal.reset(principal)
        elif do == "remove-text":
            number = text_of(form, "number")
            if not number.isdecimal() or not number.isascii() or len(number) > 15:
                raise InvalidInputError("say which text: its number")
            personal.remove_text(principal, int(number))
        elif do == "explore":
            share = text_of(form, "share")
            personal.edit(principal, "exploration", EXPLORATION_NAME, share)
        elif do in ("muted", "pinned", "unwanted", "undecided"):
            decision = "" if do == "undecided" else do
            personal.edit(principal, text_of(form, "kind"), text_of(form, "name"), decision)
        else:
            raise InvalidInputError(
                "say what to do: muted, pinned, unwanted, undecided, explore, remove-text or reset"
            )
    except InvalidInputError as error:
        return _profile_page(request, str(error), 400)
    return RedirectResponse("/for-you/profile", 303, {"Cache-Control": "no-store"})


def profile_object(profile: Profile) -> dict[str, object]:
    """A profile as JSON values."""
    return {
        "likes": profile.likes,
        "dislikes": profile.dislikes,
        "exploration": profile.exploration,
        "weights_of_marks": dict(WEIGHTS),
        "terms": [
            {"term": each.name, "weight": round(each.weight, 4), "decision": each.decision}
            for each in profile.terms
        ],
        "papers": [
            {
                "id": each.paper.id,
                "title": each.paper.title,
                "weight": each.weight,
                "influence": round(each.influence, 4),
                "marks": sorted(each.marks),
                "in_collection": each.collected,
            }
            for each in profile.papers
        ],
        "texts": [{"title": each.title, "text": each.text} for each in profile.texts],
        "authors": [
            {"name": each.name, "liked_papers": each.liked_papers, "decision": each.decision}
            for each in profile.authors
        ],
        "interests": [
            {"papers": each.papers, "terms": list(each.terms)} for each in profile.interests
        ],
    }


def _since(parameters: QueryParams) -> str:
    return parameters.get("since", "").strip()[:20] or "day"


def _start_page(
    request: Request,
    problem: str = "",
    status: int = 200,
    text: str = "",
    author: str = "",
    added: AddedLikes | None = None,
) -> Response:
    personal, principal = services_of(request).personal, principal_of(request)
    choices = personal.informative_papers(principal, _CHOICES)
    return page(
        request,
        "for_you_start.html",
        status,
        here="For you",
        problem=problem,
        text=text,
        author=author,
        added=added,
        choices=choices,
        marks=marks_of(request, choices),
        longest_text=LONGEST_TEXT,
        longest_name=LONGEST_NAME,
    )


def _profile_page(request: Request, problem: str = "", status: int = 200) -> Response:
    profile = services_of(request).personal.profile(principal_of(request))
    return page(
        request,
        "for_you_profile.html",
        status,
        here="For you",
        profile=profile,
        decisions=DECISIONS,
        shares=tuple(EXPLORATION),
        problem=problem,
        longest_name=LONGEST_NAME,
    )
