"""Errors as JSON, for the programs that read these interfaces."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from broadsheet.domain.errors import BroadsheetError, ErrorCode, PaperNotFoundError

STATUS: Mapping[ErrorCode, int] = {
    "invalid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_many": 429,
    "unavailable": 503,
    "internal": 500,
}


class JsonErrorRoute(APIRoute):
    """A route whose expected errors are ``{"error": message}``, as at the reference service."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler of the route."""
        handle = super().get_route_handler()

        async def handle_with_json_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except PaperNotFoundError:
                return _error(404, "Paper not found")
            except BroadsheetError as error:
                return _error(STATUS[error.code], str(error))
            except RequestValidationError as error:
                return _error(400, "; ".join(map(describe_problem, error.errors())))

        return handle_with_json_errors


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)


def describe_problem(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a parameter, with its name."""
    return f"{problem['loc'][-1]}: {problem['msg']}"
