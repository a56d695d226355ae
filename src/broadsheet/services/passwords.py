"""Passwords: which are accepted, and how they are kept.

Hashing  argon2id (RFC 9106) with the parameters of the OWASP Password Storage Cheat Sheet:
         46 MiB, one pass, one lane; some 30 ms.
Rules    length over composition (NIST SP 800-63B): 10 to 256 characters, not a common
         password, not the account's own name.
Source   common_passwords.txt: those of ten characters and more in the frequency list of zxcvbn
         (MIT licence, Dropbox).
"""

import threading
from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from broadsheet.domain.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, fold_name
from broadsheet.domain.errors import InvalidInputError

_HASHER = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_TOGETHER = threading.BoundedSemaphore(4)
"""Hashes computed at once, so that a flood of sign-ins does not take all memory."""


def check_password(password: str, name: str) -> str:
    """Return a password that an account can have; raises InvalidInputError for any other."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInputError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; "
            "a few words in a row are easy to remember"
        )
    folded = password.casefold()
    repeated = len(set(folded)) < 4
    if folded in _common_passwords() or folded == fold_name(name) or repeated:
        raise InvalidInputError("this password is among the first that others try; choose another")
    return password


def hash_password(password: str) -> str:
    """Hash a password with a new salt."""
    with _TOGETHER:
        return _HASHER.hash(password)


def verify_password(password: str, stored: str) -> bool:
    """Whether a password fits; without a stored hash (""), False after the same time."""
    with _TOGETHER:
        try:
            return _HASHER.verify(stored or _unusable(), password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


@cache
def _unusable() -> str:
    """The hash that is compared with if there is no account, made like any other."""
    return _HASHER.hash("no password fits this")


@cache
def _common_passwords() -> frozenset[str]:
    file = resources.files("broadsheet.services") / "common_passwords.txt"
    return frozenset(file.read_text("utf-8").split())
