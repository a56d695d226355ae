"""Sources on the network: runs on request and by schedule; implements SourceService."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator, Sequence

from broadsheet.domain.access import Principal, require
from broadsheet.domain.errors import SyncRunningError
from broadsheet.domain.services import ignore_progress
from broadsheet.domain.sync import SourceRun, SourceStatus
from broadsheet.services.background import Background
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.keeping import SourceKeeper


class LocalSourceService:
    """See SourceService."""

    def __init__(self, keeper: SourceKeeper, background: Background) -> None:
        self._keeper = keeper
        self._background = background

    def sync(
        self,
        principal: Principal,
        names: Sequence[str] = (),
        since: dt.date | None = None,
        on_progress: Callable[[str, int, float | None], None] = ignore_progress,
    ) -> Iterator[SourceRun | SyncRunningError]:
        """See SourceService."""
        require(principal, "run_sources")
        return self._sync(self._keeper.choose(names), since, on_progress)

    def _sync(
        self,
        configured: Sequence[ConfiguredSource],
        since: dt.date | None,
        on_progress: Callable[[str, int, float | None], None],
    ) -> Iterator[SourceRun | SyncRunningError]:
        with self._background.indexing():
            for each in configured:
                advance = functools.partial(on_progress, each.source.title)
                try:
                    yield self._keeper.run(each, since, advance)
                except SyncRunningError as error:
                    yield error

    def statuses(self, principal: Principal) -> Sequence[SourceStatus]:
        """See SourceService."""
        require(principal, "view_operations")
        return self._keeper.statuses()

    def request_run(self, principal: Principal, name: str) -> None:
        """See SourceService."""
        require(principal, "run_sources")
        self._keeper.request_run(name)

    def runs(self, principal: Principal, name: str, limit: int) -> Sequence[SourceRun]:
        """See SourceService."""
        require(principal, "view_operations")
        return self._keeper.runs_of(name, limit)

    def watch(
        self, principal: Principal, names: Sequence[str], on_run: Callable[[SourceRun], None]
    ) -> None:
        """See SourceService."""
        require(principal, "run_sources")
        source_names = [source.name for source in self._keeper.choose(names)]
        self._background.start(self._keeper.jobs(source_names, on_run))
