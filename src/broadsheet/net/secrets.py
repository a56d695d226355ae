"""Keys and personal addresses stay out of logs, errors and the origins of records."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

SECRET_PARAMS = frozenset(
    [
        "access_token",
        "api-key",
        "api_key",
        "apikey",
        "auth",
        "client_secret",
        "email",
        "key",
        "mailto",
        "password",
        "secret",
        "sig",
        "signature",
        "token",
    ]
)
"""Names of parameters, in lower case, whose values are nobody else's business."""

PLAIN_HEADERS = frozenset(
    ["accept", "accept-language", "if-modified-since", "if-none-match", "content-type", "range"]
)
"""Headers of a source that hold no secret; every other is taken to."""

_SHORTEST = 4
"""Characters; hiding shorter values would only garble a server's message."""


def without_secrets(address: str) -> str:
    """The address without user, password, fragment and secret parameters."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    query = parts.query
    pairs = parse_qsl(query, keep_blank_values=True)
    plain_pairs = [(name, value) for name, value in pairs if name.lower() not in SECRET_PARAMS]
    if len(plain_pairs) < len(pairs):
        query = urlencode(plain_pairs, quote_via=quote)
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def secrets_of(address: str, headers: Mapping[str, str]) -> frozenset[str]:
    """Values that must not be shown: of headers, secret parameters, user and password."""
    parts = urlsplit(address)
    values = {value for name, value in headers.items() if name.lower() not in PLAIN_HEADERS}
    # "Bearer KEY": the key alone is as secret.
    values |= {word for value in tuple(values) for word in value.split()}
    values |= {value for name, value in parse_qsl(parts.query) if name.lower() in SECRET_PARAMS} | {
        parts.username or "",
        parts.password or "",
    }
    return frozenset(value for value in values if len(value) >= _SHORTEST)


def hide(text: str, secrets: Iterable[str]) -> str:
    """``text`` with each secret replaced, also in its percent-encoded form."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, quote(secret, safe=""), quote(secret)):
            text = text.replace(form, "…")
    return text
