"""Decide whether two records describe one work, and name papers. Pure."""

import base64
import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterable
from hashlib import blake2b

from broadsheet.catalogue.evidence import (
    OVERLAP,
    abstract_overlap,
    abstract_words,
    is_generic,
    location,
    names_two_works,
    same_work,
)
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Record, Work
from broadsheet.text.identifiers import is_preprint_doi
from broadsheet.text.titles import fold, names_match, normalise_title, title_words_overlap

SCHEMES: tuple[str, ...] = ("arxiv", "doi", "acl", "openreview", "pmid", "s2", "openalex")
"""A paper is called by its first identifier in this order, then by any other scheme."""

_RANK = {scheme: rank for rank, scheme in enumerate(SCHEMES)}

_SURENESS = {
    "arxiv": 0,
    "acl": 1,
    "openreview": 1,
    "pmid": 1,
    "s2": 3,
    "openalex": 3,
    "doi": 4,
    "preprint": 4,
}
"""How surely a shared identifier makes two records one work, surest first.

A DOI comes last: catalogues give a volume's DOI, a journal's prefix or a typing
error to many works (in the development corpus one DOI names five arXiv papers).
"""
_OTHER_SURENESS = 2

_ENTRIES = frozenset({"zotero"})
"""Schemes that name an entry in someone's library: a work may have many, and they part none."""

_TELLING_ABSTRACT = 120
"""Characters; a shorter abstract cannot tell two works of one generic title apart."""

_NOT_ALNUM = re.compile(r"[\W_]+")


def scheme_rank(scheme: str) -> int:
    return _RANK.get(scheme, len(SCHEMES))


def by_preference(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """The one that names the paper first."""
    return sorted(identifiers, key=lambda identifier: (scheme_rank(identifier.scheme), identifier))


def hash_number(content: bytes) -> int:
    """63 bits: fits a signed column of any database."""
    return int.from_bytes(blake2b(content, digest_size=8).digest()) >> 1


def title_key(record: Record, normalised: str) -> int:
    """By which records of one title are looked up; the matches are compared in full.

    A generic title ("Editorial") of a record without an abstract names a work only together
    with its place in print, so that ten thousand of them do not meet each other.
    """
    if is_generic(normalised) and len(record.abstract) < _TELLING_ABSTRACT:
        normalised = f"{normalised}\0{location(record) or record.key}"
    return hash_number(normalised.encode("utf-8", "surrogatepass"))


def local_id(normalised: str, first_author: str, distinction: str = "") -> str:
    """The name of a paper without identifiers: "local:" and 12 base32 characters.

    The same title and first author give the same name on every machine; ``distinction``
    tells apart different works that share both.
    """
    parts = [normalised, fold(first_author)]
    if distinction:
        parts.append(distinction)
    return f"local:{_base32(parts)}"


def distinct_key(record: Record, normalised: str) -> str:
    """A key for a record whose own key already names another work."""
    told_by = (
        record.authors[0].name
        if record.authors
        else " ".join(sorted(abstract_words(record.abstract)))
    )
    return f"{record.key}#{_base32([normalised, fold(told_by)])}"


def _base32(parts: Iterable[str]) -> str:
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return base64.b32encode(digest).decode().lower()[:12]


def decide_listing(work: Work, added_on: dt.date) -> PartialDate:
    """The day, month or year under which a paper is listed.

    A day named by a list of papers of the day comes first, then the publication date as far as
    it is known. A paper without any date is listed under the day on which it was added.
    """
    named = work.signals.get("hf_date") if work.signals else None
    date = PartialDate.parse(named) if isinstance(named, str) else None
    if date and date.exact():
        return date
    return work.published or PartialDate.from_date(added_on)


def apart(
    a: Collection[Identifier], b: Collection[Identifier], shared: Identifier | None = None
) -> bool:
    """Return whether identifiers show two works: different ones of the same scheme.

    If both have the identifier ``shared``, only a difference in a more reliable scheme separates
    them: two arXiv papers that give one DOI are two, one arXiv paper with two DOIs is one.
    """
    theirs = _by_scheme(b)
    for scheme, values in _by_scheme(a).items():
        surer = shared is None or _sureness(scheme) < _sureness(shared.scheme)
        if scheme in _ENTRIES:
            continue
        if surer and scheme in theirs and not values & theirs[scheme]:
            return True
    return False


def _sureness(scheme: str) -> int:
    return _SURENESS.get(scheme, _OTHER_SURENESS)


def _by_scheme(identifiers: Iterable[Identifier]) -> dict[str, set[str]]:
    grouped: dict[str, set[str]] = {}
    for identifier in identifiers:
        # A preprint's DOI and that of its journal version part no work.
        scheme = "preprint" if is_preprint_doi(identifier) else identifier.scheme
        grouped.setdefault(scheme, set()).add(identifier.value)
    return grouped


def different_work(a: Record, b: Record) -> bool:
    """Whether two records of one source and key tell of two works after all.

    True only on evidence: a surer identifier, another title, or another first
    author and another abstract. Citation keys and titles are given twice.
    """
    for identifier in a.identifiers:
        if a.key in (identifier.value, str(identifier)):
            if apart(a.identifiers, b.identifiers, identifier):
                return True
            # A catalogue's own name is certain; an identifier in a person's text may be copied.
            return a.key == str(identifier) and names_two_works(a, b, identifier)
    overlap = abstract_overlap(a, b)
    if overlap is not None and overlap >= OVERLAP:
        return False
    if title_words_overlap(a.title, b.title) < 0.5:
        return True
    normalised = normalise_title(a.title)
    if normalised == normalise_title(b.title) and location(a) and location(b):
        return not same_work(a, b, normalised)
    if not a.authors or not b.authors:
        return overlap is not None and overlap < 1 - OVERLAP
    return not names_match(a.authors[0].name, b.authors[0].name)


def alike(a: Record, b: Record) -> bool:
    """Whether two records differ in nothing but spacing, dashes and capitals."""
    return all(
        _NOT_ALNUM.sub("", fold(getattr(a, name))) == _NOT_ALNUM.sub("", fold(getattr(b, name)))
        for name in _TEXTS
    ) and (
        dataclasses.replace(a, title="", abstract="", comment="", key="")
        == dataclasses.replace(b, title="", abstract="", comment="", key="")
    )


_TEXTS = ("title", "abstract", "comment")
