"""A feed as Atom (RFC 4287), RSS 2.0 (https://www.rssboard.org/rss-specification) and JSON Feed 1.1
(https://www.jsonfeed.org/version/1.1/). Pure."""

import datetime as dt
import html
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from broadsheet.text.xml import clean_xml

_ATOM = "http://www.w3.org/2005/Atom"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper in a feed. Texts are plain; addresses are absolute."""

    address: str
    """The paper's page: also the entry's lasting name."""
    title: str
    standfirst: str
    abstract: str
    authors: Sequence[str]
    categories: Sequence[str]
    updated: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed to subscribe to."""

    title: str
    name: str
    """Its lasting name, an address that no other feed has."""
    page: str
    """The page that shows the same."""
    address: str
    """The feed's own."""
    entries: Sequence[Entry]
    updated: dt.datetime
    hub: str = ""
    """The WebSub hub that is told of changes; "" for none."""


def render_atom(feed: Feed) -> str:
    """The feed as Atom."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(root, _ATOM, "id", feed.name)
    _add(root, _ATOM, "title", feed.title)
    _add(root, _ATOM, "updated", _rfc3339(feed.updated))
    _add(root, _ATOM, "link", rel="self", type="application/atom+xml", href=feed.address)
    _add(root, _ATOM, "link", rel="alternate", type="text/html", href=feed.page)
    if feed.hub:
        _add(root, _ATOM, "link", rel="hub", href=feed.hub)
    _add(_add(root, _ATOM, "author"), _ATOM, "name", "Broadsheet")
    for entry in feed.entries:
        node = _add(root, _ATOM, "entry")
        _add(node, _ATOM, "id", entry.address)
        _add(node, _ATOM, "title", entry.title)
        _add(node, _ATOM, "updated", _rfc3339(entry.updated))
        _add(node, _ATOM, "link", rel="alternate", type="text/html", href=entry.address)
        for name in entry.authors:
            _add(_add(node, _ATOM, "author"), _ATOM, "name", name)
        for category in entry.categories:
            _add(node, _ATOM, "category", term=category)
        _add(node, _ATOM, "summary", entry.standfirst)
        _add(node, _ATOM, "content", _content(entry), type="html")
    return _document(root)


def render_rss(feed: Feed) -> str:
    """The feed as RSS 2.0."""
    ElementTree.register_namespace("atom", _ATOM)
    ElementTree.register_namespace("dc", _DUBLIN_CORE)
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    for name, text in (
        ("title", feed.title),
        ("link", feed.page),
        ("description", f"{feed.title}, by Broadsheet"),
        ("lastBuildDate", format_datetime(feed.updated)),
    ):
        ElementTree.SubElement(channel, name).text = clean_xml(text)
    _add(channel, _ATOM, "link", rel="self", type="application/rss+xml", href=feed.address)
    if feed.hub:
        _add(channel, _ATOM, "link", rel="hub", href=feed.hub)
    for entry in feed.entries:
        item = ElementTree.SubElement(channel, "item")
        for name, text in (
            ("title", entry.title),
            ("link", entry.address),
            ("guid", entry.address),
            ("description", _content(entry)),
            ("pubDate", format_datetime(entry.updated)),
        ):
            ElementTree.SubElement(item, name).text = clean_xml(text)
        for author in entry.authors:
            _add(item, _DUBLIN_CORE, "creator", author)
        for category in entry.categories:
            ElementTree.SubElement(item, "category").text = clean_xml(category)
    return _document(root)


def render_json(feed: Feed) -> str:
    """The feed as JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.page,
            "feed_url": feed.address,
            **({"hubs": [{"type": "WebSub", "url": feed.hub}]} if feed.hub else {}),
            "items": [
                {
                    "id": entry.address,
                    "url": entry.address,
                    "title": entry.title,
                    "summary": entry.standfirst,
                    "content_html": _content(entry),
                    "date_published": _rfc3339(entry.updated),
                    "authors": [{"name": name} for name in entry.authors],
                    "tags": list(entry.categories),
                }
                for entry in feed.entries
            ],
        },
        ensure_ascii=False,
    )


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """A format, by the ending of its address."""

    media_type: str
    render: Callable[[Feed], str]


FEED_FORMATS: Mapping[str, FeedFormat] = {
    "atom": FeedFormat("application/atom+xml", render_atom),
    "rss": FeedFormat("application/rss+xml", render_rss),
    "json": FeedFormat("application/feed+json", render_json),
}


def _content(entry: Entry) -> str:
    parts = [entry.standfirst, entry.abstract, entry.reason]
    different = [part for part in dict.fromkeys(parts) if part]
    return "".join(f"<p>{html.escape(part)}</p>" for part in different)


def _add(
    parent: ElementTree.Element, namespace: str, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    node = ElementTree.SubElement(
        parent,
        f"{{{namespace}}}{name}",
        {key: clean_xml(value) for key, value in attributes.items()},
    )
    if text:
        node.text = clean_xml(text)
    return node


def _document(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
