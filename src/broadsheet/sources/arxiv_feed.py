"""arXiv's daily feeds: today's announcements in some categories, in one request.

The feed is rebuilt at midnight in New York and has no memory: a day that was not read is lost from
it (``arxiv`` over OAI-PMH still finds it). On Saturday and Sunday it is empty, as its ``skipDays``
say. It is requested then all the same, since Friday's feed is still there for the first hours of
Saturday (UTC).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.domain.ingest import RawRecord, Rejection
from broadsheet.ingest.formats.arxiv_atom import ArxivAtom
from broadsheet.ingest.formats.faults import split_stream
from broadsheet.ingest.formats.markup import root_name
from broadsheet.net.port import Client
from broadsheet.sources.arxiv import POLICY, checked_categories
from broadsheet.sources.arxiv_listing import LISTING, QUERY, fetch_left_out, names_in
from broadsheet.sources.schedule import ARXIV_FEEDS
from broadsheet.sources.source import Page, SyncRequest

_KIND = re.compile(rb"<(?:\w+:)?announce_type[^>]*>\s*([\w-]+)\s*<")
Announcement = Literal["new", "cross", "replace", "replace-cross"]


class ArxivFeedOptions(BaseModel):
    """Settings of the source "arxiv-feed"."""

    endpoint: str = Field(
        "https://rss.arxiv.org/rss",
        description="Address of the feeds, before the categories; …/atom works too.",
    )
    categories: list[str] = Field([], description='Categories ("cs.LG") or archives ("hep-th").')
    announcements: list[Announcement] = Field(
        ["new", "cross", "replace", "replace-cross"],
        description="What to take: new papers, cross, replace and replace-cross.",
    )

    listing: str = Field(
        LISTING,
        description="Where listings of new submissions are, which are compared with what came.",
    )
    query_endpoint: str = Field(
        QUERY, description="The query API, asked for papers that were left out."
    )

    _check_categories = field_validator("categories")(checked_categories)


class ArxivFeedSource:
    """See the module."""

    name = "arxiv-feed"
    title = "arXiv (daily feed)"
    policy = replace(POLICY, rhythm=ARXIV_FEEDS)
    Options: type[BaseModel] = ArxivFeedOptions

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options = request.options
        if not options.categories:
            raise SourceRefusedError(
                "no category is set; list some under [sources.arxiv-feed] in broadsheet.toml: "
                'categories = ["cs.CL", "cs.LG"]'
            )
        address = f"{options.endpoint.rstrip('/')}/{'+'.join(options.categories)}"
        answer = client.get(address, if_changed=True)
        if answer.status == 304:
            yield from fetch_left_out(client, request, options.endpoint, (), {})
            return
        if root_name(answer.body[:65_536]) not in ("rss", "feed", "RDF"):
            start = " ".join(answer.body[:200].decode("utf-8", "replace").split())
            raise SourceRefusedError(f"{answer.address}: this is no feed: {start!r}")
        pieces = list(split_stream(ArxivAtom(), io.BytesIO(answer.body)))
        announced = [
            piece for piece in pieces if _announcement(piece) in (*options.announcements, "")
        ]
        note = "" if pieces else "the feed is empty"
        yield Page("arxiv-atom", answer.address, announced, {}, total=len(announced), note=note)
        yield from fetch_left_out(client, request, options.endpoint, names_in(pieces), {})


def _announcement(piece: RawRecord | Rejection) -> str:
    """Return "new", "cross" …; "" if none is named, as in damaged entries."""
    match = _KIND.search(piece.raw) if isinstance(piece, RawRecord) else None
    return match.group(1).decode() if match else ""
