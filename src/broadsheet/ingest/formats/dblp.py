"""DBLP publications: answers of its search API in JSON.

A hit has ``info`` {``key`` ("conf/nips/VaswaniSPUJGKP17"), ``title`` (with a full
stop), ``authors`` {``author``: one or a list of {``text``}}, ``venue`` (text or list),
``year``, ``type``, ``doi``, ``ee`` (addresses), ``pages``, ``volume``, ``number``}.
There are no abstracts. Namesakes carry a number ("Wei Wang 0001"), which goes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import UNPUBLISHED, Author, Publication, Record
from broadsheet.ingest.formats.fields import (
    checked_title,
    identifiers_of,
    page_range,
    partial_date,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.jats import plain_text
from broadsheet.ingest.formats.json_answers import split_answers
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.json_values import child, present
from broadsheet.text.identifiers import parse_identifier

RECORDS = ("result", "hits", "hit")
_HITS = re.compile(rb'"hits"\s*:|"info"\s*:')
_NAMESAKE = re.compile(r"\s+\d{4}$")
_ARXIV_COPY = "journals/corr/"
_NO_PAPERS = frozenset(("Editorship", "Reference Works"))


class Dblp:
    """See the module. Source "dblp", key DBLP's key."""

    name = "dblp"

    def recognises(self, head: bytes, filename: str) -> bool:
        return (
            head.lstrip()[:1] in (b"{", b"[")
            and b"dblp.org/" in head
            and _HITS.search(head) is not None
        )

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        return split_answers(stream, RECORDS)

    def parse(self, raw: bytes) -> Record:
        info = child(json_object(raw), "info")
        key = text_of(info.get("key"))
        name = parse_identifier(key, "dblp")
        if name is None or name.scheme != "dblp":
            raise RecordError(f"{key!r} is not a key of DBLP")
        if not is_paper(info):
            raise RecordError(f"{key!r} is a volume of papers, not a paper")
        extra: dict[str, Any] = {}
        published = partial_date(text_of(info.get("year")), extra, "year")
        extra |= _extra(info)
        addresses = texts_of(info.get("ee") or [])
        return Record(
            source="dblp",
            key=key,
            title=checked_title(_text(info.get("title")).removesuffix(".")),
            authors=tuple(map(Author, _authors(info))),
            identifiers=identifiers_of(*_identifiers(name, info, addresses)),
            published=published,
            venue="" if _is_arxiv_copy(key) else next(iter(texts_of(info.get("venue") or [])), ""),
            url=next(iter(addresses), "") or text_of(info.get("url")),
            publication=_publication(info, key),
            extra=extra,
        )


def is_paper(info: Mapping[str, Any]) -> bool:
    """Whether a hit is a paper; proceedings and handbooks are listed too."""
    return text_of(info.get("type")) not in _NO_PAPERS


def _is_arxiv_copy(key: str) -> bool:
    return key.startswith(_ARXIV_COPY)


def _publication(info: Mapping[str, Any], key: str) -> Publication:
    if _is_arxiv_copy(key):
        return UNPUBLISHED
    return Publication(
        type=_TYPES.get(text_of(info.get("type")), ""),
        volume=text_of(info.get("volume")),
        number=text_of(info.get("number")),
        pages=page_range(text_of(info.get("pages"))),
        publisher=_text(info.get("publisher")),
    )


_TYPES = {
    "Journal Articles": "article", "Conference and Workshop Papers": "paper",
    "Parts in Books or Collections": "chapter", "Books and Theses": "book",
    "Editorship": "proceedings", "Reference Works": "chapter", "Data and Artifacts": "dataset",
}  # fmt: skip


def _text(value: Any) -> str:
    # The JSON holds XML's entities as they were.
    return plain_text(text_of(value))


def _authors(info: Mapping[str, Any]) -> Iterator[str]:
    listed = child(info, "authors").get("author") or []
    for each in listed if isinstance(listed, list) else [listed]:
        name = _text(each.get("text") if isinstance(each, dict) else each)
        if name := _NAMESAKE.sub("", name):
            yield name


def _identifiers(
    name: Identifier, info: Mapping[str, Any], addresses: tuple[str, ...]
) -> Iterator[Identifier | None]:
    """Its arXiv copies have keys of their own beside those of the published papers;
    as identifiers both would part one work in two, and arXiv's name is the better."""
    if not _is_arxiv_copy(text_of(info.get("key"))):
        yield name
    yield parse_identifier(text_of(info.get("doi")), "doi")
    for address in addresses:
        identifier = parse_identifier(address)
        if identifier is not None and identifier.scheme in ("arxiv", "doi", "acl", "openreview"):
            yield identifier


def _extra(info: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        {name: text_of(info.get(name)) for name in ("type", "access")}
        | {"dblp": text_of(info.get("key"))}
    )
