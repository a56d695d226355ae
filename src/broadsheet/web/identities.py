"""Signing in with accounts elsewhere (OpenID Connect), and linking them."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.accounts import LinkNotFoundError, SignInError
from broadsheet.domain.errors import ForbiddenError, InvalidInputError
from broadsheet.domain.identities import Begun, IdentityError, IdentityUnknownError
from broadsheet.web.accounts import (
    account_page,
    is_secure,
    require_accounts,
    sign_in_form,
    with_session,
)
from broadsheet.web.forms import Form, own_path, text_of
from broadsheet.web.principal import principal_of, session_of
from broadsheet.web.render import page, services_of

router = APIRouter(include_in_schema=False)

_FLOW_SECONDS = 600


@router.get("/sign-in/with/{name}")
def begin(request: Request, name: str) -> Response:
    """Go to a provider to sign in, or to make an account by an invitation."""
    require_accounts(request)
    there = own_path(request.query_params.get("next", ""))
    invitation = request.query_params.get("invitation", "")[:100]
    try:
        begun = services_of(request).identities.begin(name, there, invitation)
    except IdentityError as error:
        return sign_in_form(request, there, problem=str(error), status=503)
    return _keep(request, begun, RedirectResponse(begun.address, 303, _no_store()))


@router.get("/sign-in/with/{name}/callback")
def finish(request: Request, name: str) -> Response:
    """Come back from a provider: sign in, make the account, or link it."""
    require_accounts(request)
    services, flow = services_of(request), request.cookies.get(_cookie(request), "")
    try:
        finished = services.identities.finish(
            name,
            dict(request.query_params),
            flow,
            principal_of(request),
            request.headers.get("user-agent", ""),
        )
    except (IdentityError, IdentityUnknownError, SignInError, LinkNotFoundError) as error:
        status = {"forbidden": 403, "not_found": 404}.get(error.code, 401)
        response = _refusal(request, str(error), status)
    except (ForbiddenError, InvalidInputError) as error:
        response = _refusal(request, str(error), 403)
    else:
        there = own_path(finished.there)
        response = (
            with_session(request, finished.signed_in, there)
            if finished.signed_in
            else RedirectResponse(there, 303, _no_store())
        )
    response.delete_cookie(_cookie(request), path="/", secure=is_secure(request), httponly=True)
    return response


@router.post("/account/identities/remove")
def unlink(request: Request, form: Form) -> Response:
    """Unlink one of one's own accounts elsewhere."""
    try:
        services_of(request).identities.unlink(
            principal_of(request), text_of(form, "issuer"), text_of(form, "subject")
        )
    except InvalidInputError as error:
        return account_page(request, problem=str(error), status=400)
    return RedirectResponse("/account", 303, _no_store())


@router.post("/account/identities/{name}")
def link(request: Request, name: str, form: Form) -> Response:
    """Begin to link an account elsewhere: a page with the way there."""
    identities = services_of(request).identities
    try:
        begun = identities.begin(name, "/account", principal=principal_of(request))
    except IdentityError as error:
        return account_page(request, problem=str(error), status=503)
    label = next(each.label for each in identities.providers() if each.name == name)
    # Not a redirect: the content security policy lets forms lead to this site only.
    shown = page(
        request, "identity_link.html", headers=_no_store(), address=begun.address, label=label
    )
    return _keep(request, begun, shown)


def _refusal(request: Request, problem: str, status: int) -> Response:
    if session_of(request):
        return account_page(request, problem=problem, status=status)
    return sign_in_form(request, "/", problem=problem, status=status)


def _keep(request: Request, begun: Begun, response: Response) -> Response:
    """Let the browser keep the values against which the answer of the provider is checked."""
    response.set_cookie(
        _cookie(request),
        begun.flow,
        max_age=_FLOW_SECONDS,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


def _cookie(request: Request) -> str:
    return "__Host-broadsheet-flow" if is_secure(request) else "broadsheet-flow"


def _no_store() -> dict[str, str]:
    return {"Cache-Control": "no-store"}
