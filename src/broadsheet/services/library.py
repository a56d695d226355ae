"""Papers and their records over the store; implements LibraryService.

Methods import their needs themselves: showing a paper needs no reader of any format.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from broadsheet.domain.access import Principal, require
from broadsheet.domain.ingest import ImportSummary, RejectedRecord
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import Store
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.services import ignore_progress
from broadsheet.domain.signals import Signal

if TYPE_CHECKING:
    from broadsheet.services.background import Background

LARGE_IMPORT = 20_000_000
"""Imports larger than this (bytes on disk) are indexed in a separate process."""


class LocalLibraryService:
    """See LibraryService."""

    def __init__(self, store: Store, background: Background) -> None:
        self._store = store
        self._background = background

    def get_paper(self, name: str) -> Paper:
        """See LibraryService."""
        return self._store.get(name)

    def get_papers(self, keys: Sequence[int]) -> Sequence[Paper]:
        """See LibraryService."""
        return list(self._store.get_many(keys).values())

    def get_provenance(self, name: str) -> Provenance:
        """See LibraryService."""
        from broadsheet.catalogue.provenance import compose_provenance
        from broadsheet.ingest.pipeline import parse_kept

        records = self._store.records_of(self._store.get(name).key)
        return compose_provenance(records, parse_kept)

    def get_signals(self, name: str) -> Sequence[Signal]:
        """See LibraryService."""
        return self._store.get_signals(self._store.get(name).key)

    def export(self, names: Sequence[str], format_name: str) -> str:
        """See LibraryService."""
        from broadsheet.export.formats import get_export_format

        render = get_export_format(format_name).render
        return render(self._store.get(name) for name in names)

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        """See LibraryService."""
        return self._store.iter_papers(after)

    def import_paths(
        self,
        principal: Principal,
        paths: Sequence[str],
        format_name: str | None = None,
        on_progress: Callable[[int, float | None], None] = ignore_progress,
    ) -> ImportSummary:
        """See LibraryService."""
        from broadsheet.ingest.pipeline import import_inputs
        from broadsheet.ingest.reading import iter_inputs, total_size

        require(principal, "import_papers")
        inputs = iter_inputs(paths, format_name)
        size = total_size(paths)
        started = time.monotonic()
        with self._background.indexing(large=size is None or size > LARGE_IMPORT):
            summary = import_inputs(inputs, self._store, on_progress, size)
        return replace(summary, seconds=time.monotonic() - started)

    def reread_records(
        self,
        principal: Principal,
        restart: bool = False,
        on_progress: Callable[[int], None] = ignore_progress,
    ) -> ImportSummary:
        """See LibraryService."""
        from broadsheet.ingest.pipeline import reread_records

        require(principal, "maintain_library")
        if restart:
            self._store.restart_rereading()
        with self._background.indexing():
            return reread_records(self._store, on_progress)

    def retry_rejected(self, principal: Principal) -> ImportSummary:
        """See LibraryService."""
        from broadsheet.ingest.pipeline import retry_rejected

        require(principal, "import_papers")
        with self._background.indexing():
            return retry_rejected(self._store)

    def iter_rejected(self, principal: Principal) -> Iterator[RejectedRecord]:
        """See LibraryService."""
        require(principal, "view_operations")
        return self._store.iter_rejected()

    def forget_rejected(self, principal: Principal, numbers: Iterable[int]) -> None:
        """See LibraryService."""
        require(principal, "import_papers")
        self._store.remove_rejected(numbers)
