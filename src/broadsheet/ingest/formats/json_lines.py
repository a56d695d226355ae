"""Shared by the three JSON lines formats: framing, decoding, telling them apart."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.lines import iter_lines

_KEY = re.compile(rb'(?<!\\)"(\w{1,40})"\s*:')


def split_json_lines(stream: BinaryIO, first: bytes = b"") -> Iterator[RawRecord | Rejection]:
    """Yield one record a line; skip blank lines, reject a cut last line.

    ``first``: the first line, if it was read already.
    """
    for line in iter_lines(stream, first):
        if isinstance(line, Rejection):
            yield line
            continue
        text = line.text.strip()
        if not text:
            continue
        position = f"line {line.number}"
        if not line.whole and not text.endswith(b"}"):
            yield rejection(f"the input ends in the middle of line {line.number}", position, text)
        else:
            yield RawRecord(text, position)


def json_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in ``raw``; raise RecordError that names the actual type."""
    return checked_json_object(raw)[0]


def json_value(raw: bytes) -> Any:
    """Return the JSON value in ``raw``; raise RecordError if it is not JSON."""
    return _decoded(raw)[0]


def checked_json_object(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The JSON object in ``raw``, and whether it keeps to the standard: then no
    text in it holds a control character below the space that is not escaped."""
    value, strict = _decoded(raw)
    if not isinstance(value, dict):
        raise RecordError(f"a JSON object is expected, not {_kind(value)}")
    return value, strict


def _decoded(raw: bytes) -> tuple[Any, bool]:
    try:
        return orjson.loads(raw), True
    except orjson.JSONDecodeError:
        return _lenient(raw), False


def _lenient(raw: bytes) -> Any:
    # The fast decoder refuses some things that programs write all the same: NaN, half surrogate
    # pairs, bytes that are not UTF-8, line feeds inside strings.
    try:
        text = raw.decode("utf-8", "replace")
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise RecordError(f"not valid JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError) as error:
        raise RecordError(f"JSON that cannot be read: {error}") from None


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return {str: "a text", type(None): "null", bool: "true or false"}.get(type(value), "a number")


def first_keys(head: bytes) -> dict[str, Any]:
    """Return the keys and values of the first readable object in ``head``.

    If there is none (the first line is cut or overlong), return the names that look like keys,
    without their values; empty if ``head`` is not JSON lines.
    """
    if head.lstrip()[:1] == b"[":
        return {}  # an array: its lines are no objects of their own
    lines = [line for line in head.split(b"\n") if line.strip()]
    for line in lines[:50]:
        if line.lstrip()[:1] == b"{":
            try:
                return json_object(line.strip())
            except RecordError:
                continue
    if lines and lines[0].lstrip()[:1] == b"{":
        return {name.decode(): None for name in _KEY.findall(head)}
    return {}
