"""Cut a BibTeX file into entries in constant memory.

Braces are counted as BibTeX counts them, but one behind a backslash does not count. An
``@type{`` at the start of a line begins an entry even if the one before is not closed, so
that one lost brace costs one entry. Between the fields of an entry ``%`` begins a comment.

A raw entry is complete in itself: the ``@string`` definitions it uses come first, then the
entries it inherits from (``crossref``, ``xdata``), each within an ``@comment{inherits …}``.
bibtexparser 2 is not used: see docs/decisions/0031.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection
from broadsheet.ingest.formats.lines import iter_text_lines

INHERITS = b"@comment{inherits "
"""Begins the comment that holds an entry from which the next one inherits."""

_PARENTS_LIMIT = 32 * 1024 * 1024
"""Bytes of possible parents, and of entries that wait for theirs."""
_PARENT_KINDS = frozenset(
    b"book mvbook collection mvcollection proceedings mvproceedings periodical reference "
    b"mvreference xdata set incollection inbook".split()
)
_NO_WORKS = frozenset((b"xdata", b"control", b"ieeetranbstctl"))
"""Entries that hold fields for others, or settings of a style."""

_BEGIN = re.compile(rb"(?<![\w.])@\s*([A-Za-z]{1,30})\s*([{(])")
_BEGIN_AT_LINE = re.compile(rb"\s*@\s*[A-Za-z]{3,30}\s*[{(]")
_MARK = re.compile(rb'(?<!\\)[{}")%]')
_KEY = re.compile(rb"@\s*\w+\s*[{(]\s*([^\s,{}()=]{1,200})\s*[,}]")
_STRING_NAME = re.compile(rb"@\s*\w+\s*[{(]\s*([^\s={}\"#,]{1,200})\s*=")
_BARE_WORD = re.compile(rb"[=#]\s*([A-Za-z][^\s={}\"#,()]{0,200})")
_INHERITED = re.compile(
    rb"""(?i)[,\s](?:crossref|xdata)\s*=\s*["{]?\s*([^\s{}"#][^{}"#\n]{0,400})"""
)


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
        key = self.key()
        name = key.decode("utf-8", "replace") + " " if key else ""
        return f"entry {name}at line {self.line}"

    def key(self) -> bytes:
        match = _KEY.match(self.raw()[:1000])
        return match.group(1) if match else b""

    def end_in(self, text: bytes, start: int) -> int:
        """Count the braces of ``text`` from ``start``; the offset after the end, or -1."""
        for mark in _MARK.finditer(text, start):
            char = text[mark.start()]
            if char == ord("%"):
                if not self.depth and not self.quoted and self.kind != b"comment":
                    return -1
            elif char == ord("{"):
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
class _Waiting:
    """An entry whose parents come later in the file."""

    raw: bytes
    position: str
    parents: list[bytes]


@dataclass
class _Splitter:
    strings: dict[bytes, bytes] = field(default_factory=dict)
    strings_size: int = 0
    entry: _Entry | None = None
    parents: dict[bytes, bytes] = field(default_factory=dict)
    """Entries that others may inherit from, with their strings, by key in lower case."""
    parents_size: int = 0
    waiting: list[_Waiting] = field(default_factory=list)
    awaited: set[bytes] = field(default_factory=set)
    prefix: list[bytes] = field(default_factory=list)
    """Comments that hold the parents of the next entry: this input is a raw record."""

    def line(self, number: int, text: bytes) -> Iterator[RawRecord | Rejection]:
        if self.entry is not None and _BEGIN_AT_LINE.match(text):
            yield rejection("its braces are not closed", self.entry.position(), self.entry.raw())
            self.entry = None
        at = 0
        while at < len(text):
            begin = at
            if self.entry is None:
                match = _BEGIN.search(text, at)
                if not match:
                    return
                begin, at = match.start(), match.end()
                closing = ord("}") if match.group(2) == b"{" else ord(")")
                self.entry = _Entry(match.group(1).lower(), number, closing)
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
        if entry.kind == b"comment" and raw.startswith(INHERITS):
            self.prefix.append(raw)
        elif entry.kind == b"string":
            yield from self._define(entry, raw)
        elif entry.kind not in (b"comment", b"preamble"):
            yield from self._record(entry, raw)

    def _define(self, entry: _Entry, raw: bytes) -> Iterator[Rejection]:
        name = _STRING_NAME.match(raw)
        self.strings_size += len(raw)
        if name is None or self.strings_size > RECORD_LIMIT:
            reason = "an @string without a name" if name is None else "too many @string definitions"
            yield rejection(reason, f"line {entry.line}", raw)
        else:
            self.strings[name.group(1).lower()] = raw

    def _record(self, entry: _Entry, raw: bytes) -> Iterator[RawRecord]:
        key = entry.key().lower()
        may_be_parent = entry.kind in _PARENT_KINDS or key in self.awaited
        if may_be_parent and key and self.parents_size < _PARENTS_LIMIT:
            self.parents[key] = raw
            self.parents_size += len(raw)
        if self.prefix:
            whole, self.prefix = b"\n".join([*self.prefix, raw]), []
            yield RawRecord(self._with_strings(whole), entry.position())
            return
        if entry.kind in _NO_WORKS:
            return
        waiting = _Waiting(raw, entry.position(), _parent_keys(raw))
        if all(parent in self.parents for parent in waiting.parents):
            yield self._complete(waiting)
        elif self.parents_size < _PARENTS_LIMIT:
            self.parents_size += len(raw)
            self.awaited.update(waiting.parents)
            self.waiting.append(waiting)
        else:
            yield self._complete(waiting)

    def finish(self) -> Iterator[RawRecord]:
        """The entries that waited, with those of their parents that came."""
        for waiting in self.waiting:
            yield self._complete(waiting)
        self.waiting = []

    def _complete(self, waiting: _Waiting) -> RawRecord:
        if not waiting.parents:
            return RawRecord(self._with_strings(waiting.raw), waiting.position)
        above: dict[bytes, bytes] = {}
        pending = list(waiting.parents)
        while pending and len(above) < 8:  # a parent may have parents (@mvbook)
            key = pending.pop(0)
            if key in self.parents and key not in above:
                above[key] = self.parents[key]
                pending += _parent_keys(above[key])
        comments = [INHERITS + raw + b"}" for raw in above.values()]
        whole = b"\n".join([*comments, waiting.raw])
        return RawRecord(self._with_strings(whole), waiting.position)

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


def _parent_keys(raw: bytes) -> list[bytes]:
    """Keys that an entry inherits from, in lower case."""
    return [
        key.strip().lower()
        for match in _INHERITED.findall(raw)
        for key in match.split(b",")
        if key.strip()
    ]


def iter_entries(stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
    """The entries of a BibTeX file; positions are "entry KEY at line N".

    An entry that inherits from a later one comes out after the last line.
    """
    splitter = _Splitter()
    for line in iter_text_lines(stream):
        if isinstance(line, Rejection):
            if splitter.entry is not None:
                entry, splitter.entry = splitter.entry, None
                yield rejection("it holds an overlong line", entry.position(), entry.raw())
            yield line
        else:
            yield from splitter.line(line.number, line.text)
    yield from splitter.finish()
    if splitter.entry is not None:
        entry = splitter.entry
        yield rejection("the input ends inside this entry", entry.position(), entry.raw())
