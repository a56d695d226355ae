"""Errors as ``application/problem+json`` (RFC 9457) with stable codes."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from broadsheet.api.errors import STATUS, describe_problem
from broadsheet.api.v1.limits import WINDOW, allowance_of
from broadsheet.domain.errors import BroadsheetError, InvalidInputError, PaperNotFoundError

MOST_BYTES = 65_536
"""Of a body."""
MEDIA_TYPE = "application/problem+json"

_CODES: Mapping[int, str] = {
    **{status: code for code, status in STATUS.items()},
    405: "method_not_allowed",
    421: "misdirected",
}
TITLES: Mapping[str, str] = {
    "invalid": "The request cannot be understood",
    "unauthorized": "An access token is needed, or the one given is not valid",
    "forbidden": "This principal may not do this",
    "not_found": "There is no such thing here",
    "conflict": "The request does not fit the state of the library",
    "too_many": "Too many requests",
    "unavailable": "The library cannot answer just now",
    "internal": "An unexpected error, which was logged",
    "method_not_allowed": "This address does not take this method",
    "misdirected": "The server does not answer under this host name",
}


class ProblemRoute(APIRoute):
    """A route whose expected errors are problems."""

    most_bytes = MOST_BYTES
    """Of a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route."""
        handle = super().get_route_handler()

        async def handle_with_problems(request: Request) -> Response:
            allowance = allowance_of(request)
            if allowance.spent:
                words = f"at most {allowance.most} requests in {WINDOW} seconds"
                return _problem(429, "too_many", words, allowance.headers())
            answer = await self._handle(handle, request)
            answer.headers.update(allowance.headers())
            return answer

        return handle_with_problems

    async def _handle(
        self, handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request
    ) -> Response:
        try:
            return await handle(_with_bounded_body(request, self.most_bytes))
        except PaperNotFoundError as error:
            return _problem(404, error.code, str(error), paper=error.wanted)
        except BroadsheetError as error:
            return _problem(STATUS[error.code], error.code, str(error))
        except RequestValidationError as error:
            words = "; ".join(map(describe_problem, error.errors()))
            return _problem(400, "invalid", words)


def _with_bounded_body(request: Request, most: int) -> Request:
    """Return the request with a body that cannot grow beyond ``most`` bytes. Raises
    InvalidInputError if it says that it is longer."""
    too_long = f"the body is longer than {most:,} bytes"
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdecimal() or int(length[:20]) > most:
        raise InvalidInputError(too_long)
    size = 0

    async def receive() -> Message:
        nonlocal size
        message = await request.receive()
        size += len(message.get("body", b""))
        if size > most:
            raise InvalidInputError(too_long)
        return message

    return Request(request.scope, receive)


def compose_problem(
    request: Request, status: int, words: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error that was raised outside the routes of this API: an unknown address, a wrong
    method, a token that is not valid."""
    return _problem(status, _CODES.get(status, "invalid"), words, headers)


def _problem(
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: str,
) -> Response:
    """Return a problem with further ``members``, which programs may read or ignore."""
    title = TITLES[code]
    values = {
        "type": "/api#object-Problem",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail or f"{title}.",
        **members,
    }
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers.setdefault("Retry-After", "30")
    return JSONResponse(values, status, headers, media_type=MEDIA_TYPE)
