"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.arxiv_feed import ArxivFeed
from broadsheet.ingest.sources.arxiv_oai import ArxivOai
from broadsheet.ingest.sources.arxiv_query import ArxivQuery
from broadsheet.ingest.sources.feed import FeedSource
from broadsheet.ingest.sources.folder import FolderSource
from broadsheet.ingest.sources.source import Source

SOURCES: tuple[Source, ...] = (
    ArxivOai(),
    ArxivQuery(),
    ArxivFeed(),
    FeedSource(),
    FolderSource(),
)
