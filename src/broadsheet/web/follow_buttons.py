"""State of the buttons to follow: whether the reader follows something already."""

import functools
from collections.abc import Mapping

from broadsheet.domain.access import Principal, is_allowed
from broadsheet.domain.services import Services


class FollowButtons:
    """The reader's follows, read at the first button of a page."""

    def __init__(self, services: Services, principal: Principal) -> None:
        self._services = services
        self._principal = principal

    @property
    def can_follow(self) -> bool:
        """Whether the reader may follow; if not, no button is shown."""
        return is_allowed(self._principal, "keep_personal")

    def number(self, kind: str, value: str) -> int | None:
        """Return the number of the reader's follow of this; None if there is none."""
        return self._numbers.get((kind, " ".join(value.split()).casefold()))

    @functools.cached_property
    def _numbers(self) -> Mapping[tuple[str, str], int]:
        own = self._services.follows.follows(self._principal)
        return {(each.kind, each.value.casefold()): each.number for each in own}
