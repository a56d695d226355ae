"""All sources. A new one adds its line here and its row to docs/guides/sources.md."""

from broadsheet.ingest.sources.acl_anthology import AclAnthology
from broadsheet.ingest.sources.biorxiv import Biorxiv
from broadsheet.ingest.sources.hf_papers import HfPapers
from broadsheet.ingest.sources.pubmed import Pubmed
from broadsheet.ingest.sources.source import Source
from broadsheet.ingest.sources.zotero import Zotero

SOURCES: tuple[Source, ...] = (
    AclAnthology(),
    Biorxiv(),
    HfPapers(),
    Pubmed(),
    Zotero(),
)
