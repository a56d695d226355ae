"""Public catalogues of papers: their names, their pages, and how to import one paper from them."""

import shlex
from urllib.parse import quote

from broadsheet.domain.identifiers import Identifier

PATH_SAFE = "/:()@!$,;=~"
"""Characters a path may hold as they are. A DOI's "#", "?" and "<" are not among them."""

_CATALOGUES: dict[str, tuple[str, str]] = {
    "arxiv": ("arXiv", "https://arxiv.org/abs/"),
    "doi": ("DOI", "https://doi.org/"),
    "acl": ("ACL Anthology", "https://aclanthology.org/"),
    "openreview": ("OpenReview", "https://openreview.net/forum?id="),
    "s2": ("Semantic Scholar", "https://www.semanticscholar.org/paper/"),
    "openalex": ("OpenAlex", "https://openalex.org/"),
    "pmid": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/"),
    "pmcid": ("PubMed Central", "https://pmc.ncbi.nlm.nih.gov/articles/"),
    "dblp": ("DBLP", "https://dblp.org/rec/"),
}

# The address of one record in a form that `broadsheet import` reads.
_RECORDS = {
    "arxiv": "https://export.arxiv.org/api/query?id_list={}",
    "doi": "https://doi.org/{}",
    "acl": "https://aclanthology.org/{}.bib",
    "openalex": "https://api.openalex.org/works/{}",
    "pmid": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?db=pubmed&retmode=xml&id={}",
    "dblp": "https://dblp.org/rec/{}.bib",
}


def catalogue_name(identifier: Identifier) -> str:
    """Return the scheme's common name: "arXiv", "DOI" …"""
    name, _ = _CATALOGUES.get(identifier.scheme, (identifier.scheme, ""))
    return name


def catalogue_address(identifier: Identifier) -> str:
    """Return the catalogue's page of the paper, or "" for an unknown catalogue."""
    _, prefix = _CATALOGUES.get(identifier.scheme, ("", ""))
    return prefix + quote(identifier.value, safe=PATH_SAFE) if prefix else ""


def record_address(identifier: Identifier) -> str:
    """Return the address of the paper's record in a form that can be imported; "" if none is
    known. The one of a DOI answers so if BibTeX is asked for (``Accept: application/x-bibtex``)."""
    record = _RECORDS.get(identifier.scheme)
    return record.format(quote(identifier.value, safe=PATH_SAFE)) if record else ""


def import_command(identifier: Identifier) -> str:
    """Return a shell command that adds the paper from its catalogue; "" if none is known.

    >>> import_command(Identifier("doi", "10.1000/a(b)"))
    "curl -sLH 'Accept: application/x-bibtex' 'https://doi.org/10.1000/a(b)' | broadsheet import -"
    """
    if not (record := record_address(identifier)):
        return ""
    address = shlex.quote(record)
    options = "-sLH 'Accept: application/x-bibtex'" if identifier.scheme == "doi" else "-sL"
    return f"curl {options} {address} | broadsheet import -"
