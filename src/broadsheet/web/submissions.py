"""Submitting papers, and featuring them."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import is_allowed
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.submissions import (
    LONGEST_ADDRESS,
    LONGEST_NOTE,
    SubmissionNotFoundError,
    TooManySubmissionsError,
)
from broadsheet.web.forms import Form, redirect_back, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)


@router.api_route("/submissions", methods=["GET", "HEAD"])
def submissions_page(request: Request) -> Response:
    """What was submitted, and for members the form to submit, filled in with ``?address=``."""
    return _page(request, address=request.query_params.get("address", ""))


@router.post("/submissions")
def submit(request: Request, form: Form) -> Response:
    """Submit the paper of the field ``address`` with a ``note``."""
    address, note = text_of(form, "address"), text_of(form, "note")
    try:
        services_of(request).submissions.submit(principal_of(request), address, note)
    except (InvalidInputError, TooManySubmissionsError) as error:
        status = 429 if isinstance(error, TooManySubmissionsError) else 400
        return _page(request, str(error), status, address, note)
    return _to_list()


@router.post("/submissions/{number}/fetch")
def fetch(request: Request, number: str, form: Form) -> Response:
    """Try again to fetch the paper."""
    services_of(request).submissions.fetch(principal_of(request), _number(number))
    return _to_list()


@router.post("/submissions/{number}/resolve")
def resolve(request: Request, number: str, form: Form) -> Response:
    """Say, as a curator, which paper of the library is meant: the field ``paper``."""
    try:
        services_of(request).submissions.resolve(
            principal_of(request), _number(number), text_of(form, "paper")
        )
    except (InvalidInputError, PaperNotFoundError) as error:
        return _page(request, str(error), 400)
    return _to_list()


@router.post("/submissions/{number}/remove")
def remove(request: Request, number: str, form: Form) -> Response:
    """Delete a submission of one's own, or take one off as a curator with a ``reason``."""
    try:
        services_of(request).submissions.remove(
            principal_of(request), _number(number), text_of(form, "reason")
        )
    except InvalidInputError as error:
        return _page(request, str(error), 400)
    return _to_list()


@router.post("/features")
def feature(request: Request, form: Form) -> Response:
    """Feature the paper of the field ``paper``: ``do`` is feature, up, down or remove."""
    submissions, principal = services_of(request).submissions, principal_of(request)
    name, do = text_of(form, "paper"), text_of(form, "do")
    if do == "feature":
        submissions.feature(principal, name, text_of(form, "reason"))
    elif do == "remove":
        submissions.remove_feature(principal, name)
    elif do in ("up", "down"):
        submissions.move_feature(principal, name, -1 if do == "up" else 1)
    else:
        raise InvalidInputError("say what to do: feature, up, down or remove")
    return redirect_back(form, "/e/featured")


def _page(
    request: Request, problem: str = "", status: int = 200, address: str = "", note: str = ""
) -> Response:
    principal = principal_of(request)
    return page(
        request,
        "submissions.html",
        status,
        {"Cache-Control": "no-store"},
        submissions=services_of(request).submissions.submissions(principal),
        can_submit=is_allowed(principal, "contribute"),
        curates=is_allowed(principal, "curate"),
        problem=problem,
        address_given=address[:LONGEST_ADDRESS],
        note=note[:LONGEST_NOTE],
        longest_address=LONGEST_ADDRESS,
        longest_note=LONGEST_NOTE,
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise SubmissionNotFoundError
    return int(text)


def _to_list() -> Response:
    return RedirectResponse("/submissions", 303, {"Cache-Control": "no-store"})
