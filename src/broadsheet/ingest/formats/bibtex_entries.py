"""BibTeX files cut into entries in constant memory, and values put together.

Braces are counted as the parsing library counts them: one behind a backslash
does not count. An ``@type{`` at the start of a line begins an entry even where
the one before is not closed, so that one lost brace costs one entry.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.lines import iter_lines

_BEGIN = re.compile(rb"(?<![\w.])@\s*([A-Za-z]{1,30})\s*([{(])")
_BEGIN_AT_LINE = re.compile(rb"\s*@\s*[A-Za-z]{3,30}\s*[{(]")
_MARK = re.compile(rb'(?<!\\)[{}")]')
_KEY = re.compile(rb"@\s*\w+\s*[{(]\s*([^\s,{}()=]{1,200})\s*[,}]")
_STRING_NAME = re.compile(rb"@\s*\w+\s*[{(]\s*([^\s={}\"#,]{1,200})\s*=")
_BARE_WORD = re.compile(rb"[=#]\s*([A-Za-z][^\s={}\"#,()]{0,200})")
_BRACE = re.compile(r"(?<!\\)[{}]")
_QUOTE_OR_BRACE = re.compile(r'(?<!\\)[{}]|"')
_NAME = re.compile(r'[^\s{}"#,=]+')
_JOINED = re.compile(r"\s*(?:#\s*|$)")


@dataclass
class _Entry:
    kind: bytes
    line: int
    closing: int
    """Character code of the delimiter that ends it."""
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    depth: int = 0
    quoted: bool = False

    def raw(self) -> bytes:
        return b"\n".join(self.parts)

    def position(self) -> str:
        key = _KEY.match(self.raw()[:1000])
        name = key.group(1).decode("utf-8", "replace") + " " if key else ""
        return f"entry {name}at line {self.line}"

    def end_in(self, text: bytes, start: int) -> int:
        """Count the braces of ``text`` from ``start``; the offset after the end, or -1."""
        for mark in _MARK.finditer(text, start):
            char = text[mark.start()]
            if char == ord("{"):
                self.depth += 1
            elif char == ord("}") and self.depth:
                self.depth -= 1
            elif char == ord('"') and not self.depth:
                self.quoted = not self.quoted
            elif char == self.closing and not self.depth and not (self.quoted and char == ord(")")):
                return mark.end()
        return -1

    def add(self, text: bytes) -> None:
        self.parts.append(text)
        self.size += len(text) + 1


@dataclass
class _Splitter:
    strings: dict[bytes, bytes] = field(default_factory=dict)
    strings_size: int = 0
    entry: _Entry | None = None

    def line(self, number: int, text: bytes) -> Iterator[RawRecord | Rejection]:
        if self.entry is not None and _BEGIN_AT_LINE.match(text):
            yield rejection("its braces are not closed", self.entry.position(), self.entry.raw())
            self.entry = None
        at = 0
        while at < len(text):
            begin = at
            if self.entry is None:
                found = _BEGIN.search(text, at)
                if not found:
                    return
                begin, at = found.start(), found.end()
                closing = ord("}") if found.group(2) == b"{" else ord(")")
                self.entry = _Entry(found.group(1).lower(), number, closing)
            end = self.entry.end_in(text, at)
            self.entry.add(text[begin : end if end >= 0 else None])
            if end < 0:
                break
            finished, self.entry, at = self.entry, None, end
            yield from self._finish(finished)
        if self.entry is not None and self.entry.size > RECORD_LIMIT:
            reason = f"more than {RECORD_LIMIT >> 20} MiB in one entry"
            yield rejection(reason, self.entry.position(), self.entry.raw())
            self.entry = None

    def _finish(self, entry: _Entry) -> Iterator[RawRecord | Rejection]:
        raw = entry.raw()
        if entry.kind in (b"comment", b"preamble"):
            return
        if entry.kind != b"string":
            yield RawRecord(self._with_strings(raw), entry.position())
            return
        name = _STRING_NAME.match(raw)
        self.strings_size += len(raw)
        if name is None or self.strings_size > RECORD_LIMIT:
            reason = "an @string without a name" if name is None else "too many @string definitions"
            yield rejection(reason, f"line {entry.line}", raw)
        else:
            self.strings[name.group(1).lower()] = raw

    def _with_strings(self, raw: bytes) -> bytes:
        """``raw`` after the definitions it uses, and those that these use."""
        if not self.strings:
            return raw
        needed: dict[bytes, bytes] = {}
        pending = [raw]
        while pending:
            for word in _BARE_WORD.findall(pending.pop()):
                definition = self.strings.get(word.lower())
                if definition is not None and word.lower() not in needed:
                    needed[word.lower()] = definition
                    pending.append(definition)
        return b"\n".join([*reversed(needed.values()), raw])


def iter_entries(stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
    """The entries of a BibTeX file; positions are "entry KEY at line N"."""
    splitter = _Splitter()
    for line in iter_lines(stream):
        if isinstance(line, Rejection):
            if splitter.entry is not None:
                entry, splitter.entry = splitter.entry, None
                yield rejection("it holds an overlong line", entry.position(), entry.raw())
            yield line
        else:
            yield from splitter.line(line.number, line.text)
    if splitter.entry is not None:
        entry = splitter.entry
        yield rejection("the input ends inside this entry", entry.position(), entry.raw())


class Strings:
    """The ``@string`` definitions of one record, by name in lower case."""

    def __init__(self, definitions: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._texts: dict[str, str] = {}

    def text(self, name: str) -> str:
        """What a name stands for: itself where it is unknown or defined by itself."""
        key = name.lower()
        if key not in self._texts:
            self._texts[key] = name
            if key in self._definitions:
                self._texts[key] = value_text(self._definitions[key], self)
        return self._texts[key]


def value_text(value: str, strings: Strings) -> str:
    """A field's value as text: braces or quotes removed, ``#`` joined, names replaced.

    Raises RecordError for what is no value, or one that grows beyond RECORD_LIMIT.
    """
    value = value.strip()
    at, size, parts = 0, 0, []
    while at < len(value):
        if value[at] in '{"':
            end = _closing(value, at)
            parts.append(value[at + 1 : end])
            end += 1
        elif name := _NAME.match(value, at):
            parts.append(strings.text(name.group()))
            end = name.end()
        else:
            end = at
        joined = _JOINED.match(value, end) if end > at else None
        if joined is None:
            raise RecordError(f"a comma or brace is missing near {value[at : at + 60]!r}")
        at = joined.end()
        size += len(parts[-1])
        if size > RECORD_LIMIT:
            raise RecordError(f"its strings grow beyond {RECORD_LIMIT >> 20} MiB")
    return "".join(parts)


def _closing(value: str, start: int) -> int:
    """Where the brace or quote at ``start`` is closed; quotes within braces do not count."""
    quoted = value[start] == '"'
    depth = 0
    for found in (_QUOTE_OR_BRACE if quoted else _BRACE).finditer(value, start + quoted):
        if found.group() == '"':
            if not depth:
                return found.start()
            continue
        depth += 1 if found.group() == "{" else -1
        if not depth and not quoted:
            return found.start()
    raise RecordError(f"not closed: {value[start : start + 60]!r}")


def unbraced(text: str) -> str:
    """``text`` without a pair of braces around the whole of it (or two, or three)."""
    for _ in range(3):
        try:
            if text[:1] != "{" or _closing(text, 0) != len(text) - 1:
                break
        except RecordError:
            break
        text = text[1:-1].strip()
    return text
