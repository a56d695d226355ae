"""Identifiers: the public names of papers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A name for a paper within one scheme, in canonical form.

    ``scheme`` is lower case: ``arxiv`` (without version), ``doi`` (lower case),
    ``acl``, ``openreview``, ``s2``, ``openalex``, ``pmid``, ``pl``, ``zotero`` (an
    item of someone's library), or another catalogue's own. ``str()`` gives ``arxiv:2401.00001``.
    """

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"
