"""Errors as pages in the paper's own dress; a traceback goes to the log only."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from broadsheet.domain.errors import BroadsheetError, ErrorCode, PaperNotFoundError
from broadsheet.web.headers import SECURITY_HEADERS
from broadsheet.web.reference import NativeApi
from broadsheet.web.render import page

STATUS_BY_CODE: Mapping[ErrorCode, int] = {
    "invalid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_many": 429,
    "unavailable": 503,
    "internal": 500,
}

_TITLES = {
    400: "That cannot be read",
    401: "Sign in first",
    403: "Not open to you",
    404: "Not in this paper",
    405: "Not done this way",
    409: "Something does not fit",
    421: "Not at this address",
    429: "Too often",
    500: "Something broke in the print room",
    503: "The library cannot answer just now",
}

_WORDS = {
    404: "There is no page at this address.",
    405: "Pages here are read, not written to.",
    500: "The error has been logged. Going back and trying again does no harm.",
}


def install_error_pages(app: FastAPI) -> None:
    """Answer every error the application can raise with a page."""
    app.add_exception_handler(BroadsheetError, _expected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(ClientDisconnect, _reader_left)
    app.add_exception_handler(Exception, _unexpected)


def compose_error_page(
    request: Request, status: int, words: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as a page, in plain words; below /api, which programs read, as a problem of the
    native API. Errors that a route below /api knows itself have the form of its protocol."""
    native: NativeApi | None = request.app.state.native
    if native and request.url.path.startswith("/api/"):
        return native.compose_error(request, status, words, headers)
    title = _TITLES.get(status, "This did not work")
    words = words or _WORDS.get(status, "")
    return page(
        request, "error.html", status, dict(headers or {}), title=title, words=words, code=status
    )


def _expected(request: Request, error: Exception) -> Response:
    status = STATUS_BY_CODE[cast(BroadsheetError, error).code]
    if isinstance(error, PaperNotFoundError):
        return compose_error_page(
            request, status, f"This library has no paper called “{error.wanted[:200]}”."
        )
    headers = {"Retry-After": "30"} if status == 503 else {}
    if status == 429:
        headers = {"Retry-After": "900"}
    return compose_error_page(request, status, str(error), headers)


def _http(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    # Without words, Starlette fills in the bare status phrase.
    own_words = error.detail if error.detail.endswith(".") else ""
    return compose_error_page(request, error.status_code, own_words, error.headers)


def _malformed(request: Request, error: Exception) -> Response:
    return compose_error_page(request, 400, "The address holds something that cannot be read.")


def _reader_left(request: Request, error: Exception) -> Response:
    """Nobody receives this answer: a tab was closed while its form was being sent."""
    return Response(status_code=400)


def _unexpected(request: Request, error: Exception) -> Response:
    # Answered outside the middleware that adds these headers elsewhere.
    return compose_error_page(request, 500, "", SECURITY_HEADERS)
