"""Any feeds a reader likes: RSS, Atom, JSON Feed. A failing feed does not affect the others."""

import io
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree, html
from pydantic import BaseModel, Field

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.ingest.encoding import Utf8Reader
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.feed import Feed
from broadsheet.ingest.formats.markup import root_name
from broadsheet.net.port import Answer, Client
from broadsheet.sources.schedule import Every
from broadsheet.sources.source import Page, Policy, SyncRequest
from broadsheet.sources.troubles import FAILURES, Troubles

_HEAD = 65_536
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


class FeedOptions(BaseModel):
    """Settings of the source "feed"."""

    addresses: list[str] = Field([], description="Addresses of RSS, Atom or JSON feeds.")


class FeedSource:
    """See the module."""

    name = "feed"
    title = "Feeds (RSS, Atom, JSON)"
    policy = Policy(spacing=1.0, daily_budget=2_000, rhythm=Every(3))
    Options: type[BaseModel] = FeedOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        addresses = list(dict.fromkeys(each.strip() for each in request.options.addresses))
        if not addresses:
            raise SourceRefusedError(
                "no feed is set; list some under [sources.feed] in broadsheet.toml: "
                'addresses = ["https://example.org/feed.xml"]'
            )
        troubles = Troubles()
        for address in addresses:
            try:
                answer = client.get(address, if_changed=True)
                if answer.status == 304:
                    continue
                content = _feed_of(answer)
            except FAILURES as error:
                troubles.add(address, error)
                continue
            yield Page("feed", address, list(split_stream(Feed(), io.BytesIO(content))), {})
        troubles.raise_any(len(addresses), "feeds")


def _feed_of(answer: Answer) -> bytes:
    """Return the feed in UTF-8. Raises SourceRefusedError if the answer is not a feed."""
    content = _utf8(answer)
    if Feed().recognises(content[:_HEAD], ""):
        return content
    if content.lstrip()[:1] == b"{" and b'"items"' in content:
        return content
    raise SourceRefusedError(_what_it_is(answer, content))


def _utf8(answer: Answer) -> bytes:
    _, has_charset, charset = answer.headers.get("content-type", "").lower().partition("charset=")
    charset = charset.split(";")[0].strip(" \"'")
    if has_charset and charset not in ("", "utf-8", "utf8", "us-ascii"):
        try:
            return answer.body.decode(charset, "replace").encode("utf-8", "replace")
        except LookupError:
            pass  # an unknown name says nothing; the content may
    return io.BufferedReader(Utf8Reader(io.BytesIO(answer.body))).read()


def _what_it_is(answer: Answer, content: bytes) -> str:
    if not content.strip():
        return "the answer is empty"
    if root_name(content[:_HEAD]).lower() != "html":
        start = " ".join(content[:80].decode("utf-8", "replace").split())
        return f"this is no feed; it begins {start!r}"
    named = _named_feeds(answer.address, content)
    if named:
        return f"this is a web page, not a feed; the feed it names is {' or '.join(named)}"
    return "this is a web page, not a feed, and it names none"


def _named_feeds(address: str, content: bytes) -> list[str]:
    """Addresses that a page's head gives for its feeds."""
    try:
        root = html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return []
    return [
        urljoin(address, link.get("href"))
        for link in root.iter("link")
        if link.get("type") in _FEED_TYPES and link.get("href")
    ]
