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
    """Every line, the blank ones too; one beyond RECORD_LIMIT becomes a rejection.

    ``first``: the first line with its end, where it was read already.
    An overlong line is read past piece by piece, so that those after it count.
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


def _skip_rest(stream: BinaryIO, number: int, start: bytes) -> Rejection:
    kept, size = start[:REJECTED_LIMIT], len(start)
    while piece := stream.readline(_CHUNK):
        size += len(piece)
        if piece[-1] == 10:
            size -= 1
            break
    reason = f"line {number} has {size:,} bytes; the limit is {RECORD_LIMIT >> 20} MiB"
    return rejection(reason, f"line {number}", kept)
