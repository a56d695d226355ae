"""Papers in the HTML of a result page: headings, the link in them, the paragraph after them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html

from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.fields import identifier_of, single_spaced
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.lines import Line

PAGE_LIMIT = 16 * 1024 * 1024
"""Bytes; a page of 250 papers has less than 2 MiB."""

_IGNORED = frozenset(("script", "style", "noscript", "template", "nav", "footer", "header"))
_PAPER_LINK = re.compile(r"(?:^|/)papers/([^/?#]+)")
_ABSTRACT_CLASS = re.compile(r"\babstract\b", re.IGNORECASE)
_LEAST_ABSTRACT = 60
"""Characters; shorter paragraphs are bylines and buttons."""


@dataclass
class _Candidate:
    title: str
    line: int
    address: str = ""
    paragraphs: list[str] = field(default_factory=list)

    def is_paper(self) -> bool:
        return bool(self.title) and (bool(self.address) or bool(self.abstract()))

    def abstract(self) -> str:
        longest = max(self.paragraphs, key=len, default="")
        return longest if len(longest) >= _LEAST_ABSTRACT or self.address else ""


def split_html(lines: Iterator[Line | Rejection]) -> Iterator[RawRecord | Rejection]:
    """The papers of one page, as ``result-page`` frames them.

    A heading with a link to a paper, or with an abstract after it, is a paper's title;
    in a page without such headings, the text of a link to a paper.
    """
    page = bytearray()
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        page += line.text + b"\n"
        if len(page) > PAGE_LIMIT:
            reason = f"this HTML page has more than {PAGE_LIMIT >> 20} MiB"
            yield rejection(reason, f"line {line.number}")
            return
    try:
        parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        root = html.document_fromstring(bytes(page), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        yield rejection(f"HTML that cannot be read: {error}", "line 1", bytes(page))
        return
    count = 0
    # If no heading is a title, use the links to papers.
    for is_title in (_is_heading, _is_paper_link):
        if count:
            break
        for candidate in filter(_Candidate.is_paper, _candidates(root, is_title)):
            count += 1
            parts = (candidate.title, candidate.abstract(), candidate.address)
            yield RawRecord(
                "\n".join(parts).rstrip("\n").encode(), f"paper {count}, line {candidate.line}"
            )
    if not count:
        yield rejection("an HTML page without papers in it", "line 1", bytes(page))


def _is_heading(element: Any) -> bool:
    return element.tag in ("h1", "h2", "h3", "h4")


def _is_paper_link(element: Any) -> bool:
    named = _PAPER_LINK.search(element.get("href") or "") if element.tag == "a" else None
    return named is not None and len(_text(element).split()) > 1


def _candidates(root: Any, is_title: Callable[[Any], bool]) -> Iterator[_Candidate]:
    """Titles in document order, each with the paragraphs up to the next or its article's end."""
    current: _Candidate | None = None
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _IGNORED:
            skipped += 1 if event == "start" else -1
        elif skipped:
            continue
        elif tag == "article" and current is not None:
            yield current
            current = None
        elif event == "start" and tag and is_title(element):
            if current is not None:
                yield current
            current = _Candidate(_text(element), element.sourceline or 1, _address(element))
        elif event == "start" and current is not None and _is_paragraph(tag, element):
            current.paragraphs.append(_text(element))
    if current is not None:
        yield current


def _is_paragraph(tag: str, element: Any) -> bool:
    return tag in ("p", "blockquote") or (
        tag in ("div", "section") and bool(_ABSTRACT_CLASS.search(element.get("class") or ""))
    )


def _text(element: Any) -> str:
    return single_spaced("".join(element.itertext()))


def _address(heading: Any) -> str:
    """The paper that the heading, or the link around it, leads to, as "arxiv:…" or an address."""
    links = [*heading.iter("a"), *heading.iterancestors("a")]
    for link in links:
        target = (link.get("href") or "").strip()
        named = _PAPER_LINK.search(target)
        identifier = identifier_of(named.group(1), "arxiv") if named else identifier_of(target)
        if identifier is not None and identifier.scheme not in (
            "http",
            "https",
            "javascript",
            "mailto",
        ):
            return str(identifier)
    return ""
