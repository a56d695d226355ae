"""Papers similar to a text: a page to paste an abstract or a draft into, and its results."""

from collections.abc import Callable
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.search import Hit
from broadsheet.web.marks import marks_of
from broadsheet.web.render import page, services_of
from broadsheet.web.why import reasons_shown

MAX_TEXT = 20_000
"""Characters of a text; a long introduction has half as many."""
MAX_BODY = 6 * MAX_TEXT + 1_000
"""Bytes of a form: a character can take six once it is written for a form."""
SHOWN = 40
_LEAST = 3
"""Words below which a text says too little; a search is better then."""

router = APIRouter(include_in_schema=False)


@router.api_route("/papers/like", methods=["GET", "HEAD"])
def like_page(request: Request) -> Response:
    """The form; with ``?text=`` filled in and answered, so that a text can be linked to."""
    text = request.query_params.get("text", "")
    return _checked(request, text, _hits_page) if text.strip() else _page(request, "", ())


@router.post("/papers/like")
async def like_answer(request: Request) -> Response:
    """The form as sent."""
    return await _answered(request, _hits_page)


@router.api_route("/papers/like/why", methods=["GET", "HEAD"])
def why_nothing() -> Response:
    """Without a text, as from an address that was kept, there is the form to paste one."""
    return RedirectResponse("/papers/like", 303)


@router.post("/papers/like/why")
async def why_like(request: Request) -> Response:
    """Why the paper ``?id=`` is like the text of the same form."""
    if not request.query_params.get("id", "").strip():
        raise HTTPException(404, "Say which paper is meant: /papers/like/why?id=….")
    return await _answered(request, _why_page)


async def _answered(request: Request, answer: Callable[[Request, str], Response]) -> Response:
    """The form read, here, as it is one field and must stay small, and answered."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return _refused(request, "", _too_long(None), 413)
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    text = fields.get("text", [""])[0]
    # Searching takes a moment: not in the loop that answers everybody.
    return await run_in_threadpool(_checked, request, text, answer)


def _checked(request: Request, text: str, answer: Callable[[Request, str], Response]) -> Response:
    """Return the answer to a text, or the form with the text's problem."""
    text = text.replace("\r\n", "\n").replace("\0", " ").strip()
    if not text:
        return _refused(request, "", "Paste a text first: an abstract, or a page of a draft.")
    if len(text) > MAX_TEXT:
        return _refused(request, text[:MAX_TEXT], _too_long(len(text)), 413)
    if sum(any(map(str.isalnum, word)) for word in text.split()) < _LEAST:
        return _refused(request, text, "That is too short to compare papers with: use the search.")
    try:
        return answer(request, text)
    except InvalidInputError as error:
        return _refused(request, text, str(error))


def _hits_page(request: Request, text: str) -> Response:
    return _page(request, text, services_of(request).search.similar_to_text(text, SHOWN))


def _why_page(request: Request, text: str) -> Response:
    name = request.query_params["id"].strip()
    explanation = services_of(request).search.explain_similar_to_text(text, name)
    return page(
        request, "why.html", text=text, **reasons_shown(explanation, "paper like your text")
    )


def _too_long(length: int | None) -> str:
    has = f"has {length:,} characters" if length else "is too long"
    return (
        f"That text {has}; at most {MAX_TEXT:,} can be compared with. An abstract and an "
        "introduction say enough."
    )


def _refused(request: Request, text: str, problem: str, status: int = 400) -> Response:
    return _page(request, text, (), problem, status)


def _page(
    request: Request, text: str, hits: tuple[Hit, ...], problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "like.html",
        status,
        text=text,
        hits=hits,
        marks=marks_of(request, [hit.paper for hit in hits]),
        problem=problem,
        most=MAX_TEXT,
        library_empty=not hits and services_of(request).daily.latest_day() is None,
    )
