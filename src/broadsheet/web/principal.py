"""Who acts in a request: found once, before any page, from the cookie or an access token."""

import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.domain.access import ANONYMOUS, OWNER, Principal
from broadsheet.domain.accounts import TOKEN_PREFIX, AccountService, Session
from broadsheet.web.guard import is_reading

Refuse = Callable[[Request, int, str], Response]
"""Composes the page of an error from its status and plain words."""

# Pages that a visitor of a private service needs to sign in, and those of signed links.
_OPEN_PATHS = (
    "/sign-in",
    "/invitations/",
    "/static/",
    "/favicon.ico",
    "/robots.txt",
    "/manifest.webmanifest",
    "/healthz",
    "/readyz",
    "/metrics",
    "/digest/confirm/",
    "/digest/unsubscribe/",
    "/digest/change/",
    "/digest/read/",
)


def principal_of(request: Request) -> Principal:
    """Return the acting principal; anonymous if the request was refused before it was known."""
    principal: Principal = getattr(request.state, "principal", ANONYMOUS)
    return principal


def session_of(request: Request) -> Session | None:
    """Return the session of the browser that asks, if it is signed in."""
    session: Session | None = getattr(request.state, "session", None)
    return session


def form_token_of(request: Request) -> str:
    """Return the token that forms of this session carry; "" without a session.

    It follows from the cookie's token, which no other site can read (synchroniser token,
    OWASP Cross-Site Request Forgery Prevention Cheat Sheet).
    """
    token: str = getattr(request.state, "session_token", "")
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest() if token else ""


def cookie_name(secure: bool) -> str:
    """Name of the session's cookie. The prefix binds it to this host and to https."""
    return "__Host-broadsheet" if secure else "broadsheet-session"


class PrincipalMiddleware:
    """Finds the principal; a private service sends visitors to the page to sign in."""

    def __init__(
        self, app: ASGIApp, accounts: AccountService, secure: bool, refuse: Refuse
    ) -> None:
        self.app = app
        self.accounts = accounts
        self.cookie = cookie_name(secure)
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if refusal := await self._identify(request):
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _identify(self, request: Request) -> Response | None:
        """Set the principal; the answer to a request that goes no further, else None."""
        request.state.principal = OWNER if self.accounts.mode == "one" else ANONYMOUS
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        of_feed = request.query_params.get("token", "") if _is_feed(request) else ""
        if of_feed:
            kind, secret = "bearer", of_feed
        foreign = not secret.strip().startswith(TOKEN_PREFIX) and is_reading(request)
        # Clients of other services send the tokens of those to every address that they read.
        if kind.lower() == "bearer" and secret and not foreign:
            match = await run_in_threadpool(self.accounts.find_token, secret.strip())
            if match is None:
                words = "This access token is unknown, has expired or was removed."
                return self.refuse(request, 401, words)
            token, request.state.principal = match
            if "feeds" in token.scopes and len(token.scopes) == 1 and not _is_feed(request):
                return self.refuse(request, 403, "This access token permits reading feeds only.")
            if of_feed and "feeds" not in token.scopes:
                words = (
                    "Addresses of feeds need a token with the scope “feeds”: they are easily seen."
                )
                return self.refuse(request, 403, words)
            if not is_reading(request) and "write" not in token.scopes:
                words = "This access token permits reading only; make one with the scope “write”."
                return self.refuse(request, 403, words)
            return None
        if self.accounts.mode == "one":
            return None
        if cookie := request.cookies.get(self.cookie):
            session = await run_in_threadpool(self.accounts.find_session, cookie)
            if session is not None:
                request.state.session, request.state.principal = session
                request.state.session_token = cookie
        anonymous = request.state.principal == ANONYMOUS
        if self.accounts.mode == "private" and anonymous and not _is_open(request.url.path):
            return _send_to_sign_in(request, self.refuse)
        return None


def _is_feed(request: Request) -> bool:
    return request.url.path.startswith("/feeds/")


def _is_open(path: str) -> bool:
    return any(
        path == open_path
        or path.startswith(open_path if open_path.endswith("/") else open_path + "/")
        for open_path in _OPEN_PATHS
    )


def _send_to_sign_in(request: Request, refuse: Refuse) -> Response:
    if not is_reading(request) or "text/html" not in request.headers.get("accept", ""):
        return refuse(request, 401, "This service is for its members. Sign in first.")
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(
        f"/sign-in?next={quote(there, safe='/')}", 303, {"Cache-Control": "no-store"}
    )
