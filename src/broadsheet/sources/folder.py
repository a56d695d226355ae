"""Watched folders: new or changed files are read exactly like imported ones.

The cursor holds, for each completed file, ``file PATH``: its size and modification time. During a
file it also holds ``part``: the file's state, the number of its stored records, and its path;
after a kill the next run skips those. With many small files the cursor is long, so it is updated
twenty times a run; after a crash at most a twentieth of the files is read again, as duplicates.
"""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, Field

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.ingest.pipeline import printable
from broadsheet.ingest.reading import iter_files, iter_inputs
from broadsheet.net.port import Client
from broadsheet.sources.schedule import Every
from broadsheet.sources.source import Cursor, Page, Policy, SyncRequest

PAGE = 1000
"""Records of a page; memory is bounded by it."""

_PARTS = 20
"""Number of cursor updates in a run."""


class FolderOptions(BaseModel):
    """Settings of the source "folder"."""

    paths: list[Path] = Field([], description="Folders and files to watch, subfolders too.")
    settle_seconds: float = Field(
        5.0,
        ge=0,
        description="A file that changed less long ago may still be written; it waits for the "
        "next run.",
    )


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    changed: int
    """Nanoseconds since 1970."""

    @property
    def name(self) -> str:
        """In the cursor."""
        return f"file {printable(self.path)}"

    @property
    def state(self) -> str:
        return f"{self.size} {self.changed}"

    @property
    def changed_at(self) -> float:
        return self.changed / 1e9


@dataclass(slots=True)
class _Progress:
    """Position of the run: the cursor's files, and those that it will take up next."""

    states: dict[str, str]
    at_once: int
    read: dict[str, str] = field(default_factory=dict)
    part: str = ""

    def cursor(self, last: bool = False) -> Cursor:
        if last or len(self.read) >= self.at_once:
            self.states, self.read = {**self.states, **self.read}, {}
        return {**self.states, "part": self.part} if self.part else self.states


class FolderSource:
    """See the module."""

    name = "folder"
    title = "Watched folders"
    policy = Policy(rhythm=Every(0.25))
    Options: type[BaseModel] = FolderOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options = request.options
        paths = [str(path.expanduser()) for path in options.paths]
        if not paths:
            raise SourceRefusedError(
                "no folder is set; list some under [sources.folder] in broadsheet.toml: "
                'paths = ["~/papers"]'
            )
        present = [path for path in paths if os.path.exists(path)]
        files = [file for path in iter_files(present) if (file := _look(path)) is not None]
        changed = _changed(files, request)
        before = request.now.timestamp() - options.settle_seconds
        settled = [each for each in changed if each.changed_at <= before]
        names = {each.name for each in files}
        states = {name: state for name, state in request.cursor.items() if name in names}
        progress = _Progress(states, max(1, len(settled) // _PARTS))
        for each in settled:
            yield from _pages(each, progress, request.cursor.get("part", ""))
        yield Page("", "", (), progress.cursor(last=True), note=_waiting(changed, settled))
        if len(present) < len(paths):
            missing = ", ".join(path for path in paths if path not in present)
            raise SourceRefusedError(
                f"{missing}: no such file or folder; mend paths under [sources.folder] in "
                "broadsheet.toml"
            )


def _look(path: str) -> _File | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _File(path, status.st_size, status.st_mtime_ns)


def _changed(files: list[_File], request: SyncRequest) -> list[_File]:
    """Those that the cursor does not know as they are; with a date, those changed since."""
    if request.since is None:
        return [each for each in files if request.cursor.get(each.name) != each.state]
    since = dt.datetime.combine(request.since, dt.time(), dt.UTC).timestamp()
    return [each for each in files if each.changed_at >= since]


def _waiting(changed: list[_File], settled: list[_File]) -> str:
    count = len(changed) - len(settled)
    if not count:
        return ""
    files = "a file changed" if count == 1 else f"{count:,} files changed"
    return f"{files} only just now and may still be written: left for the next run"


def _pages(file: _File, progress: _Progress, part: str) -> Iterator[Page]:
    """Yield the pages of one file. It counts as read if it did not change meanwhile."""
    origin = printable(file.path)
    for opened in iter_inputs([file.path]):
        pieces = opened.pieces()
        stored = sum(1 for _ in islice(pieces, _stored(part, file, origin)))
        ended = False
        while not ended:
            page = list(islice(pieces, PAGE))
            stored += len(page)
            ended = len(page) < PAGE
            progress.part = "" if ended else f"{file.state} {stored} {origin}"
            if ended and _look(file.path) == file:
                progress.read[file.name] = file.state
            notes = [f"{origin}: {note}" for note in opened.notes if ended]
            if ended and opened.empty:
                notes.append(f"{origin}: the file is empty")
            format_name = opened.format.name if opened.format else ""
            yield Page(format_name, origin, page, progress.cursor(), note="; ".join(notes))


def _stored(part: str, file: _File, origin: str) -> int:
    """How many records of this very state of the file an earlier run has stored."""
    size, changed, count, path = part.split(" ", 3) if part else ("", "", "0", "")
    return int(count) if (f"{size} {changed}", path) == (file.state, origin) else 0
