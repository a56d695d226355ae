"""Read one raw BibTeX entry: its type, key and fields, with strings and parents resolved."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from broadsheet.domain.errors import RecordError
from broadsheet.ingest.formats.fields import single_spaced
from broadsheet.ingest.formats.format import RECORD_LIMIT

_START = re.compile(r"(@comment\{inherits )?@\s*([A-Za-z]{1,30})\s*([{(])")
_NAME = r"[^\s={},\"#%()]+"
_FIELD = re.compile(rf"({_NAME})\s*=")
_KEY_BEFORE_FIELD = re.compile(rf"({_NAME})\s+(?={_NAME}\s*=)")
_KEY = re.compile(r"([^,={}\"#%]*?)\s*(?:,|$|(?=[})]\s*$))")
_SPACE = re.compile(r"(?:\s+|%[^\n]*(?:\n|$))+")
_SEPARATORS = re.compile(r"(?:[\s,]+|%[^\n]*(?:\n|$))+")
_BARE = re.compile(r'[^\s{}"#,=%]+')
_LOOSE = re.compile(r"[^,{}\"\n]*")
_BRACE = re.compile(r"(?<!\\)[{}]")
_QUOTE_OR_BRACE = re.compile(r'(?<!\\)[{}]|"')
_DEEPEST_STRINGS = 200

_NOT_INHERITED = frozenset(
    (
        "title", "subtitle", "shorttitle", "author", "abstract", "keywords", "note", "annote", "doi",
        "url", "eprint", "pmid", "pages", "crossref", "xref", "ids", "file", "urldate", "timestamp",
        "biburl", "bibsource", "label", "shorthand", "related", "options", "type", "chapter",
    )
)  # fmt: skip
_TITLES_OF_PARENTS = {"title": "booktitle", "subtitle": "booksubtitle"}


@dataclass
class Entry:
    """One entry. Names are in lower case; values are one line, with inner braces."""

    kind: str
    key: str
    fields: dict[str, str] = field(default_factory=dict)


def read_entry(raw: str) -> Entry:
    """Return the last entry of ``raw``, with the fields it inherits from those before it.

    The first of two equal fields counts. Missing commas and a missing key are allowed. Raises
    RecordError if ``raw`` holds no entry.
    """
    definitions: dict[str, str] = {}
    strings = _Strings(definitions)
    parents: dict[str, Entry] = {}
    at = 0
    while start := _START.search(raw, at):
        if start.group(2).lower() == "string":
            at = _read_definition(raw, start.end(), definitions)
            continue
        entry, at = _read_fields(raw, start, strings)
        if not start.group(1):
            _inherit(entry, parents, 0)
            return entry
        parents[entry.key.lower()] = entry
    raise RecordError("not a BibTeX entry")


def _read_definition(raw: str, at: int, definitions: dict[str, str]) -> int:
    name = _FIELD.match(raw, _skip(raw, at, _SPACE))
    if name is None:
        return at
    start = _skip(raw, name.end(), _SPACE)
    end = start
    while end < len(raw):
        if raw[end] in '{"':
            end = _closing(raw, end) + 1
        elif bare := _BARE.match(raw, end):
            end = bare.end()
        else:
            break
        after = _skip(raw, end, _SPACE)
        if raw[after : after + 1] != "#":
            break
        end = _skip(raw, after + 1, _SPACE)
    definitions[name.group(1).lower()] = raw[start:end]
    return end


def _read_fields(raw: str, start: re.Match[str], strings: "_Strings") -> tuple[Entry, int]:
    """The entry that begins at ``start`` and the offset of its closing delimiter."""
    closing = "}" if start.group(3) == "{" else ")"
    at = _skip(raw, start.end(), _SPACE)
    entry = Entry(start.group(2).lower(), "")
    if not _FIELD.match(raw, at):
        match = _KEY_BEFORE_FIELD.match(raw, at) or _KEY.match(raw, at)
        if match is not None:
            entry.key, at = match.group(1).strip(), match.end()
    while True:
        at = _skip(raw, at, _SEPARATORS)
        if at >= len(raw) or raw[at] == closing:
            return entry, at
        name = _FIELD.match(raw, at)
        if name is None:
            at = _skip_loose(raw, at)
            continue
        text, at = _read_value(raw, _skip(raw, name.end(), _SPACE), strings, closing)
        entry.fields.setdefault(name.group(1).lower(), single_spaced(text))


def _skip(raw: str, at: int, pattern: re.Pattern[str]) -> int:
    match = pattern.match(raw, at)
    return match.end() if match else at


def _skip_loose(raw: str, at: int) -> int:
    """Pass over text that belongs to no field."""
    if raw[at] in '{"':
        return _closing(raw, at) + 1
    match = _LOOSE.match(raw, at)
    return max(at + 1, match.end() if match else 0)


def _read_value(raw: str, at: int, strings: "_Strings", closing: str) -> tuple[str, int]:
    """The text of the value at ``at`` and the offset after it."""
    parts: list[str] = []
    size = 0
    while at < len(raw):
        if raw[at] in '{"':
            end = _closing(raw, at)
            parts.append(raw[at + 1 : end])
            at = end + 1
        elif bare := _BARE.match(raw, at):
            word, at = bare.group(), bare.end()
            if closing == ")" and word.endswith(")"):
                word, at = word[:-1], at - 1
            parts.append(strings.text(word))
        else:
            break
        size += len(parts[-1])
        if size > RECORD_LIMIT:
            raise RecordError(f"its strings grow beyond {RECORD_LIMIT >> 20} MiB")
        after = _skip(raw, at, _SPACE)
        following = raw[after : after + 1]
        if following == "#":
            at = _skip(raw, after + 1, _SPACE)
        elif following in ("", ",", closing) or _FIELD.match(raw, after):
            return "".join(parts), after
        else:  # 10 March 2020: words that nobody put in braces
            parts.append(" ")
            at = after if _BARE.match(raw, after) else _skip_loose(raw, after)
    return "".join(parts), at


def _closing(value: str, start: int) -> int:
    """Return the index of the closing brace or quote of ``start``; quotes within braces do not
    count.
    """
    quoted = value[start] == '"'
    depth = 0
    for match in (_QUOTE_OR_BRACE if quoted else _BRACE).finditer(value, start + quoted):
        if match.group() == '"':
            if not depth:
                return match.start()
            continue
        depth += 1 if match.group() == "{" else -1
        if not depth and not quoted:
            return match.start()
    raise RecordError(f"not closed: {value[start : start + 60]!r}")


class _Strings:
    """The ``@string`` definitions of one record, by name in lower case."""

    def __init__(self, definitions: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._texts: dict[str, str] = {}
        self._depth = 0

    def text(self, name: str) -> str:
        """Return the value of a name; the name itself if it is unknown or defined by itself."""
        key = name.lower()
        if key not in self._texts:
            self._texts[key] = name
            if key in self._definitions:
                self._depth += 1
                if self._depth > _DEEPEST_STRINGS:
                    raise RecordError("its strings are defined by one another in too many steps")
                value = self._definitions[key]
                self._texts[key] = _read_value(value, 0, self, "")[0]
                self._depth -= 1
        return self._texts[key]


def _inherit(entry: Entry, parents: Mapping[str, Entry], depth: int) -> None:
    if depth > 5:
        return
    for name in ("xdata", "crossref"):
        for key in entry.fields.get(name, "").split(","):
            parent = parents.get(key.strip(" {}").lower())
            if parent is None or parent is entry:
                continue
            _inherit(parent, parents, depth + 1)
            for field_name, text in _inherited(entry, parent, name):
                entry.fields.setdefault(field_name, text)


def _inherited(entry: Entry, parent: Entry, by: str) -> Iterator[tuple[str, str]]:
    """Fields of ``parent`` under the names they have in ``entry`` (BibLaTeX manual, app. B)."""
    if by == "xdata":
        yield from parent.fields.items()
        return
    titles = dict(_TITLES_OF_PARENTS)
    if parent.kind == "periodical":
        titles = {"title": "journaltitle", "subtitle": "journalsubtitle"}
    if "booktitle" not in entry.fields and parent.kind != "periodical":
        yield from (("booktitle", text) for text in [parent.fields.get("booktitle", "")] if text)
    for name, inherited in titles.items():
        if text := parent.fields.get(name, ""):
            yield inherited, text
    for name, text in parent.fields.items():
        if name not in _NOT_INHERITED and text:
            yield name, text


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


_PIECE = re.compile(r"\\[A-Za-z]+\*?\s*|\\.|\$\$?|[{}]|[^\\{}$]+", re.DOTALL)
_OPTION = re.compile(r".*\[[^\[\]]*\]\s*", re.DOTALL)
_CONTROL_WORD = re.compile(r"\\[A-Za-z]+\s*")


def without_case_braces(text: str) -> str:
    """``text`` without the braces that only keep the case of letters.

    In BibTeX a pair of braces is never the reader's. Those of a macro's argument, of a
    formula and around a macro alone (``{\\ss}``) stay, since LaTeX needs them.
    """
    if "{" not in text and "}" not in text:
        return text
    pieces = _PIECE.findall(text)
    in_formula, keep_next = False, False
    dollars = sum(piece in ("$", "$$") for piece in pieces) % 2 == 0
    stack: list[tuple[int, bool, bool]] = []
    drop: set[int] = set()
    macro_before = False
    for index, piece in enumerate(pieces):
        if piece in ("$", "$$") and dollars:
            in_formula = not in_formula
        if piece == "{":
            alone = index + 2 < len(pieces) and pieces[index + 2] == "}"
            bare = alone and _CONTROL_WORD.fullmatch(pieces[index + 1]) is not None
            argument = macro_before or keep_next
            stack.append((index, in_formula or argument or bare, argument))
            macro_before = keep_next = False
        elif piece == "}":
            if not stack:
                drop.add(index)
                continue
            opened, keep, argument = stack.pop()
            if not keep:
                drop |= {opened, index}
            keep_next = argument
            macro_before = False
        else:
            after_macro = macro_before and (not piece.strip() or _OPTION.fullmatch(piece))
            macro_before = (piece[0] == "\\" and piece[1:2] not in "{}$&%#_,;: ") or bool(
                after_macro
            )
            keep_next = False
    drop |= {opened for opened, _, _ in stack}
    return "".join(piece for index, piece in enumerate(pieces) if index not in drop)
