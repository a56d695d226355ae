"""Answers of services in JSON: cut into their records without being read whole.

An answer is one array, or one object that holds its records in an array ("results",
"message" → "items" …). A file holds one answer, several, one record, or an answer or a
record a line. A decoder wants the whole text and gives up at its first error; here
brackets and strings are followed, and each record is decoded for itself.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.json_lines import json_object, split_json_lines

Path = tuple[str, ...]
"""Names from the outside in, to the list of records."""

_CHUNK = 256 * 1024
_TOKEN = re.compile(rb'["\[\]{},]')
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_PLAIN = rb'[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_WITHIN = re.compile(rb"(?:%s|[\[{](?:%s)*+[\]}])*+" % (_PLAIN, _PLAIN), re.DOTALL)
"""Text within a record that is skipped in one step: all but nested brackets."""
_NOWHERE = -1
_DEEPEST = 8
"""Brackets around a list of records; deeper ones are in records, or in nothing of ours."""


def split_answers(
    stream: BinaryIO, *paths: Path, what: str = "record"
) -> Iterator[RawRecord | Rejection]:
    """Yield the elements of arrays at the root, and of those under ``paths`` in an object there.

    An object at the root without such an array is itself a record. Anything but an object is
    rejected. Positions are "``what`` 3", or line numbers. Memory is bounded by RECORD_LIMIT.
    """
    first = stream.readline(RECORD_LIMIT + 1)
    ways = [tuple(name.encode() for name in path) for path in paths]
    if not _is_line(first):
        yield from _Cutter(stream, ways, what, first).cut()
        return
    # Lines are apart from each other: damage in one cannot reach the next.
    names = [b'"%s"' % way[-1] for way in ways]
    for line in split_json_lines(stream, first):
        may_hold = line.raw[:1] == b"[" or any(name in line.raw for name in names)
        if isinstance(line, RawRecord) and may_hold:
            yield from _Cutter(io.BytesIO(line.raw), ways, f"{line.position}, {what}").cut()
        else:
            yield line


def _is_line(first: bytes) -> bool:
    """Whether a first line is an object, or starts as one and is no document's opening."""
    whole = first[-1:] == b"\n" and len(first) <= RECORD_LIMIT
    return whole and first[:1] == b"{" and first.rstrip()[-1:] not in b"{[,:"


def _element(raw: bytes, position: str) -> RawRecord | Rejection:
    if not raw.startswith(b"{"):
        try:
            json_object(raw)
        except RecordError as error:
            return rejection(str(error), position, raw)
    return RawRecord(raw, position)


class _Cutter:
    """Walks over a stream; offsets are within ``buffer``."""

    def __init__(
        self, stream: BinaryIO, ways: Sequence[tuple[bytes, ...]], what: str, start: bytes = b""
    ) -> None:
        self._stream = stream
        self._ways = ways
        self._what = what
        self._buffer = start
        self._at = 0
        self._depth = 0
        self._base = 0
        """Depth of the elements, while their array is open."""
        self._start = _NOWHERE
        """Of the element that is open, or of the object at the root."""
        self._name = b""
        """The last string outside records: the name of a bracket that opens there."""
        self._way: list[bytes] = []
        """Names of the brackets that are open, the outermost few."""
        self._count = 0
        self._roots = 0
        self._head = start
        """The beginning of the stream, for the message if it is no JSON."""

    def cut(self) -> Iterator[RawRecord | Rejection]:
        ended = False
        while not ended:
            ended = not self._fill()
            while token := self._find_token():
                if token.group() == b'"':
                    if not self._pass_string(token.start(), ended):
                        break
                else:
                    self._at = token.end()
                    yield from self._step(token.group(), token.start())
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

    def _find_token(self) -> re.Match[bytes] | None:
        if 0 < self._base < self._depth and (passed := _WITHIN.match(self._buffer, self._at)):
            self._at = passed.end()
        return _TOKEN.search(self._buffer, self._at)

    def _pass_string(self, start: int, ended: bool) -> bool:
        """Skip a string; False if its end has not been read yet."""
        if match := _STRING.match(self._buffer, start):
            self._at = match.end()
            if not self._base:
                self._name = match.group(1)
            return True
        if ended or len(self._buffer) - start > RECORD_LIMIT:
            self._at = (
                start + 1
            )  # never closed, so the stream is damaged: continue behind the quote
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
            if token == b"{":
                self._start = at
        self._depth += 1
        if self._base or self._depth > _DEEPEST:
            return
        self._way[self._depth - 1 :] = [self._name]
        self._name = b""
        if token == b"[" and (self._depth == 1 or tuple(self._way[1:]) in self._ways):
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
        if raw:
            self._count += 1
            yield _element(raw, f"{self._what} {self._count}")

    def _rejected(self, reason: str) -> Rejection:
        self._count += 1
        raw, self._start = self._buffer[self._start :], _NOWHERE
        return rejection(reason, f"{self._what} {self._count}", raw)

    def _finish(self) -> Iterator[Rejection]:
        if self._start >= 0 and self._buffer[self._start :].strip():
            yield self._rejected(f"the input ends inside this {self._what}")
        elif self._depth:
            reason = "the input ends early: a bracket is not closed"
            yield rejection(reason, f"after {self._what} {self._count}")
        elif not self._roots and self._head.strip():
            reason = "neither a JSON array nor an object"
            yield rejection(reason, f"{self._what} 1", self._head)
