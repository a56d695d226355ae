"""Records of one paper → what readers see of it. Pure; fixed by the table below.

========================  ====================================================
field                     comes from
========================  ====================================================
title, venue, url,        the first record that has it, by ``SOURCES``; of one
comment, code_url,        source the newest version first
project_url
abstract                  the same, but whole ones before truncated ones
authors                   the same; of equal sources the longest list
published                 the same, but exact days before months before years
updated                   the latest
status                    the same; a notice of deletion or withdrawal before
                          all that its source did not say later
categories, keywords      all, each once, in that order (the first is primary)
identifiers               all, by ``identity.SCHEMES``
versions                  all; of one number the first that has a date
signals, extra            all; of one name the first
========================  ====================================================

Where no source gives a code or project link, the first found in abstract and
comment stands in. The result does not depend on the order of the records.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Author, Record, Version, Work
from broadsheet.ingest.identity import scheme_rank
from broadsheet.text.links import find_links

SOURCES: tuple[str, ...] = (
    "arxiv",
    "acl",
    "openreview",
    "crossref",
    "pubmed",
    "biorxiv",
    "openalex",
    "s2",
    "dblp",
    "papers-jsonl",
    "zotero",
    "bibtex",
    "ris",
    "hf-papers",
    "starter",
)
"""Whom to believe first: publishers and archives, then catalogues, then collections that
people keep. Zotero's items are a reader's own, edited by hand; yet they have fields where
BibTeX and RIS have lost some on the way. A source that is not named comes before "bibtex".
"""

_RANK = {source: rank for rank, source in enumerate(SOURCES)}
_UNNAMED = _RANK["bibtex"] - 0.5
_LAST = len(SOURCES)
"""For what stands in where a kept record cannot be read any more (source "")."""


def source_rank(source: str) -> float:
    """Smaller is believed first."""
    return _RANK.get(source, _UNNAMED) if source else _LAST


def _record_rank(record: Record) -> tuple[float, str, int, str]:
    newest = max((version.number for version in record.versions), default=0)
    return source_rank(record.source), record.source, -newest, record.key


def tells_of_work(record: Record) -> bool:
    """Whether a record says what its work is. A few have no title, but an abstract."""
    return bool(record.title or record.abstract)


def is_notice(record: Record) -> bool:
    """Whether a record only says that its work was deleted or withdrawn."""
    return bool(record.status) and not tells_of_work(record)


def merge_records(records: Sequence[Record]) -> Work:
    """What readers see. ``records`` must hold one that tells of the work."""
    if len(records) == 1:
        # Most papers have one record: what it says is the view, but for the order of names.
        only: Work = records[0]
        if len(only.identifiers) > 1:
            names = tuple(sorted(only.identifiers, key=_identifier_rank))
            if names != only.identifiers:
                only = dataclasses.replace(only, identifiers=names)
        return _with_links(only)
    ranked = sorted(records, key=_record_rank)
    work = Work(
        title=_first(r.title for r in ranked),
        abstract=_first(
            r.abstract for r in sorted(ranked, key=lambda r: r.abstract_truncated) if r.abstract
        ),
        authors=_authors(ranked),
        identifiers=tuple(sorted(_united(r.identifiers for r in ranked), key=_identifier_rank)),
        published=_published(ranked),
        updated=max((r.updated for r in ranked if r.updated), default=None),
        venue=_first(r.venue for r in ranked),
        url=_first(r.url for r in ranked),
        categories=_united(r.categories for r in ranked),
        keywords=_united_keywords(ranked),
        code_url=_first(r.code_url for r in ranked),
        project_url=_first(r.project_url for r in ranked),
        comment=_first(r.comment for r in ranked),
        status=_status(ranked),
        versions=_versions(ranked),
        signals=_united_mappings(r.signals for r in ranked),
        extra=_united_mappings(r.extra for r in ranked),
    )
    return _with_links(work)


def merge_sources(sources: Iterable[str]) -> tuple[str, ...]:
    """The sources of a paper, each once, the first believed first."""
    return tuple(sorted(set(sources), key=lambda source: (source_rank(source), source)))


def same_view(a: Work, b: Work) -> bool:
    """Whether readers see the same in both."""
    return all(getattr(a, name) == getattr(b, name) for name in _PLAIN_FIELDS) and all(
        _plain(getattr(a, name)) == _plain(getattr(b, name)) for name in ("signals", "extra")
    )


_PLAIN_FIELDS = tuple(
    f.name for f in dataclasses.fields(Work) if f.name not in ("signals", "extra")
)


def _plain(value: Any) -> Any:
    """JSON values as they come back from a store: tuples are lists there."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _with_links(work: Work) -> Work:
    if work.code_url and work.project_url:
        return work
    found = find_links(f"{work.abstract}\n{work.comment}" if work.comment else work.abstract)
    code = work.code_url or next(iter(found.code), "")
    project = work.project_url or next(iter(found.project), "")
    if code == work.code_url and project == work.project_url:
        return work
    return dataclasses.replace(work, code_url=code, project_url=project)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _authors(ranked: Sequence[Record]) -> tuple[Author, ...]:
    given = [record for record in ranked if record.authors]
    if not given:
        return ()
    best = source_rank(given[0].source)
    equals = [record for record in given if source_rank(record.source) == best]
    return max(equals, key=lambda record: len(record.authors)).authors


def _published(ranked: Sequence[Record]) -> PartialDate | None:
    dates = [record.published for record in ranked if record.published]
    return min(dates, key=lambda date: (not date.day, not date.month), default=None)


def _status(ranked: Sequence[Record]) -> str:
    for notice in filter(is_notice, ranked):
        said = notice.updated
        later = (
            said and record.updated and record.updated > said
            for record in ranked
            if record.source == notice.source and not is_notice(record)
        )
        if not any(later):
            return notice.status
    return _first(record.status for record in ranked if not is_notice(record))


def _identifier_rank(identifier: Identifier) -> tuple[int, Identifier]:
    return scheme_rank(identifier.scheme), identifier


def _united(groups: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(value for group in groups for value in group))


def _united_keywords(ranked: Sequence[Record]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for record in ranked:
        for keyword in record.keywords:
            seen.setdefault(keyword.casefold(), keyword)
    return tuple(seen.values())


def _versions(ranked: Sequence[Record]) -> tuple[Version, ...]:
    numbered: dict[int, Version] = {}
    for record in ranked:
        for version in record.versions:
            known = numbered.get(version.number)
            if known is None or (known.date is None and version.date is not None):
                numbered[version.number] = version
    return tuple(numbered[number] for number in sorted(numbered))


def _united_mappings(mappings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    united: dict[str, Any] = {}
    for mapping in mappings:
        for name, value in mapping.items():
            united.setdefault(name, value)
    return united
