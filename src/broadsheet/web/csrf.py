"""Tokens in forms that only a page made for the same session can hold.

The second defence beside ``guard``: a synchroniser token, signed, so that nothing is stored.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "HMAC-based token".
"""

import hashlib
import hmac
import secrets

FIELD = "csrf_token"
"""Name of the hidden field."""


def make_token(secret: bytes, session: str) -> str:
    """A token for the forms of one session; different each time, so that compressed pages do not
    give it away (BREACH)."""
    salt = secrets.token_hex(8)
    return f"{salt}.{_sign(secret, session, salt)}"


def is_valid_token(secret: bytes, session: str, token: str) -> bool:
    """Whether ``token`` was made for this session with this secret. Takes constant time."""
    salt, _, signature = token.partition(".")
    expected = _sign(secret, session, salt)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _sign(secret: bytes, session: str, salt: str) -> str:
    content = f"csrf\0{len(session)}\0{session}\0{salt}".encode()
    return hmac.new(secret, content, hashlib.sha256).hexdigest()
