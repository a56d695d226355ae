"""Status, indexing and maintenance of one library; implements AdminService."""

from collections.abc import Callable

from broadsheet import __version__
from broadsheet.domain.access import Principal, require
from broadsheet.domain.ports import Store
from broadsheet.domain.services import OnIndexed, ignore_progress
from broadsheet.domain.status import Health, Renewal, Status
from broadsheet.home import Home
from broadsheet.index.indexer import Indexer
from broadsheet.services.background import Background
from broadsheet.sources.keeping import SourceKeeper


class LocalAdminService:
    """See AdminService."""

    def __init__(
        self,
        home: Home,
        store: Store,
        indexer: Indexer,
        background: Background,
        keeper: SourceKeeper,
    ) -> None:
        self._home = home
        self._store = store
        self._indexer = indexer
        self._background = background
        self._keeper = keeper

    def health(self) -> Health:
        """See AdminService."""
        return Health(self._store.count(), self._indexer.status().problem)

    def status(self, principal: Principal) -> Status:
        """See AdminService."""
        require(principal, "view_operations")
        index = self._indexer.status()
        return Status(
            version=__version__,
            home=str(self._home.path),
            database=self._store.place,
            papers=self._store.count(),
            indexed=index.papers,
            pending=index.pending,
            rejected=self._store.count_rejected(),
            bytes={"database": self._store.count_bytes(), **index.bytes},
            embedder=index.embedder,
            embedder_wanted=index.embedder_wanted,
            problem=index.problem,
            last_change=self._store.last_changed_at(),
            jobs=tuple(self._background.states()),
        )

    def index_pending(self, principal: Principal, on_progress: OnIndexed = ignore_progress) -> None:
        """See AdminService."""
        require(principal, "maintain_library")
        self._background.index_once(on_progress)

    def rebuild_index(self, principal: Principal, on_progress: OnIndexed = ignore_progress) -> None:
        """See AdminService."""
        require(principal, "maintain_library")
        self._indexer.rebuild(on_progress)

    def renewal_due(self) -> Renewal:
        """See AdminService."""
        return self._indexer.renewal_due()

    def renew_index(
        self, principal: Principal, on_progress: OnIndexed = ignore_progress
    ) -> Renewal:
        """See AdminService."""
        require(principal, "maintain_library")
        return self._indexer.renew(on_progress)

    def start_jobs(self, principal: Principal) -> None:
        """See AdminService."""
        require(principal, "maintain_library")
        self._background.start(self._keeper.all_jobs())

    def follow(self, principal: Principal, wait: Callable[[], object]) -> None:
        """See AdminService."""
        require(principal, "maintain_library")
        self._background.follow(wait)
