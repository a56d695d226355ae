"""Marks, votes and notes of readers; implements CommunityService."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence

from broadsheet.domain.access import Principal, require
from broadsheet.domain.community import (
    MARKS,
    CommunityStore,
    Mark,
    MarkState,
    PaperMarks,
    ReaderMark,
    check_mark,
)
from broadsheet.domain.ports import Store


class LocalCommunityService:
    """See CommunityService."""

    def __init__(
        self,
        papers: Store,
        store: CommunityStore,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._clock = clock

    def set_mark(self, principal: Principal, name: str, mark: str, on: bool) -> MarkState:
        """See CommunityService."""
        checked = check_mark(mark)
        require(principal, "contribute" if checked == "voted" else "keep_personal")
        paper = self._papers.get(name)
        votes = self._store.set_mark(
            ReaderMark(principal.id, paper.key, checked, self._clock()), on
        )
        return MarkState(checked, on, votes)

    def paper_marks(self, principal: Principal, papers: Collection[int]) -> PaperMarks:
        """See CommunityService."""
        return self._store.paper_marks(principal.id, papers)

    def marks(
        self, principal: Principal, marks: Collection[Mark] = MARKS, limit: int = 10_000
    ) -> Sequence[ReaderMark]:
        """See CommunityService."""
        require(principal, "keep_personal")
        return self._store.marks_of(principal.id, marks, limit)
