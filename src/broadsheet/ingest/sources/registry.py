"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.crossref import CrossrefSource
from broadsheet.ingest.sources.dblp import DblpSource
from broadsheet.ingest.sources.openalex import OpenAlexSource
from broadsheet.ingest.sources.openreview import OpenReviewSource
from broadsheet.ingest.sources.semantic_scholar import SemanticScholarSource
from broadsheet.ingest.sources.source import Source

SOURCES: tuple[Source, ...] = (
    OpenAlexSource(),
    SemanticScholarSource(),
    CrossrefSource(),
    DblpSource(),
    OpenReviewSource(),
)
