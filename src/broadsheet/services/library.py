"""Papers and their records over the store; implements LibraryService.

Methods import their needs themselves: showing a paper needs no reader of any format.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from broadsheet.domain.access import Principal, require
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.ingest import ImportSummary, RejectedRecord
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import Store
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.services import ignore_progress
from broadsheet.domain.signals import Signal

if TYPE_CHECKING:
    from broadsheet.domain.comments import LogEntry
    from broadsheet.services.background import Background

LARGE_IMPORT = 20_000_000
"""Imports larger than this (bytes on disk) are indexed in a separate process."""


class LocalLibraryService:
    """See LibraryService."""

    def __init__(
        self, store: Store, background: Background, log: Callable[[LogEntry], None]
    ) -> None:
        self._store = store
        self._background = background
        self._log = log

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

    def find_doubles(self, name: str) -> Sequence[Paper]:
        """See LibraryService."""
        from broadsheet.catalogue.evidence import is_generic
        from broadsheet.text.titles import normalise_title

        paper = self._store.get(name)
        if is_generic(normalise_title(paper.title)):
            return ()
        return self.get_papers(self._store.find_doubles(paper.key))

    def join_papers(self, principal: Principal, name: str, other: str) -> Paper:
        """See LibraryService."""
        require(principal, "curate")
        paper, removed = self._store.get(name), self._store.get(other)
        if paper.key == removed.key:
            raise InvalidInputError(f"{name} and {other} are one paper already")
        with self._background.indexing():
            self._store.join(paper.key, removed.key)
        self._record(principal, f"joined {removed.id} and {paper.id}: one work")
        return self._store.get(paper.id)

    def part_records(
        self, principal: Principal, name: str, records: Collection[tuple[str, str]]
    ) -> Paper:
        """See LibraryService."""
        require(principal, "curate")
        paper = self._store.get(name)
        known = {(each.source, each.key) for each in self._store.records_of(paper.key)}
        for source, key in records:
            if (source, key) not in known:
                legal = "; ".join(sorted(" ".join(each) for each in known))
                raise InvalidInputError(
                    f"{paper.id} has no record “{source} {key}”; it has {legal}"
                )
        with self._background.indexing():
            new = self._store.part(paper.key, records)
        parted = self._store.get_many([new])[new]
        self._record(principal, f"parted {parted.id} from {paper.id}: two works")
        return parted

    def keep_apart(self, principal: Principal, name: str, other: str) -> None:
        """See LibraryService."""
        require(principal, "curate")
        paper, second = self._store.get(name), self._store.get(other)
        if paper.key == second.key:
            raise InvalidInputError(f"{name} and {other} are one paper: part its records instead")
        self._store.keep_apart(paper.key, second.key)
        self._record(principal, f"said that {paper.id} and {second.id} are two works")

    def _record(self, principal: Principal, action: str) -> None:
        from broadsheet.domain.comments import LogEntry

        self._log(LogEntry(dt.datetime.now(dt.UTC), principal.name, action, ""))

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
