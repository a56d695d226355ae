"""The ACL Anthology's XML: ``collection`` / ``volume`` (with ``meta``) / ``paper``.

A record's raw form is a small document of the same kind that holds one paper
and its volume's ``meta``. Markup inside titles goes: ``fixed-case`` and the
like leave their text, ``tex-math`` its text between dollar signs.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Publication, Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifier_of,
    identifiers_of,
    page_range,
    single_spaced,
)
from broadsheet.ingest.formats.markup import (
    SCRIPTS,
    Grammar,
    child_text,
    children,
    descendant,
    enclose,
    iter_frames,
    local_name,
    parse_element,
    root_name,
    script_source,
)
from broadsheet.ingest.formats.months import month_number
from broadsheet.text.identifiers import identifier_url
from broadsheet.text.links import repository_url

_GRAMMAR = Grammar(
    roots=("collection",), elements=("meta", "paper"), tags=("volume",), counted=("paper",)
)
_MAPPED = frozenset(("title", "pages", "author", "abstract", "doi", "url", "pwccode"))
_YEAR_ID = re.compile(r"\d{4}\.\w+")
_OLD_ID = re.compile(r"[A-Z]\d\d")


class AclXml:
    """See the module. Source "acl", key the Anthology's identifier."""

    name = "acl-xml"

    def recognises(self, head: bytes, filename: str) -> bool:
        return root_name(head) == "collection" and b"<volume" in head

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        collection, volume, meta = b"<collection>", b"<volume>", b""
        for frame in iter_frames(stream, _GRAMMAR):
            if isinstance(frame, Rejection):
                yield frame
            elif frame.kind == "root":
                collection = frame.raw
            elif frame.kind == "tag":
                volume, meta = frame.raw, b""
            elif frame.name == "meta":
                meta = frame.raw
            else:
                raw = enclose(collection, enclose(volume, meta, frame.raw))
                yield RawRecord(raw, frame.position)

    def parse(self, raw: bytes) -> Record:
        collection = parse_element(raw)
        volume, paper = descendant(collection, "volume"), descendant(collection, "paper")
        if volume is None or paper is None:
            raise RecordError("no paper within a volume")
        meta = next(iter(children(volume, "meta")), None)
        identifier = _identifier(collection, volume, paper)
        code = _attribute(paper, "pwccode", "url")
        return Record(
            source="acl",
            key=identifier.value,
            title=checked_title(_marked_up(paper, "title")),
            abstract=_marked_up(paper, "abstract"),
            authors=tuple(a for each in children(paper, "author") if (a := _author(each))),
            identifiers=identifiers_of(identifier, identifier_of(child_text(paper, "doi"), "doi")),
            published=None if meta is None else _date(paper, meta),
            venue="" if meta is None else _marked_up(meta, "booktitle"),
            url=identifier_url(identifier) or "",
            code_url=repository_url(code) or "",
            status=_status(paper),
            publication=_publication(paper, meta),
            extra=_extra(paper, meta),
        )


def _attribute(element: Any, name: str, attribute: str) -> str:
    return next((each.get(attribute) or "" for each in children(element, name)), "")


def _identifier(collection: Any, volume: Any, paper: Any) -> Identifier:
    """As the Anthology forms it: "2020.acl-main.1", "P19-1001", "W18-0101"."""
    where, number, name = collection.get("id") or "", volume.get("id") or "", paper.get("id") or ""
    if _YEAR_ID.fullmatch(where) and number and name.isdecimal():
        return Identifier("acl", f"{where}-{number}.{int(name)}".lower())
    if _OLD_ID.fullmatch(where) and number.isdecimal() and name.isdecimal():
        # Workshops have two digits of volume and two of paper, the others one and three.
        wide = where[0] == "W" or where == "C69" or (where == "D19" and int(number) >= 5)
        last = f"{int(number):02d}{int(name):02d}" if wide else f"{int(number)}{int(name):03d}"
        return Identifier("acl", f"{where}-{last}")
    raise RecordError(f"collection {where!r}, volume {number!r}, paper {name!r} name no paper")


def _marked_up(element: Any, name: str) -> str:
    for child in children(element, name):
        return single_spaced(_flat(child))
    return ""


def _flat(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        name = local_name(child)
        inner = _flat(child) if name else ""
        if name in SCRIPTS:
            inner = script_source(name, inner)
        parts.append(f"${inner}$" if name == "tex-math" else inner)
        parts.append(child.tail or "")
    return "".join(parts)


def _author(element: Any) -> Author | None:
    name = " ".join(filter(None, (child_text(element, "first"), child_text(element, "last"))))
    return Author(name, child_text(element, "affiliation")) if name else None


def _date(paper: Any, meta: Any) -> PartialDate | None:
    year = child_text(paper, "year") or child_text(meta, "year")
    date = PartialDate.parse(year)
    month = month_number(child_text(paper, "month") or child_text(meta, "month"))
    return PartialDate(date.year, month) if date and month else date


def _publication(paper: Any, meta: Any) -> Publication:
    def of_volume(name: str) -> str:
        return "" if meta is None else child_text(meta, name)

    editors = () if meta is None else tuple(map(_author, children(meta, "editor")))
    return Publication(
        type="paper" if meta is not None and children(meta, "booktitle") else "",
        pages=page_range(child_text(paper, "pages")),
        publisher=of_volume("publisher"),
        place=of_volume("address"),
        isbn=of_volume("isbn"),
        editors=tuple(each for each in editors if each is not None),
    )


def _status(paper: Any) -> str:
    for name, status in (("retracted", "retracted"), ("removed", "withdrawn")):
        if children(paper, name):
            return status
    return ""


def _extra(paper: Any, meta: Any) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    for child in paper:
        name = local_name(child)
        text = single_spaced(_flat(child)) if name else ""
        if text and name not in _MAPPED:
            texts.setdefault(name, []).append(text)
    extra: dict[str, Any] = {
        name: all_[0] if len(all_) == 1 else all_ for name, all_ in texts.items()
    }
    if meta is not None:
        for name in ("month", "year", "venue"):
            if text := child_text(meta, name):
                extra.setdefault(name, text)
    return extra
