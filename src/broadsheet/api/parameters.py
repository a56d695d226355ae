"""Parameters of interfaces that answer to GET and to POST alike."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from broadsheet.domain.errors import InvalidInputError

MOST_BYTES = 65_536
_MOST_PARAMETERS = 100


async def read_parameters(request: Request) -> Sequence[tuple[str, str]]:
    """Return names and values of the address, or of the form that a POST carries.

    Raises InvalidInputError for a form that is too large or has the wrong encoding.
    """
    if request.method != "POST":
        return list(request.query_params.multi_items())
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InvalidInputError(f"the form is larger than {MOST_BYTES:,} bytes")
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise InvalidInputError(
            f"the form is no UTF-8 in application/x-www-form-urlencoded with at most "
            f"{_MOST_PARAMETERS} fields"
        ) from None
