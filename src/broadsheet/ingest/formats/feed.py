"""Any feed: RSS (0.9 to 2.0, RDF), Atom, JSON Feed.

A record's raw form is the feed's start tag (it declares the namespaces), its title and
address, and one entry; of a JSON Feed an object with its title and one item. XML is
read by feedparser, which knows the dialects; see docs/decisions/0012.
"""

import io
import re
import textwrap
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import orjson

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.errors import RecordError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.domain.paper import Author, Record
from broadsheet.ingest.formats.fields import (
    authors_of,
    checked_title,
    date_in_words,
    identifiers_of,
    single_spaced,
    text_of,
    texts_of,
)
from broadsheet.ingest.formats.format import rejection
from broadsheet.ingest.formats.html_text import html_to_text, looks_like_html
from broadsheet.ingest.formats.json_lines import json_object
from broadsheet.ingest.formats.markup import Frame, Grammar, enclose, iter_frames, root_name
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.names import given_first, split_author_list

JSON_LIMIT = 16 * 1024 * 1024
"""Bytes of a JSON Feed; it has to be read as a whole."""

_ROOTS = ("feed", "rss", "RDF")
_ENTRIES = ("entry", "item")
_ABOUT_FEED = ("title", "id", "link")
_GRAMMAR = Grammar(roots=_ROOTS, elements=(*_ENTRIES, *_ABOUT_FEED), counted=_ENTRIES)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org')
_WORLDWIDE = re.compile(r"[A-Za-z][\w+.-]*:\S+|\S*/\S*")
_PLAIN_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
_ARXIV_TAIL = re.compile(r"\.?\s*\(arXiv:\S+(?:\s+\[[^\]]*\])?(?:\s+UPDATED)?\)\s*$")
_UNTITLED = 100
"""Characters of its text that stand for the title of an entry without one."""
_NAMED_FIELDS = ("prism_", "dc_")
_MAPPED = ("dc_creator", "dc_title", "dc_description", "dc_date", "dc_subject", "prism_doi")


class Feed:
    """See the module. Source "feed", key the entry's own name, unique over all feeds."""

    name = "feed"

    def recognises(self, head: bytes, filename: str) -> bool:
        return root_name(head) in _ROOTS or _is_json_feed(head)

    def split(self, stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
        peeking = io.BufferedReader(cast(io.RawIOBase, stream), 65_536)
        try:
            if peeking.peek(1).lstrip()[:1] == b"{":
                yield from _split_json(peeking.read(JSON_LIMIT + 1))
            else:
                yield from _split_xml(peeking)
        finally:
            peeking.detach()

    def parse(self, raw: bytes) -> Record:
        return _parse_json(raw) if raw.lstrip()[:1] == b"{" else _parse_xml(raw)


def _is_json_feed(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and _JSON_FEED.search(head) is not None


def _split_xml(stream: BinaryIO) -> Iterator[RawRecord | Rejection]:
    start, about = b"", dict[str, bytes]()
    for frame in iter_frames(stream, _GRAMMAR):
        if isinstance(frame, Rejection):
            yield frame
        elif frame.kind == "root":
            start = frame.raw
        elif frame.name in _ENTRIES:
            yield RawRecord(_whole(start, about, frame), frame.position)
        elif len(frame.raw) < 2000:
            about.setdefault(frame.name, frame.raw)


def _whole(start: bytes, about: dict[str, bytes], entry: Frame) -> bytes:
    inner = b"".join((*about.values(), entry.raw))
    if entry.name == "item" and start.startswith(b"<rss"):
        inner = enclose(b"<channel>", inner)
    return enclose(start, inner)


def _split_json(content: bytes) -> Iterator[RawRecord | Rejection]:
    if len(content) > JSON_LIMIT:
        yield rejection(f"this JSON Feed has more than {JSON_LIMIT >> 20} MiB", "the whole feed")
        return
    try:
        feed = json_object(content)
    except RecordError as error:
        yield rejection(str(error), "the whole feed", content)
        return
    about = {name: feed[name] for name in ("version", "title", "home_page_url") if name in feed}
    entries = feed.get("items")
    for number, entry in enumerate(entries if isinstance(entries, list) else (), 1):
        yield RawRecord(orjson.dumps({**about, "items": [entry]}), f"item {number}")


def _parse_xml(raw: bytes) -> Record:
    # Costs a tenth of a second to import, which commands that read no feed need not pay.
    import feedparser

    feed = feedparser.parse(
        io.BytesIO(raw),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        # Markup becomes plain text below; "x<y" would be taken for a tag here.
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not feed.entries:
        raise RecordError(f"there is no entry in it that can be read{_why(feed)}")
    entry = feed.entries[0]
    text = _plain(entry.get("summary_detail"))
    if not text:
        text = next(filter(None, map(_plain, entry.get("content", ()))), "")
    title = _plain(entry.get("title_detail"))
    doi = entry.get("prism_doi") or entry.get("dc_identifier") or ""
    links = entry.get("links", ())
    addresses = [entry.get("link") or "", *(link.get("href") or "" for link in links)]
    return _record(
        title=title,
        text=text,
        names=[author.get("name") or "" for author in entry.get("authors", ())],
        dates=(_entry_date(entry, "published"), _entry_date(entry, "updated")),
        guid=entry.get("id") or "",
        addresses=[*addresses, doi],
        keywords=[tag.get("term") or tag.get("label") or "" for tag in entry.get("tags", ())],
        venue=single_spaced(entry.get("prism_publicationname") or ""),
        feed=(feed.feed.get("title") or "", feed.feed.get("link") or ""),
        extra={
            name: single_spaced(value)
            for name, value in entry.items()
            if name.startswith(_NAMED_FIELDS) and name not in _MAPPED and isinstance(value, str)
        },
    )


def _entry_date(entry: Any, name: str) -> PartialDate | None:
    # feedparser gives the publication for a change that is not told.
    return _date(entry[name], entry.get(f"{name}_parsed")) if name in entry else None


def _why(feed: Any) -> str:
    error = feed.get("bozo_exception")
    return f": {error}" if error else ""


def _parse_json(raw: bytes) -> Record:
    feed = json_object(raw)
    entries = feed.get("items")
    entry = entries[0] if isinstance(entries, list) and entries else None
    if not isinstance(entry, dict):
        raise RecordError("there is no item in it")
    text = text_of(entry.get("summary")) or text_of(entry.get("content_text"))
    people = entry.get("authors") or [entry.get("author")]
    people = people if isinstance(people, list) else [people]
    return _record(
        title=text_of(entry.get("title")),
        text=text or html_to_text(text_of(entry.get("content_html"))),
        names=[text_of(each.get("name")) for each in people if isinstance(each, dict)],
        dates=(
            _date(text_of(entry.get("date_published"))),
            _date(text_of(entry.get("date_modified"))),
        ),
        guid=text_of(entry.get("id")),
        addresses=[text_of(entry.get("url")), text_of(entry.get("external_url"))],
        keywords=texts_of(entry.get("tags") or []),
        venue="",
        feed=(text_of(feed.get("title")), text_of(feed.get("home_page_url"))),
        extra={},
    )


def _record(
    *,
    title: str,
    text: str,
    names: list[str],
    dates: tuple[PartialDate | None, PartialDate | None],
    guid: str,
    addresses: list[str],
    keywords: Any,
    venue: str,
    feed: tuple[str, str],
    extra: dict[str, Any],
) -> Record:
    feed_title, feed_address = (single_spaced(part) for part in feed)
    addresses = [address for address in map(single_spaced, addresses) if address]
    title = _ARXIV_TAIL.sub("", title) or textwrap.shorten(text, _UNTITLED, placeholder=" …")
    published, updated = dates
    guid = single_spaced(guid)
    if guid and not _WORLDWIDE.fullmatch(guid):
        guid = f"{feed_address or feed_title}#{guid}"
    if feed_title:
        extra = extra | {"feed": feed_title}
    return Record(
        source="feed",
        key=guid or next(iter(addresses), "") or title,
        title=checked_title(title),
        abstract=text,
        authors=_authors(names),
        identifiers=_identifiers([guid, *addresses]),
        published=published or updated,
        updated=updated if updated != published else None,
        venue=venue,
        url=next((each for each in addresses if each.startswith(("http://", "https://"))), ""),
        keywords=tuple(dict.fromkeys(filter(None, map(single_spaced, keywords)))),
        extra=extra,
    )


def _identifiers(names: list[str]) -> tuple[Identifier, ...]:
    # Only identifiers of the entry itself: those in its text are citations of other works.
    return identifiers_of(
        *(parse_identifier(name.removeprefix("oai:arXiv.org:")) for name in names)
    )


def _authors(names: list[str]) -> tuple[Author, ...]:
    names = [html_to_text(name) if looks_like_html(name) else name for name in names]
    # Many feeds put all authors into one field.
    separate = (
        [given_first(name) for name in names]
        if len(names) > 1
        else [part for name in names for part in split_author_list(name)]
    )
    return authors_of(dict.fromkeys(single_spaced(name) for name in separate))


def _plain(detail: Any) -> str:
    value = str(detail.get("value") or "") if detail else ""
    if detail and detail.get("type") != "text/plain" and looks_like_html(value):
        return html_to_text(value)
    return single_spaced(value)


def _date(text: str, parsed: time.struct_time | None = None) -> PartialDate | None:
    text = text.strip()
    if _PLAIN_DATE.fullmatch(text):
        return PartialDate.parse(text)
    if parsed is not None:  # UTC
        return PartialDate.parse(time.strftime("%Y-%m-%d", parsed))
    return PartialDate.parse(text) or (date_in_words(text) if text else None)
