"""The address that ``broadsheet --server`` calls: the services' answers in full."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from pydantic import JsonValue, ValidationError
from starlette.responses import Response

from broadsheet import __version__
from broadsheet.api.v1 import schemas
from broadsheet.api.v1.answers import answer, principal_of, services_of
from broadsheet.api.v1.declaring import make_router
from broadsheet.api.v1.parameters import checked_name
from broadsheet.api.v1.problems import ProblemRoute
from broadsheet.domain.errors import InvalidInputError
from broadsheet.exchange.calls import CALLS, EDITION, EDITION_HEADER, MOST_TEXT

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CallRoute(ProblemRoute):
    """A route that takes long texts and says which edition of the calls it answers."""

    most_bytes = 2 * MOST_TEXT + 10_000

    def get_route_handler(self) -> Handler:
        """Wrap the handler of the route."""
        handle = super().get_route_handler()

        async def handle_with_edition(request: Request) -> Response:
            response = await handle(request)
            response.headers[EDITION_HEADER] = f"{EDITION}; {__version__}"
            return response

        return handle_with_edition


router: APIRouter = make_router(CallRoute)


@router.post("/calls/{call}", response_model=schemas.CallAnswer, tags=["calls"], name="make_call")
def make_call(
    request: Request,
    call: Annotated[str, Path(json_schema_extra={"enum": list(CALLS)})],
    arguments: Annotated[dict[str, JsonValue], Body()],
) -> Response:
    """Answer a call of `broadsheet --server`. It reads only, so the scope `read` suffices.

    The values are those of the program itself: text as it came from the sources, matched words,
    keys of the database. They change with the program. The header `Broadsheet-Calls` says which
    edition of the calls is answered. Other programs use the other addresses, which stay.
    """
    known = CALLS.get(call)
    if known is None:
        raise InvalidInputError(f"call: {call[:60]!r} is unknown; the calls are {', '.join(CALLS)}")
    for name in arguments:
        if name not in known.arguments:
            legal = ", ".join(known.arguments) or "none"
            raise InvalidInputError(f"{name[:60]!r} is no argument of {call}; legal are: {legal}")
    values = {}
    for name, codec in known.arguments.items():
        _check_text(arguments.get(name))
        try:
            values[name] = codec.from_json(arguments.get(name))
        except ValidationError as error:
            words = [
                ".".join(map(str, (name, *each["loc"]))) + f": {each['msg']}"
                for each in error.errors()[:5]
            ]
            raise InvalidInputError("; ".join(words)) from None
    result = known.make(services_of(request), principal_of(request), values)
    return answer(request, {"value": known.result.to_json(result)})


def _check_text(value: JsonValue) -> None:
    """Raise InvalidInputError for text with characters that databases refuse."""
    match value:
        case str():
            checked_name(value)
        case list():
            for each in value:
                _check_text(each)
        case dict():
            for each in value.values():
                _check_text(each)
