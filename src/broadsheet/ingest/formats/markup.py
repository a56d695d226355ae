"""Records cut out of XML by their tags, so that damage stays within one record.

A parser stops at the first error and everything after it is lost. Here the
start and end tags of the wanted elements are looked for instead, and each
element is parsed for itself. DTDs are never read, so entities cannot be
defined and none expands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from lxml import etree

from broadsheet.domain.errors import RecordError
from broadsheet.domain.ingest import Rejection
from broadsheet.ingest.formats.fields import single_spaced
from broadsheet.ingest.formats.format import RECORD_LIMIT, rejection

_CHUNK = 256 * 1024
_SKIPPED = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_ROOT = re.compile(rb"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_PROLOG = re.compile(
    rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]|\[.*?\]\s*(?=>))*>)", re.DOTALL
)
# Not allowed in XML and found in it all the same.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")


@dataclass(frozen=True)
class Grammar:
    """Local names of a format's elements."""

    roots: tuple[str, ...]
    elements: tuple[str, ...]
    """Cut out whole; they do not hold themselves."""
    tags: tuple[str, ...] = ()
    """Elements around those, of which the start tag is wanted."""
    counted: tuple[str, ...] = ("record",)
    """The elements that positions count."""

    def tokens(self) -> re.Pattern[bytes]:
        names = "|".join(map(re.escape, (*self.roots, *self.elements, *self.tags)))
        return re.compile(
            rf"<!--|<!\[CDATA\[|<(/?)(?:[\w.-]+:)?({names})(?=[\s/>])[^<>]*>".encode()
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """A start tag, or an element from its start tag to its end tag."""

    kind: Literal["root", "tag", "element"]
    name: str
    raw: bytes
    position: str


@dataclass
class _Open:
    name: str
    start: int
    position: str


@dataclass
class _Scanner:
    """Walks over a stream; offsets are within ``buffer``."""

    stream: BinaryIO
    grammar: Grammar
    buffer: bytes = b""
    at: int = 0
    line: int = 1
    """Of ``buffer[counted_to]``."""
    counted_to: int = 0
    count: int = 0
    open: _Open | None = None
    root: str = ""
    """Name of the root element while it is open."""
    searched: dict[bytes, int] = field(default_factory=dict)
    """How far the end of a comment was looked for in vain."""
    pattern: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.pattern = self.grammar.tokens()

    def scan(self) -> Iterator[Frame | Rejection]:
        ended = False
        while not ended:
            ended = not self._fill()
            while match := self.pattern.search(self.buffer, self.at):
                if match.group() in _SKIPPED:
                    if not self._skip(match, ended):
                        break
                    continue
                self.at = match.end()
                yield from self._token(match)
            else:
                self._wait_for_tag()
            if self.open is not None and len(self.buffer) - self.open.start > RECORD_LIMIT:
                reason = f"more than {RECORD_LIMIT >> 20} MiB in one {self.open.name}"
                yield rejection(reason, self.open.position, self.buffer[self.open.start :])
                self.open = None
        yield from self._finish()

    def _fill(self) -> bool:
        chunk = self.stream.read(_CHUNK)
        cut = self.at if self.open is None else self.open.start
        self._count_lines(cut)
        self.buffer = self.buffer[cut:] + chunk
        self.at -= cut
        self.counted_to -= cut
        self.searched = {closing: upto - cut for closing, upto in self.searched.items()}
        if self.open is not None:
            self.open.start = 0
        return bool(chunk)

    def _count_lines(self, upto: int) -> None:
        if upto > self.counted_to:
            self.line += self.buffer.count(b"\n", self.counted_to, upto)
            self.counted_to = upto

    def _skip(self, match: re.Match[bytes], ended: bool) -> bool:
        """Skip a comment; False if its end has not been read yet."""
        closing = _SKIPPED[match.group()]
        searched = self.searched.get(closing, 0) - len(closing)
        end = self.buffer.find(closing, max(match.end(), searched))
        if end < 0:
            self.searched[closing] = len(self.buffer)
        if end >= 0:
            self.at = end + len(closing)
        elif ended or len(self.buffer) - match.start() > RECORD_LIMIT:
            self.at = (
                match.end()
            )  # never closed, so the stream is damaged: continue behind the mark
        else:
            self.at = match.start()
            return False
        return True

    def _wait_for_tag(self) -> None:
        """Go to the end of the buffer, but not beyond a tag that is cut there."""
        last = self.buffer.rfind(b"<", self.at)
        cut = last >= 0 and self.buffer.find(b">", last) < 0
        self.at = last if cut and len(self.buffer) - last < RECORD_LIMIT else len(self.buffer)

    def _token(self, match: re.Match[bytes]) -> Iterator[Frame | Rejection]:
        closing, name = bool(match.group(1)), match.group(2).decode()
        if self.open is not None:
            if name == self.open.name and closing:
                raw = self.buffer[self.open.start : match.end()]
                yield Frame("element", name, raw, self.open.position)
                self.open = None
                return
            if name != self.open.name and not (name in self.grammar.roots and closing):
                return
            yield self._unclosed(self.open, f"<{self.open.name}> is not closed", match.start())
        if name in self.grammar.elements:
            yield from self._element(match, closing, name)
        elif closing:
            self.root = "" if name in self.grammar.roots else self.root
        elif name in self.grammar.roots:
            self.root = name
            yield Frame("root", name, match.group(), "")
        else:
            yield Frame("tag", name, match.group(), "")

    def _element(
        self, match: re.Match[bytes], closing: bool, name: str
    ) -> Iterator[Frame | Rejection]:
        self._count_lines(match.start())
        if closing:
            reason = f"</{name}> without a start: the {name} before this place is damaged"
            yield rejection(reason, f"line {self.line}")
            return
        position = f"line {self.line}"
        if name in self.grammar.counted:
            self.count += 1
            position = f"{name} {self.count}, line {self.line}"
        if match.group().endswith(b"/>"):
            yield Frame("element", name, match.group(), position)
        else:
            self.open = _Open(name, match.start(), position)

    def _unclosed(self, element: _Open, reason: str, end: int) -> Rejection:
        self.open = None
        return rejection(reason, element.position, self.buffer[element.start : end])

    def _finish(self) -> Iterator[Rejection]:
        if self.open is not None:
            reason = f"the input ends inside this {self.open.name}"
            yield self._unclosed(self.open, reason, len(self.buffer))
        elif self.root:
            self._count_lines(len(self.buffer))
            reason = f"the input ends early: </{self.root}> is missing"
            yield rejection(reason, f"line {self.line}")


def iter_frames(stream: BinaryIO, grammar: Grammar) -> Iterator[Frame | Rejection]:
    """Yield the elements named in ``grammar``, in order; memory is bounded by RECORD_LIMIT."""
    return _Scanner(stream, grammar).scan()


def enclose(start: bytes, *inner: bytes) -> bytes:
    """``inner`` between a start tag and the end tag that belongs to it."""
    name = start[1:].split(None, 1)[0].rstrip(b"/>") if start else b""
    return b"".join((start, *inner, b"</" + name + b">" if name else b""))


def root_name(head: bytes) -> str:
    """Local name of the first element of an XML document; empty for anything else."""
    at = 0
    while match := _PROLOG.match(head, at):
        at = match.end()
    root = _ROOT.match(head[at : at + 300].lstrip())
    return root.group(1).decode() if root else ""


def parse_element(raw: bytes) -> Any:
    """The element tree of ``raw``, a whole document in UTF-8. Raises RecordError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8"
    )
    try:
        return etree.fromstring(raw.translate(None, _CONTROLS), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RecordError(f"not well-formed XML: {error}") from None


def local_name(element: Any) -> str:
    """The tag without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Any, name: str) -> list[Any]:
    """Direct children with this local name, whatever their namespace."""
    return list(element.iterchildren(f"{{*}}{name}"))


def child_text(element: Any, name: str) -> str:
    """Return the text of the first such child as one line; "" if there is none."""
    return next((text for text in child_texts(element, name) if text), "")


def child_texts(element: Any, name: str) -> list[str]:
    """Text of every such child as one line (see ``flat_text``)."""
    return [flat_text(child) for child in children(element, name)]


SCRIPTS = {"sub": "_", "sup": "^", "inf": "_"}
"""Tags of sub- and superscripts (``inf`` is Elsevier's) and the sign LaTeX has for them."""


def script_source(tag: str, text: str) -> str:
    """A sub- or superscript as LaTeX: without its mark, 10<sup>5</sup> would read as 105."""
    text = text.replace("$", "").strip()
    return f"${SCRIPTS[tag]}{{{text}}}$" if text else ""


def flat_text(element: Any) -> str:
    """Text of an element as one line: scripts as LaTeX, other markup left out."""
    if len(element) == 0:
        return single_spaced(element.text or "")
    parts: list[str] = []
    waiting: list[Any] = [element]
    while waiting:  # no recursion: how deep markup goes is the sender's choice
        each = waiting.pop()
        if isinstance(each, str):
            parts.append(each)
        elif local_name(each) in SCRIPTS:
            parts.append(script_source(local_name(each), "".join(each.itertext())))
        elif local_name(each):
            for child in reversed(each):
                waiting += (child.tail or "", child)
            waiting.append(each.text or "")
    return single_spaced("".join(parts))


def descendant(element: Any, *names: str) -> Any:
    """The first element below (or this one) with one of these local names, or None."""
    return next(element.iter(*(f"{{*}}{name}" for name in names)), None)
