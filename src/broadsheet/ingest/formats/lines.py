"""Lines of a stream in constant memory, whatever the stream holds."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from broadsheet.domain.ingest import Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, REJECTED_LIMIT, rejection

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1024 * 1024


class Line(NamedTuple):
    """A line without its end; ``number`` from 1. ``whole`` is False for a last
    line that has no line end: it may have been cut."""

    number: int
    text: bytes
    whole: bool


def iter_lines(stream: BinaryIO, first: bytes = b"") -> Iterator[Line | Rejection]:
    """Yield every line, blank ones too; a line beyond RECORD_LIMIT becomes a rejection.

    ``first``: the first line with its end, if it was read already. An overlong line is skipped
    piece by piece, so that line numbers stay right.
    """
    rest = iter(lambda: stream.readline(RECORD_LIMIT + 1), b"")
    for number, piece in enumerate(chain([first] if first else [], rest), 1):
        if number == 1:
            piece = piece.removeprefix(_BOM)
        if len(piece) > RECORD_LIMIT and piece[-1] != 10:
            yield _skip_rest(stream, number, piece)
            continue
        text = piece.rstrip(b"\r\n")
        yield Line(number, text, whole=len(text) < len(piece))


def iter_text_lines(stream: BinaryIO) -> Iterator[Line | Rejection]:
    """Like ``iter_lines``, for text of any system: a carriage return alone ends a line too."""
    number, rest, skipped = 0, b"", 0
    after_return = False
    while chunk := stream.read(_CHUNK):
        if after_return and chunk[:1] == b"\n":
            chunk = chunk[1:]
        after_return = chunk[-1:] == b"\r"
        *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for text in lines:
            number += 1
            if len(text) + skipped > RECORD_LIMIT:
                yield _overlong(number, text, len(text) + skipped)
            else:
                yield Line(number, text.removeprefix(_BOM) if number == 1 else text, whole=True)
            skipped = 0
        if len(rest) > RECORD_LIMIT:
            skipped, rest = skipped + len(rest) - REJECTED_LIMIT, rest[:REJECTED_LIMIT]
    if skipped:
        yield _overlong(number + 1, rest, len(rest) + skipped)
    elif rest:
        yield Line(number + 1, rest.removeprefix(_BOM) if not number else rest, whole=False)


def _overlong(number: int, start: bytes, size: int) -> Rejection:
    reason = f"line {number} has {size:,} bytes; the limit is {RECORD_LIMIT >> 20} MiB"
    return rejection(reason, f"line {number}", start[:REJECTED_LIMIT])


def _skip_rest(stream: BinaryIO, number: int, start: bytes) -> Rejection:
    head, size = start[:REJECTED_LIMIT], len(start)
    while piece := stream.readline(_CHUNK):
        size += len(piece)
        if piece[-1] == 10:
            size -= 1
            break
    return _overlong(number, head, size)
