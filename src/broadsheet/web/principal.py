"""Who acts in a request: the one place where pages learn it."""

from fastapi import Request

from broadsheet.domain.access import OWNER, Principal


def principal_of(request: Request) -> Principal:
    """Return the acting principal: on a library for one person, always its owner."""
    return OWNER
