"""Files that are whole, whenever a process dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

Stamp = tuple[int, int, int]
"""Identifies a file's version: inode, modification time, size."""


def stamp_of(path: Path) -> Stamp | None:
    """Return a file's stamp, or None without the file; cheap enough for every search."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def is_on_read_only_disk(path: Path) -> bool:
    """Whether the file system of ``path``, a file or directory that exists, takes no writes at all,
    as Linux makes it after an error of the disk; False if the platform cannot tell."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):
        return False


def write_atomically(path: Path, content: bytes) -> None:
    """Replace ``path`` so that a crash leaves the old or the new content, whole."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@contextmanager
def write_whole(path: Path) -> Iterator[TextIO]:
    """Write text (UTF-8, line ends as they are) that takes the place of ``path`` at the end of the
    block; after an error inside it ``path`` is as it was."""
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="", errors="replace") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
