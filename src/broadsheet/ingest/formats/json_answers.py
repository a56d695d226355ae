"""Records of services that answer in JSON: saved answers, or one object a line.

An answer is one JSON document that holds its records in a list ("results",
"message" → "items" …). A dump has an object a line. Both are read: line by line in
constant memory where the first line is whole by itself, else as one document of at
most ``DOCUMENT_LIMIT``. Where an answer is cut off, the records before the cut
come out.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.json_lines import split_json_lines

DOCUMENT_LIMIT = 64 * 1024 * 1024
"""Bytes of one answer; services send far less, and what is larger has a record a line."""

Path = tuple[str, ...]
"""Names from the outside in, to the list of records; () where the answer is the list."""

_HEAD = 64 * 1024
"""Characters of an answer within which its list of records begins."""
_SPACE_OR_COMMA = re.compile(r"[\s,]*")


def split_answers(stream: BinaryIO, *paths: Path) -> Iterator[RawRecord | Rejection]:
    """The records of one answer, of answers a line, or of records a line.

    Null among the records says that the service knows none and is passed over.
    """
    first = stream.readline(RECORD_LIMIT + 1)
    while first and not first.strip():
        first = stream.readline(RECORD_LIMIT + 1)
    if _is_line(first):
        for piece in split_json_lines(io.BufferedReader(_Rejoined(first, stream))):
            if isinstance(piece, RawRecord) and _may_hold(piece.raw, paths):
                yield from _expanded(piece, paths)
            else:
                yield piece
    elif first:
        yield from _document(first + stream.read(DOCUMENT_LIMIT), paths)


def records_in(
    answer: Any, path: Path, named: Callable[[Mapping[str, Any]], Any]
) -> list[RawRecord | Rejection] | None:
    """The records of an answer that was just fetched and decoded; None where it has no list.

    A record stands under the name that ``named`` finds in it, since its place in an
    answer changes from one time to the next.
    """
    records = _at(answer, path)
    if not isinstance(records, list):
        return None
    found = []
    for number, record in enumerate(records, 1):
        name = named(record) if isinstance(record, dict) else None
        if record is not None:
            found.append(_frame(record, str(name) if name else f"record {number}"))
    return found


class _Rejoined(io.RawIOBase):
    """A stream with its first line put back."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._first[: len(buffer)] or self._rest.read(len(buffer))
        self._first = self._first[len(block) :]
        buffer[: len(block)] = block
        return len(block)


def _is_line(first: bytes) -> bool:
    """Whether a first line is an object, or starts as one and is no document's opening."""
    text = first.strip()
    if text[:1] != b"{" or len(first) > RECORD_LIMIT:
        return False
    if first[-1:] != b"\n":
        return text[-1:] == b"}"
    return text[-1:] not in b"{[,:"


def _may_hold(raw: bytes, paths: Sequence[Path]) -> bool:
    return any(path and f'"{path[-1]}"'.encode() in raw for path in paths)


def _expanded(line: RawRecord, paths: Sequence[Path]) -> Iterator[RawRecord | Rejection]:
    try:
        answer = orjson.loads(line.raw)
    except orjson.JSONDecodeError:
        yield line  # parsing says what is wrong with it
        return
    for path in paths:
        records = _at(answer, path) if path else None
        if isinstance(records, list):
            yield from _framed(records, f"{line.position}, ")
            return
    yield line


def _document(content: bytes, paths: Sequence[Path]) -> Iterator[RawRecord | Rejection]:
    if len(content) > DOCUMENT_LIMIT:
        reason = f"more than {DOCUMENT_LIMIT >> 20} MiB in one answer; put one record on a line"
        yield rejection(reason, "the whole file", content)
        return
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from _before_damage(content.decode("utf-8", "replace"), paths)
        return
    for path in paths:
        records = _at(answer, path)
        if isinstance(records, list):
            yield from _framed(records)
            return
    yield from _framed([answer])


def _at(answer: Any, path: Path) -> Any:
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def _framed(records: Sequence[Any], where: str = "") -> Iterator[RawRecord | Rejection]:
    for number, record in enumerate(records, 1):
        if record is not None:
            yield _frame(record, f"{where}record {number}")


def _frame(record: Any, position: str) -> RawRecord | Rejection:
    try:
        raw = orjson.dumps(record)
    except (TypeError, ValueError):  # half a surrogate pair, a number beyond 64 bits
        raw = json.dumps(record).encode()
    if len(raw) > RECORD_LIMIT:
        return rejection(f"more than {RECORD_LIMIT >> 20} MiB in one record", position, raw)
    return RawRecord(raw, position)


def _before_damage(text: str, paths: Sequence[Path]) -> Iterator[RawRecord | Rejection]:
    """The records up to the first place that is no JSON."""
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
    at, number = _start_of_records(text, paths), 0
    if at is None:
        # One object over several lines, or something that only looked like JSON.
        yield RawRecord(text.strip().encode("utf-8", "replace")[:RECORD_LIMIT], "record 1")
        return
    while at < len(text) and text[at] != "]":
        number += 1
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            reason = f"the answer is damaged or cut off here ({error}); the rest is missing"
            yield rejection(reason, f"record {number}", text[at:].encode("utf-8", "replace"))
            return
        if record is not None:
            yield _frame(record, f"record {number}")
        at = _after_separator(text, at)
    if at >= len(text):
        reason = "the input ends early: the list of records is not closed"
        yield rejection(reason, f"after record {number}")


def _start_of_records(text: str, paths: Sequence[Path]) -> int | None:
    """Where the first record begins; None where there is no list of records."""
    head = text[:_HEAD]
    for path in paths:
        if not path:
            if text.lstrip()[:1] == "[":
                return _after_separator(text, text.index("[") + 1)
            continue
        steps = r".*?".join(rf'"{re.escape(name)}"\s*:' for name in path)
        if found := re.match(rf"\s*\{{.*?{steps}\s*\[", head, re.DOTALL):
            return _after_separator(text, found.end())
    return None


def _after_separator(text: str, at: int) -> int:
    found = _SPACE_OR_COMMA.match(text, at)
    return found.end() if found else at
