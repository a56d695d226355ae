"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.acl_anthology import AclAnthologySource
from broadsheet.ingest.sources.arxiv_feed import ArxivFeedSource
from broadsheet.ingest.sources.arxiv_oai import ArxivOaiSource
from broadsheet.ingest.sources.arxiv_query import ArxivQuerySource
from broadsheet.ingest.sources.biorxiv import BiorxivSource
from broadsheet.ingest.sources.crossref import CrossrefSource
from broadsheet.ingest.sources.dblp import DblpSource
from broadsheet.ingest.sources.feed import FeedSource
from broadsheet.ingest.sources.folder import FolderSource
from broadsheet.ingest.sources.hf_papers import HfPapersSource
from broadsheet.ingest.sources.openalex import OpenAlexSource
from broadsheet.ingest.sources.openreview import OpenReviewSource
from broadsheet.ingest.sources.pubmed import PubmedSource
from broadsheet.ingest.sources.semantic_scholar import SemanticScholarSource
from broadsheet.ingest.sources.source import Source
from broadsheet.ingest.sources.zotero import ZoteroSource

SOURCES: tuple[Source, ...] = (
    ArxivOaiSource(),
    ArxivQuerySource(),
    ArxivFeedSource(),
    OpenAlexSource(),
    SemanticScholarSource(),
    CrossrefSource(),
    DblpSource(),
    OpenReviewSource(),
    FeedSource(),
    FolderSource(),
    AclAnthologySource(),
    BiorxivSource(),
    HfPapersSource(),
    PubmedSource(),
    ZoteroSource(),
)
