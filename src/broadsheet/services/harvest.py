"""Harvesting over the store; implements HarvestService."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.harvest import (
    BadTokenError,
    DatedChange,
    HarvestedPaper,
    HarvestPage,
    HarvestRequest,
    HarvestStore,
)
from broadsheet.domain.ports import PaperReader

_SALT = "harvest"
_NEVER = dt.datetime(1991, 1, 1, tzinfo=dt.UTC)


class LocalHarvestService:
    """See HarvestService."""

    def __init__(
        self, papers: PaperReader, changes: HarvestStore, read_secret: Callable[[], bytes]
    ) -> None:
        """``read_secret`` returns the key that signs tokens."""
        self._papers = papers
        self._changes = changes
        self._read_secret = read_secret

    def begin(self, request: HarvestRequest, size: int) -> HarvestPage:
        """See HarvestService."""
        # Within categories, counting would look at every paper.
        total = None if request.categories else self._changes.count_changes(request)
        return self._page(request, 0, 0, total, size)

    def resume(self, token: str, size: int) -> HarvestPage:
        """See HarvestService."""
        return self._page(*self._read_token(token), size)

    def find(self, name: str) -> HarvestedPaper:
        """See HarvestService."""
        removal = self._changes.find_removal(name)
        if removal is not None:
            return HarvestedPaper(removal.former_id, removal.at)
        paper = self._papers.get(name)
        change = self._changes.find_change(paper.key)
        if change is None:
            raise PaperNotFoundError(name)
        return HarvestedPaper(paper.id, change.at, paper)

    def begins_at(self) -> dt.datetime:
        """See HarvestService."""
        return self._changes.first_change_at() or _NEVER

    def _page(
        self, request: HarvestRequest, after: int, position: int, total: int | None, size: int
    ) -> HarvestPage:
        # One more than the page holds tells whether another page follows.
        changes = self._changes.dated_changes(request, after, size + 1)
        more = len(changes) > size
        papers = self._read(changes[:size])
        token = ""
        if more:
            state = (request, changes[size - 1].number, position + len(papers), total)
            token = self._make_token(*state)
        return HarvestPage(request, papers, position, total, token)

    def _read(self, changes: Sequence[DatedChange]) -> list[HarvestedPaper]:
        papers = self._papers.get_many([each.key for each in changes if not each.former_id])
        harvested = []
        for change in changes:
            paper = papers.get(change.key)
            if change.former_id:
                harvested.append(HarvestedPaper(change.former_id, change.at))
            elif paper is not None:  # else it was merged meanwhile; its notice follows
                harvested.append(HarvestedPaper(paper.id, change.at, paper))
        return harvested

    def _make_token(
        self, request: HarvestRequest, after: int, position: int, total: int | None
    ) -> str:
        from itsdangerous import URLSafeSerializer

        state = [
            request.form,
            request.scheme,
            list(request.categories),
            *(int(time.timestamp()) if time else None for time in (request.since, request.until)),
            after,
            position,
            total,
        ]
        token = URLSafeSerializer(self._read_secret(), salt=_SALT).dumps(state)
        return token if isinstance(token, str) else token.decode()

    def _read_token(self, token: str) -> tuple[HarvestRequest, int, int, int | None]:
        from itsdangerous import BadData, URLSafeSerializer

        try:
            state = URLSafeSerializer(self._read_secret(), salt=_SALT).loads(token)
            form, scheme, categories, since, until, after, position, total = state
        except (BadData, ValueError, TypeError):
            raise BadTokenError from None
        request = HarvestRequest(categories=tuple(categories), scheme=scheme, form=form)
        request = replace(request, since=_time(since), until=_time(until))
        return request, after, position, total


def _time(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
