"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.sources.acl_anthology import AclAnthologySource
from broadsheet.sources.arxiv_feed import ArxivFeedSource
from broadsheet.sources.arxiv_oai import ArxivOaiSource
from broadsheet.sources.arxiv_query import ArxivQuerySource
from broadsheet.sources.biorxiv import BiorxivSource
from broadsheet.sources.broadsheet import BroadsheetSource
from broadsheet.sources.crossref import CrossrefSource
from broadsheet.sources.dblp import DblpSource
from broadsheet.sources.feed import FeedSource
from broadsheet.sources.folder import FolderSource
from broadsheet.sources.hf_papers import HfPapersSource
from broadsheet.sources.openalex import OpenAlexSource
from broadsheet.sources.openreview import OpenReviewSource
from broadsheet.sources.pubmed import PubmedSource
from broadsheet.sources.semantic_scholar import SemanticScholarSource
from broadsheet.sources.source import Source
from broadsheet.sources.zotero import ZoteroSource

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
    BroadsheetSource(),
    PubmedSource(),
    ZoteroSource(),
)
