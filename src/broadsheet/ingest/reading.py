"""From paths to records: files, folders and standard input, opened, decompressed, told apart."""

import io
import logging
import os
import re
import stat
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.decompress import SourceReader
from broadsheet.ingest.encoding import Utf8Reader
from broadsheet.ingest.formats.faults import describe_fault, split_stream
from broadsheet.ingest.formats.format import Format, rejection
from broadsheet.ingest.formats.registry import FORMATS, format_names, get_format

log = logging.getLogger(__name__)

HEAD_SIZE = 64 * 1024
"""Bytes (decompressed) by which the format of a file is told."""

STDIN = "-"
STDIN_NAME = "standard input"
_BUFFER = 1024 * 1024
_WHOLE = "the whole file"

_OTHER_FILES = (
    (re.compile(rb"%PDF-"), "a PDF file"),
    (re.compile(rb"PK\x03\x04"), "a ZIP archive; unpack it first"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7-Zip archive; unpack it first"),
    (re.compile(rb".{257}ustar", re.DOTALL), "a tar archive; unpack it first"),
    (re.compile(rb"SQLite format 3\0"), "an SQLite database"),
    (re.compile(rb"PAR1"), "a Parquet file"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF"), "a picture or a sound"),
    (re.compile(rb"\x7fELF|\xcf\xfa\xed\xfe|MZ.{30,}PE\0\0", re.DOTALL), "a program"),
)
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")


class Input:
    """One opened file: its format and its records.

    ``format`` is None if nothing recognises the file; ``pieces()`` then gives the one rejection
    that says so. Not thread-safe. ``iter_inputs`` closes each input when the next is requested.
    """

    def __init__(
        self, origin: str, file: BinaryIO, size: int | None, file_format: Format | None
    ) -> None:
        self.origin = origin
        """Path as given, or "standard input"."""
        self.size = size
        """Bytes of the file as it lies there; None for a pipe."""
        self._source = SourceReader(file, owned=origin != STDIN_NAME)
        self._text = Utf8Reader(io.BufferedReader(self._source, _BUFFER))
        self._stream = io.BufferedReader(self._text, max(_BUFFER, HEAD_SIZE))
        head = self._stream.peek(HEAD_SIZE)[:HEAD_SIZE]
        self.empty = not head
        """Whether there is nothing in it; ``pieces()`` then gives nothing."""
        self._reason = _refusal(head, file_format)
        self.format: Format | None = None
        if not self._reason and head:
            self.format = file_format or _detect(head, origin)
        if head and self.format is None and not self._reason:
            self._reason = _unknown(head)

    @property
    def bytes_read(self) -> int:
        """Bytes of the file as it lies there that were read so far; up to ``size``."""
        return self._source.bytes_read

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for a person once the file is read ("read as utf-16-le")."""
        return (self._text.note,) if self._text.note else ()

    def pieces(self) -> Iterator[RawRecord | Rejection]:
        """Yield the records in order, and rejections; never raise for the content."""
        records = 0
        if self.format is not None:
            for piece in split_stream(self.format, self._stream):
                if isinstance(piece, RawRecord):
                    records += 1
                yield piece
        elif self._reason:
            yield rejection(self._reason, _WHOLE)
        if self._source.damage:
            position = f"after record {records}" if records else "before the first record"
            yield rejection(f"{self._source.damage} {position}; the rest is missing", position)

    def close(self) -> None:
        self._stream.close()


class _Unopened(Input):
    """A file that could not be opened: one rejection."""

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(origin, io.BytesIO(), 0, None)
        self.empty = False
        self._reason = reason


def iter_inputs(
    paths: Sequence[str], format_name: str | None = None, stdin: BinaryIO | None = None
) -> Generator[Input, None, None]:
    """Every file that ``paths`` name, opened one at a time.

    A folder stands for its files, the hidden ones left out, subfolders too,
    sorted by path; "-" for ``stdin``. Raises InvalidInputError at once, before
    anything is read, for a path that does not exist and for an unknown format.
    """
    file_format = get_format(format_name) if format_name else None
    for path in paths:
        if path != STDIN and not os.path.exists(path):
            raise InvalidInputError(f"{path}: no such file or folder")
    return _opened(paths, file_format, stdin)


def total_size(paths: Sequence[str]) -> int | None:
    """Return the bytes of all files that ``paths`` name; None if one is a pipe."""
    total = 0
    for path in iter_files(paths):
        size = None if path == STDIN else _regular_size(path)
        if size is None:
            return None
        total += size
    return total


def _opened(
    paths: Sequence[str], file_format: Format | None, stdin: BinaryIO | None
) -> Generator[Input, None, None]:
    for path in iter_files(paths):
        try:
            if path == STDIN:
                opened = Input(STDIN_NAME, stdin or sys.stdin.buffer, None, file_format)
            else:
                file = open(path, "rb", buffering=0)  # noqa: SIM115, closed by Input
                opened = Input(path, file, _regular_size(path), file_format)
        except OSError as error:
            opened = _Unopened(path, f"cannot be opened: {error.strerror or error}")
        except Exception as error:
            opened = _Unopened(path, describe_fault(error, "the reader of files"))
        try:
            yield opened
        finally:
            opened.close()


def iter_files(paths: Iterable[str]) -> Iterator[str]:
    """Paths of the files that ``paths`` name, sorted within each folder; "-" stays."""
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            yield from _files_below(path, set())
        else:
            yield path


def _files_below(folder: str, above: set[tuple[int, int]]) -> Iterator[str]:
    """Regular files below ``folder``; a link back to a folder ``above`` is not followed."""
    try:
        status = os.stat(folder)
        names = sorted(os.listdir(folder))
    except OSError:
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            yield from _files_below(path, above | {here})
        elif _regular_size(path) is not None:
            yield path


def _regular_size(path: str) -> int | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _detect(head: bytes, filename: str) -> Format | None:
    name = Path(filename).name.lower()
    for suffix in (".gz", ".zst", ".bz2", ".xz"):
        name = name.removesuffix(suffix)
    return next((each for each in FORMATS if _recognises(each, head, name)), None)


def _recognises(file_format: Format, head: bytes, name: str) -> bool:
    try:
        return file_format.recognises(head, name)
    except Exception:
        log.debug("%s cannot look at %s", file_format.name, name, exc_info=True)
        return False


def _refusal(head: bytes, file_format: Format | None) -> str:
    """Why a file is not even tried, or empty."""
    for mark, kind in _OTHER_FILES:
        if mark.match(head):
            return f"this is {kind}"
    if file_format is not None and _is_binary(head):
        return "this is binary, not text"
    return ""


def _is_binary(head: bytes) -> bool:
    return len(head) - len(head.translate(None, _CONTROL)) > len(head) // 25


def _unknown(head: bytes) -> str:
    if _is_binary(head):
        return "this is binary, not text"
    start = head.lstrip()[:1]
    hint = "; a JSON array must first become one object a line" if start == b"[" else ""
    return (
        f"in none of the known formats{hint} "
        f"(known: {format_names()}; `--format` names one if you know better)"
    )
