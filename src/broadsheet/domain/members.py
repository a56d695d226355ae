"""Members as others see them: what they did in public."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from broadsheet.domain.access import Principal, Role
from broadsheet.domain.collections import Collection
from broadsheet.domain.comments import Comment
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.submissions import Submission


class MemberNotFoundError(BroadsheetError):
    """No member of this name is shown to the principal."""

    code = "not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"no member {name[:60]!r} has done anything in public here")


@dataclass(frozen=True, slots=True)
class Member:
    """A member and what it did in public."""

    account: str
    name: str
    role: Role
    since: dt.datetime
    comments: Sequence[Comment]
    """The latest first."""
    collections: Sequence[Collection]
    """Public ones, the latest changed first."""
    submissions: Sequence[Submission]
    """Listed ones, the latest first."""


class MemberService(Protocol):
    """Pages of members."""

    def get(self, principal: Principal, name: str) -> Member:
        """Return the member of this name. Visitors without an account see only members who did
        something in public, so that nobody can list the accounts. Raises MemberNotFoundError."""
        ...
