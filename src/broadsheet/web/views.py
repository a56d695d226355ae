"""How dense an issue is set: the reader's choice, remembered in a cookie without an account."""

from fastapi import Request
from starlette.responses import Response

VIEWS = ("newspaper", "compact", "headlines")

_COOKIE = "broadsheet-view"
_YEAR = 365 * 24 * 3600


def view_of(request: Request) -> str:
    """The view that the address names, else the one remembered, else the newspaper."""
    for name in (request.query_params.get("view"), request.cookies.get(_COOKIE)):
        if name in VIEWS:
            return str(name)
    return VIEWS[0]


def remember_view(request: Request, response: Response) -> Response:
    """Remember the view that the address names, if it names one."""
    name = request.query_params.get("view")
    if name in VIEWS:
        response.set_cookie(
            _COOKIE, str(name), max_age=_YEAR, httponly=True, samesite="lax", path="/"
        )
    return response
