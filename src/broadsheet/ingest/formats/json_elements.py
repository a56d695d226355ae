"""Objects of a JSON array, cut out of a stream without reading it whole.

Answers of services are one array, or one object that holds the array under a name.
A decoder wants the whole text and gives up at its first error; here brackets and
strings are followed, and each element is decoded for itself.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection

_CHUNK = 256 * 1024
_TOKEN = re.compile(rb'["\[\]{},]')
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_NOWHERE = -1


def iter_json_elements(
    stream: BinaryIO, array: str = "", what: str = "record"
) -> Iterator[RawRecord | Rejection]:
    """The objects in arrays at the root, and in those named ``array`` in an object there.

    An object at the root that holds no such array counts itself, so that a file may
    hold one record, or one a line. Other elements (``null``) are rejected. Positions are "``what`` 3". Memory is bounded by RECORD_LIMIT.
    """
    return _Cutter(stream, array.encode(), what).cut()


class _Cutter:
    """Walks over a stream; offsets are within ``buffer``."""

    def __init__(self, stream: BinaryIO, array: bytes, what: str) -> None:
        self._stream = stream
        self._array = array
        self._what = what
        self._buffer = b""
        self._at = 0
        self._depth = 0
        self._base = 0
        """Depth of the elements, while their array is open."""
        self._start = _NOWHERE
        """Of the element that is open, or of the object at the root."""
        self._name = b""
        """The last string at depth 1: what an array that opens there is called."""
        self._count = 0
        self._roots = 0
        self._head = b""
        """How the stream begins, for the message where it is no JSON."""

    def cut(self) -> Iterator[RawRecord | Rejection]:
        ended = False
        while not ended:
            ended = not self._fill()
            while found := _TOKEN.search(self._buffer, self._at):
                if found.group() == b'"':
                    if not self._pass_string(found.start(), ended):
                        break
                else:
                    self._at = found.end()
                    yield from self._step(found.group(), found.start())
            else:
                self._at = len(self._buffer)
            if self._start >= 0 and len(self._buffer) - self._start > RECORD_LIMIT:
                yield self._rejected(f"more than {RECORD_LIMIT >> 20} MiB in one {self._what}")
        yield from self._finish()

    def _fill(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        self._head = self._head.strip() or chunk
        cut = self._at if self._start < 0 else min(self._at, self._start)
        self._buffer = self._buffer[cut:] + chunk
        self._at -= cut
        if self._start >= 0:
            self._start -= cut
        return bool(chunk)

    def _pass_string(self, start: int, ended: bool) -> bool:
        """Go behind a string; False where its end has not been read yet."""
        if found := _STRING.match(self._buffer, start):
            self._at = found.end()
            if self._depth == 1 and not self._base:
                self._name = found.group(1)
            return True
        if ended or len(self._buffer) - start > RECORD_LIMIT:
            self._at = start + 1  # never closed: damage, so what follows counts
            return True
        self._at = start
        return False

    def _step(self, token: bytes, at: int) -> Iterator[RawRecord | Rejection]:
        if token in (b"[", b"{"):
            self._open(token, at)
        elif token == b",":
            if self._base and self._depth == self._base:
                yield from self._emit(at)
                self._start = at + 1
        elif self._depth:
            yield from self._close(at)

    def _open(self, token: bytes, at: int) -> None:
        if self._depth == 0:
            self._roots += 1
            self._name = b""
            if token == b"{":
                self._start = at
        self._depth += 1
        if self._base or token == b"{" or self._depth > 2:
            return
        if self._depth == 1 or (self._array and self._name == self._array):
            self._base = self._depth
            self._start = at + 1

    def _close(self, at: int) -> Iterator[RawRecord | Rejection]:
        self._depth -= 1
        if self._depth < self._base:
            yield from self._emit(at)
            self._base, self._start = 0, _NOWHERE
        elif self._depth == self._base:
            # An element is over at its last bracket, whatever may follow it.
            yield from self._emit(at + 1)

    def _emit(self, end: int) -> Iterator[RawRecord | Rejection]:
        if self._start < 0:
            return
        raw = self._buffer[self._start : end].strip()
        self._start = end if self._base else _NOWHERE
        if not raw:
            return
        self._count += 1
        position = f"{self._what} {self._count}"
        if raw.startswith(b"{"):
            yield RawRecord(raw, position)
        else:
            found = raw[:20].decode("utf-8", "replace")
            yield rejection(f"a JSON object is expected, not {found}", position, raw)

    def _rejected(self, reason: str) -> Rejection:
        self._count += 1
        raw, self._start = self._buffer[self._start :], _NOWHERE
        return rejection(reason, f"{self._what} {self._count}", raw)

    def _finish(self) -> Iterator[Rejection]:
        if self._start >= 0 and self._buffer[self._start :].strip():
            yield self._rejected(f"the input ends inside this {self._what}")
        elif self._depth:
            yield rejection("the input ends early: a bracket is not closed", "the end")
        elif not self._roots and self._head.strip():
            yield rejection("neither a JSON array nor an object", "the start", self._head)
