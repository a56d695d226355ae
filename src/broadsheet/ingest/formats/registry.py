"""All formats, in the order in which detection tries them."""

from broadsheet.domain.errors import InvalidInputError
from broadsheet.ingest.formats.acl_xml import AclXml
from broadsheet.ingest.formats.arxiv_atom import ArxivAtom
from broadsheet.ingest.formats.arxiv_snapshot import ArxivSnapshot
from broadsheet.ingest.formats.beir import Beir
from broadsheet.ingest.formats.bibtex import Bibtex
from broadsheet.ingest.formats.biorxiv import Biorxiv
from broadsheet.ingest.formats.broadsheet import Broadsheet
from broadsheet.ingest.formats.crossref import Crossref
from broadsheet.ingest.formats.dblp import Dblp
from broadsheet.ingest.formats.feed import Feed
from broadsheet.ingest.formats.format import Format
from broadsheet.ingest.formats.hf_papers import HfPapers
from broadsheet.ingest.formats.oai_pmh import OaiPmh
from broadsheet.ingest.formats.openalex import OpenAlex
from broadsheet.ingest.formats.openreview import OpenReview
from broadsheet.ingest.formats.papers_jsonl import PapersJsonl
from broadsheet.ingest.formats.pubmed import Pubmed
from broadsheet.ingest.formats.result_page import ResultPage
from broadsheet.ingest.formats.ris import Ris
from broadsheet.ingest.formats.semantic_scholar import SemanticScholar
from broadsheet.ingest.formats.zotero import Zotero

FORMATS: tuple[Format, ...] = (
    ArxivAtom(),
    Feed(),
    ArxivSnapshot(),
    Biorxiv(),
    HfPapers(),
    Zotero(),
    Beir(),
    OpenAlex(),
    Crossref(),
    SemanticScholar(),
    Dblp(),
    OpenReview(),
    PapersJsonl(),
    Broadsheet(),
    OaiPmh(),
    AclXml(),
    Pubmed(),
    ResultPage(),
    Bibtex(),
    Ris(),
)


def format_names() -> str:
    """The legal names, for messages."""
    return ", ".join(each.name for each in FORMATS)


def get_format(name: str) -> Format:
    """The format with this name. Raises InvalidInputError listing the legal ones."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise InvalidInputError(f"unknown format {name!r}; the formats are {format_names()}")
