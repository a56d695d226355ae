"""Signing in and out, invitations, and the page of one's own account."""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.domain.access import ROLES, is_allowed, require
from broadsheet.domain.accounts import (
    LINK_MINUTES,
    LONGEST_NAME,
    LONGEST_PASSWORD,
    SCOPES,
    SHORTEST_PASSWORD,
    AccessToken,
    SignedIn,
    SignInError,
    TooManyAttemptsError,
    check_role,
)
from broadsheet.domain.errors import InvalidInputError
from broadsheet.web.forms import Form, own_path, redirect_back, text_of
from broadsheet.web.principal import cookie_name, principal_of, session_of
from broadsheet.web.render import page, root_of, services_of

router = APIRouter(include_in_schema=False)

_COOKIE_DAYS = 60
_SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Headers of pages whose address is a secret."""


@router.api_route("/sign-in", methods=["GET", "HEAD"])
def sign_in_page(request: Request) -> Response:
    """The form to sign in."""
    require_accounts(request)
    there = own_path(request.query_params.get("next", ""))
    if session_of(request):
        return RedirectResponse(there, 303, {"Cache-Control": "no-store"})
    return sign_in_form(request, there)


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Start a new session; one that the browser had before ends."""
    require_accounts(request)
    there = own_path(text_of(form, "next"))
    password = form.get("password")
    try:
        signed_in = services_of(request).accounts.sign_in(
            text_of(form, "name"),
            password if isinstance(password, str) else "",
            _client(request),
            request.headers.get("user-agent", ""),
        )
    except (SignInError, TooManyAttemptsError) as error:
        status = 429 if isinstance(error, TooManyAttemptsError) else 401
        return sign_in_form(request, there, text_of(form, "name")[:100], str(error), status)
    return with_session(request, signed_in, there)


@router.post("/sign-in/link")
def request_link(request: Request, form: Form) -> Response:
    """Mail a link that signs in; the answer is the same whether there is such an account."""
    require_accounts(request)
    try:
        services_of(request).accounts.request_link(text_of(form, "name")[:320], _client(request))
    except TooManyAttemptsError as error:
        return sign_in_form(request, "/", text_of(form, "name")[:100], str(error), 429)
    return page(request, "sign_in_sent.html", headers=_SECRET, minutes=LINK_MINUTES)


@router.api_route("/sign-in/link/{token}", methods=["GET", "HEAD"])
def link_page(request: Request, token: str) -> Response:
    """The button to sign in by a link. Programs that look into mail do not press it."""
    require_accounts(request)
    account = services_of(request).accounts.find_link(token)
    return page(request, "sign_in_link.html", headers=_SECRET, name=account.name, token=token)


@router.post("/sign-in/link/{token}")
def sign_in_by_link(request: Request, token: str, form: Form) -> Response:
    """Sign in by a link, which works once."""
    require_accounts(request)
    agent = request.headers.get("user-agent", "")
    return with_session(request, services_of(request).accounts.sign_in_by_link(token, agent), "/")


@router.post("/sign-out")
def sign_out(request: Request, form: Form) -> Response:
    """End the session."""
    cookie = _cookie(request)
    if token := request.cookies.get(cookie):
        services_of(request).accounts.sign_out(token)
    response = RedirectResponse(
        "/", 303, {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'}
    )
    response.delete_cookie(cookie, path="/", secure=is_secure(request), httponly=True)
    return response


@router.api_route("/invitations/{token}", methods=["GET", "HEAD"])
def invitation_page(request: Request, token: str) -> Response:
    """The form to make an account by an invitation."""
    require_accounts(request)
    return _invitation_form(request, token, services_of(request).accounts.find_invitation(token))


@router.post("/invitations/{token}")
def accept_invitation(request: Request, token: str, form: Form) -> Response:
    """Make the account and sign in."""
    require_accounts(request)
    accounts = services_of(request).accounts
    role = accounts.find_invitation(token)
    password = form.get("password")
    try:
        signed_in = accounts.accept_invitation(
            token,
            text_of(form, "name"),
            password if isinstance(password, str) else "",
            text_of(form, "address"),
            request.headers.get("user-agent", ""),
        )
    except InvalidInputError as error:
        return _invitation_form(request, token, role, form_values(form), str(error), 400)
    return with_session(request, signed_in, "/")


@router.api_route("/account", methods=["GET", "HEAD"])
def show_account(request: Request) -> Response:
    """One's own sessions and access tokens, and for owners all accounts."""
    return account_page(request)


@router.post("/account/password")
def change_password(request: Request, form: Form) -> Response:
    """Change the password; all other sessions end."""
    session = session_of(request)
    old, new = form.get("old"), form.get("new")
    try:
        services_of(request).accounts.change_password(
            principal_of(request),
            old if isinstance(old, str) else "",
            new if isinstance(new, str) else "",
            _client(request),
            session.id if session else "",
        )
    except (InvalidInputError, SignInError) as error:
        problem = "your old password is another" if isinstance(error, SignInError) else str(error)
        return account_page(request, problem=problem, status=400)
    return account_page(request, note="Your password is changed; all other sessions have ended.")


@router.post("/account/address")
def request_address(request: Request, form: Form) -> Response:
    """Mail a link that confirms a new address of one's own."""
    try:
        address = services_of(request).accounts.request_address(
            principal_of(request), text_of(form, "address")
        )
    except InvalidInputError as error:
        return account_page(request, problem=str(error), status=400)
    except TooManyAttemptsError as error:
        return account_page(request, problem=str(error), status=429)
    return account_page(request, note=f"A link to confirm {address} is on its way.")


@router.api_route("/account/address/{token}", methods=["GET", "HEAD"])
def address_page(request: Request, token: str) -> Response:
    """The button to confirm an address by a link."""
    require(principal_of(request), "keep_personal")
    return page(request, "address_link.html", headers=_SECRET, token=token)


@router.post("/account/address/{token}")
def confirm_address(request: Request, token: str, form: Form) -> Response:
    """Confirm the address of a link."""
    try:
        address = services_of(request).accounts.confirm_address(principal_of(request), token)
    except InvalidInputError as error:
        return account_page(request, problem=str(error), status=400)
    return account_page(request, note=f"Your address is {address}.")


@router.post("/account/sessions/end")
def end_session(request: Request, form: Form) -> Response:
    """End one of one's own sessions."""
    services_of(request).accounts.end_session(principal_of(request), text_of(form, "session"))
    return redirect_back(form, "/account")


@router.post("/account/tokens")
def create_token(request: Request, form: Form) -> Response:
    """Make an access token and show it once."""
    scopes = [scope for scope in form.getlist("scope") if isinstance(scope, str)]
    try:
        created = services_of(request).accounts.create_token(
            principal_of(request), text_of(form, "name"), scopes
        )
    except InvalidInputError as error:
        return account_page(request, problem=str(error), status=400)
    return account_page(request, created=created, status=201)


@router.post("/account/tokens/remove")
def remove_token(request: Request, form: Form) -> Response:
    """Remove one of one's own access tokens."""
    services_of(request).accounts.remove_token(principal_of(request), text_of(form, "token"))
    return redirect_back(form, "/account")


@router.post("/account/delete")
def delete_account(request: Request, form: Form) -> Response:
    """Delete one's own account, if its name is typed as confirmation."""
    principal = principal_of(request)
    if text_of(form, "name") != principal.name:
        return account_page(request, problem="type your name exactly to delete", status=400)
    try:
        services_of(request).accounts.delete(principal, principal.name)
    except InvalidInputError as error:
        return account_page(request, problem=str(error), status=400)
    response = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    response.delete_cookie(_cookie(request), path="/", secure=is_secure(request), httponly=True)
    return response


@router.post("/account/invite")
def invite(request: Request, form: Form) -> Response:
    """Make an invitation, as an owner, and show its link once."""
    role = check_role(text_of(form, "role", "member"))
    token = services_of(request).accounts.invite(principal_of(request), role)
    base = root_of(request)
    return account_page(request, invitation=f"{base}/invitations/{token}", status=201)


def form_values(form: Form) -> dict[str, str]:
    """Fields to fill a form with again; never a password."""
    return {name: text_of(form, name)[:320] for name in ("name", "address")}


def account_page(
    request: Request,
    status: int = 200,
    problem: str = "",
    note: str = "",
    created: tuple[AccessToken, str] | None = None,
    invitation: str = "",
) -> Response:
    accounts, principal = services_of(request).accounts, principal_of(request)
    manages = is_allowed(principal, "manage_accounts")
    providers = services_of(request).identities.providers() if session_of(request) else ()
    identities = services_of(request).identities.own(principal) if providers else ()
    return page(
        request,
        "account.html",
        status,
        headers={"Cache-Control": "no-store"},
        sessions=accounts.sessions(principal),
        this_session=session_of(request),
        tokens=accounts.tokens(principal),
        providers=providers,
        identities=identities,
        own_account=accounts.own(principal) if accounts.sends_mail else None,
        accounts=accounts.accounts(principal) if manages else (),
        manages=manages,
        roles=ROLES[1:],
        scopes=SCOPES,
        problem=problem,
        note=note,
        created=created,
        invitation=invitation,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )


def sign_in_form(
    request: Request, there: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "sign_in.html",
        status,
        {"Cache-Control": "no-store"},
        sends_mail=services_of(request).accounts.sends_mail,
        providers=services_of(request).identities.providers(),
        there=there,
        name=name,
        problem=problem,
        longest=LONGEST_PASSWORD,
    )


def _invitation_form(
    request: Request,
    token: str,
    role: str,
    values: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return page(
        request,
        "invitation.html",
        status,
        headers=_SECRET,
        token=token,
        role=role,
        providers=[
            each for each in services_of(request).identities.providers() if each.create != "none"
        ],
        values=values or {"name": "", "address": ""},
        problem=problem,
        longest_name=LONGEST_NAME,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )


def with_session(request: Request, signed_in: SignedIn, there: str) -> Response:
    """Go on with a new session's cookie. An earlier session of this browser ends."""
    cookie = _cookie(request)
    if earlier := request.cookies.get(cookie):
        services_of(request).accounts.sign_out(earlier)
    response = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        cookie,
        signed_in.token,
        max_age=_COOKIE_DAYS * 24 * 3600,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


def require_accounts(request: Request) -> None:
    if services_of(request).accounts.mode == "one":
        raise HTTPException(404, "This library is run by one person, who need not sign in.")


def is_secure(request: Request) -> bool:
    secure: bool = request.app.state.site.secure
    return secure


def _cookie(request: Request) -> str:
    return cookie_name(is_secure(request))


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
