"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.acl_anthology import AclAnthology
from broadsheet.ingest.sources.arxiv_feed import ArxivFeed
from broadsheet.ingest.sources.arxiv_oai import ArxivOai
from broadsheet.ingest.sources.arxiv_query import ArxivQuery
from broadsheet.ingest.sources.biorxiv import Biorxiv
from broadsheet.ingest.sources.crossref import CrossrefSource
from broadsheet.ingest.sources.dblp import DblpSource
from broadsheet.ingest.sources.feed import FeedSource
from broadsheet.ingest.sources.folder import FolderSource
from broadsheet.ingest.sources.hf_papers import HfPapers
from broadsheet.ingest.sources.openalex import OpenAlexSource
from broadsheet.ingest.sources.openreview import OpenReviewSource
from broadsheet.ingest.sources.pubmed import Pubmed
from broadsheet.ingest.sources.semantic_scholar import SemanticScholarSource
from broadsheet.ingest.sources.source import Source
from broadsheet.ingest.sources.zotero import Zotero

SOURCES: tuple[Source, ...] = (
    ArxivOai(),
    ArxivQuery(),
    ArxivFeed(),
    OpenAlexSource(),
    SemanticScholarSource(),
    CrossrefSource(),
    DblpSource(),
    OpenReviewSource(),
    FeedSource(),
    FolderSource(),
    AclAnthology(),
    Biorxiv(),
    HfPapers(),
    Pubmed(),
    Zotero(),
)
