"""Cursors: where the next page of a list begins. Opaque to clients, and bound to their request."""

import base64
import hashlib
import json

from broadsheet.domain.errors import InvalidInputError

_MOST = 2**53


def make_cursor(position: int, *request: object) -> str:
    """Return the cursor of the page that begins at ``position`` of the list that ``request``
    names."""
    text = json.dumps([_fingerprint(request), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *request: object) -> int:
    """Return the position of a cursor; 0 for "". Raises InvalidInputError for a cursor that was
    not made for this request."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
    except ValueError:
        values = None
    match values:
        case [str(fingerprint), int(position)] if 0 <= position <= _MOST:
            if fingerprint == _fingerprint(request):
                return position
    raise InvalidInputError(
        "cursor: it was not made for this request; begin without one, and repeat the other "
        "parameters as they were"
    )


def _fingerprint(request: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(request).encode("utf-8", "replace"), digest_size=6).hexdigest()
