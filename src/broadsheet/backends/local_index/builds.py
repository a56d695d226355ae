"""Where the index lies on disk, which build of it is current, and who may write.

index/CURRENT        name of the current build, replaced by an atomic rename
index/write.lock     held by the one writer
index/build-0001/    format.json, words/ (Tantivy), vectors/ (flat files)
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from broadsheet.domain.errors import IndexLockedError, IndexUnavailableError
from broadsheet.files import Stamp, stamp_of, write_atomically

FORMAT = 7
"""Raised whenever older files can no longer be read."""

NEXT_STEP = "run `broadsheet index rebuild`; while `broadsheet up` runs, it is built again in the background"
_NAME = re.compile(r"build-(\d{4,})")


def bytes_below(path: Path) -> int:
    """Size of all files under ``path``; files that vanish meanwhile count as nothing."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


class Builds:
    """The builds under one folder. Thread-safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "CURRENT"
        self._last_read: tuple[Stamp, Path] | None = None

    def current(self) -> Path | None:
        """Return the folder of the current build, None before the first.

        Raises IndexUnavailableError for a build that this version cannot read.
        """
        stamp = stamp_of(self._pointer)
        if stamp is None:
            return None
        last = self._last_read
        if last is None or last[0] != stamp:
            last = (stamp, self._read_pointer())
            self._last_read = last
        return last[1]

    def create(self) -> Path:
        """A new empty build that nobody reads yet."""
        self.root.mkdir(parents=True, exist_ok=True)
        numbers = [int(match[1]) for match in map(_NAME.fullmatch, os.listdir(self.root)) if match]
        path = self.root / f"build-{max(numbers, default=0) + 1:04d}"
        path.mkdir()
        write_atomically(path / "format.json", json.dumps({"format": FORMAT}).encode())
        return path

    def publish(self, build: Path) -> None:
        """Make ``build`` the current one and remove all others.

        Snapshots of an old build keep its files open; the system frees them later.
        """
        write_atomically(self._pointer, build.name.encode())
        self.discard_others(build)

    def discard_others(self, keep: Path) -> None:
        for name in os.listdir(self.root):
            if _NAME.fullmatch(name) and name != keep.name:
                shutil.rmtree(self.root / name, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one writer over all processes; raises IndexLockedError at once if not."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / "write.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise IndexLockedError(self.root) from None
        try:
            yield
        finally:
            lock.release()

    def _read_pointer(self) -> Path:
        build = self.root
        try:
            build = self.root / self._pointer.read_text("utf-8").strip()
            format_number = json.loads((build / "format.json").read_bytes()).get("format")
        except (OSError, ValueError, AttributeError) as error:
            raise damaged(build, error) from error
        if format_number != FORMAT:
            raise IndexUnavailableError(
                f"{build}: the index has format {format_number} and this version reads {FORMAT}; {NEXT_STEP}"
            )
        return build


def damaged(path: Path, error: BaseException | str) -> IndexUnavailableError:
    """Return the error for files with unexpected content."""
    return IndexUnavailableError(f"{path}: the index is damaged ({error}); {NEXT_STEP}")


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Errors of Tantivy inside the block as ours, with the place and the next step.

    Tantivy panics at some damaged files, which arrives as an exception beside ``Exception``.
    """
    try:
        yield
    except (ValueError, OSError, SystemError) as error:
        raise damaged(path, error) from error
    except BaseException as error:
        if type(error).__module__ == "pyo3_runtime":
            raise damaged(path, str(error)[:200]) from error
        raise


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Errors of Tantivy's writer inside the block as ours: nearly always a full disk.

    The last commit stays readable, and papers after it are indexed by the next run.
    """
    try:
        yield
    except (ValueError, OSError, SystemError) as error:
        raise IndexUnavailableError(
            f"{path}: the index cannot be written ({error}); if the disk is full, free space: papers "
            "that wait are indexed by the next run"
        ) from error
