"""Records of one paper → what readers see of it, and whence each field comes.

Pure; fixed by the table below. Of each source only what speaks now counts (see
``states``): its newest state, and where its accounts differ, the fuller behind the newer.

========================  ====================================================
field                     comes from
========================  ====================================================
title, venue, url,        the first record that has it, by ``SOURCES``
comment, code_url,
project_url
abstract                  the same, but whole ones before truncated ones
authors                   the same; of equal sources the longest list; a first author
                          alone gives way to a list that begins with the same name
published                 the same, but exact days before months before years;
                          of one source the earliest
updated                   the latest; of a record that names its version, the
                          day of that version where any record knows it
status                    the gravest mark (see ``standing``), then the same; a
                          notice counts until its source says something later.
                          "Withdrawn" and "removed" count where no source that
                          is believed more still has the work
categories                all, each once, in that order (the first is primary);
                          of one source the newest list
keywords                  all, each once, in that order
identifiers               all, by ``identity.SCHEMES``
versions                  all that were ever told of
publication               the first record that tells of it; fields it leaves open
                          from others of the same type and volume
signals, extra            all; of one name the first
========================  ====================================================

Where no source gives a code or project link, the first found in abstract and
comment stands in. The result does not depend on the order of the records.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from broadsheet.catalogue.identity import scheme_rank
from broadsheet.catalogue.retractions import SUBMISSIONS, mark_of, mark_of_status
from broadsheet.catalogue.versions import (
    Speaker,
    choose_speakers,
    is_notice,
    newest_version,
    said_on,
    unite_versions,
)
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import (
    MARKS,
    REMOVED,
    UNPUBLISHED,
    WITHDRAWN,
    Publication,
    Record,
    Work,
)
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
    "broadsheet",
    "zotero",
    "bibtex",
    "ris",
    "hf-papers",
    "starter",
)
"""Sources by precedence: publishers and archives, then catalogues, then personal collections.

Zotero's items are edited by hand; yet they have fields that BibTeX and RIS lose on the way. A
source that is not named comes before "bibtex".
"""

_RANK = {source: rank for rank, source in enumerate(SOURCES)}
_UNNAMED = _RANK["bibtex"] - 0.5
_LAST = len(SOURCES)
"""Precedence of the stand-in for a stored record that can no longer be read (source "")."""


def source_rank(source: str) -> float:
    """Smaller is believed first."""
    return _RANK.get(source, _UNNAMED) if source else _LAST


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """A field as readers see it, and the records it was taken from, the first believed first."""

    value: Any
    records: tuple[Record, ...]


def merge_records(records: Sequence[Record]) -> Work:
    """Return the paper that readers see. ``records`` must hold one that describes the work."""
    if len(records) == 1 and not _is_marked(records[0]):
        # Most papers have one record: it is the view, but for the order of names.
        only: Work = records[0]
        if len(only.identifiers) > 1:
            names = tuple(sorted(only.identifiers, key=_identifier_rank))
            if names != only.identifiers:
                only = dataclasses.replace(only, identifiers=names)
        return _with_links(only)
    fields = choose_fields(records)
    return Work(**{name: choice.value for name, choice in fields.items()})


def choose_fields(records: Sequence[Record]) -> dict[str, Chosen]:
    """Every field of ``Work``, with the records it comes from."""
    ranked = sorted(records, key=lambda r: (source_rank(r.source), r.source, r.key, r.account))
    speakers = choose_speakers([record for record in ranked if not is_notice(record)])
    speaking = [speaker.record for speaker in speakers]
    fields = {
        name: _first(name, speaking)
        for name in ("title", "venue", "url", "comment", "code_url", "project_url")
    }
    whole_first = sorted(speaking, key=lambda record: record.abstract_truncated)
    fields["abstract"] = _first("abstract", whole_first)
    fields["authors"] = _authors(speaking)
    fields["identifiers"] = _united("identifiers", ranked, by=_identifier_rank)
    fields["published"] = _published(ranked)
    fields["updated"] = _updated(ranked)
    fields["categories"] = _united("categories", _newest_lists(speaking))
    fields["keywords"] = _keywords(speaking)
    fields["status"] = _status(speakers, [record for record in ranked if is_notice(record)])
    with_versions = tuple(record for record in ranked if record.versions)
    fields["versions"] = Chosen(unite_versions(with_versions), with_versions)
    fields["publication"] = _publication(speaking)
    fields["signals"] = _united_mappings("signals", speaking)
    fields["extra"] = _united_mappings("extra", speaking)
    _add_links(fields)
    return fields


def merge_sources(sources: Iterable[str]) -> tuple[str, ...]:
    """The sources of a paper, each once, the first believed first."""
    return tuple(sorted(set(sources), key=lambda source: (source_rank(source), source)))


def same_view(a: Work, b: Work) -> bool:
    """Whether readers see the same in both."""
    return all(getattr(a, name) == getattr(b, name) for name in _PLAIN_FIELDS) and all(
        _plain(getattr(a, name)) == _plain(getattr(b, name)) for name in ("signals", "extra")
    )


def same_for_followers(a: Work, b: Work) -> bool:
    """Whether indexes and harvesters need not hear that one took the place of the other."""
    same_fields = all(getattr(a, name) == getattr(b, name) for name in _FOLLOWED_FIELDS)
    return same_fields and a.report_number == b.report_number


UNFOLLOWED = ("signals", "extra")
"""Fields that catalogues refresh daily; of ``extra`` the report number alone counts."""

_FOLLOWED_FIELDS = tuple(f.name for f in dataclasses.fields(Work) if f.name not in UNFOLLOWED)
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


def _is_marked(record: Record) -> bool:
    return bool(mark_of(record) or mark_of_status(record.status))


def _with_links(work: Work) -> Work:
    if work.code_url and work.project_url:
        return work
    links = find_links(f"{work.abstract}\n{work.comment}" if work.comment else work.abstract)
    code = work.code_url or next(iter(links.code), "")
    project = work.project_url or next(iter(links.project), "")
    if code == work.code_url and project == work.project_url:
        return work
    return dataclasses.replace(work, code_url=code, project_url=project)


def _add_links(fields: dict[str, Chosen]) -> None:
    abstract, comment = fields["abstract"], fields["comment"]
    if fields["code_url"].value and fields["project_url"].value:
        return
    for field in (abstract, comment):
        field_links = find_links(field.value)
        for name, links in (("code_url", field_links.code), ("project_url", field_links.project)):
            if links and not fields[name].value:
                fields[name] = Chosen(links[0], field.records)


def _first(name: str, ranked: Iterable[Record]) -> Chosen:
    return next(
        (Chosen(value, (record,)) for record in ranked if (value := getattr(record, name))),
        Chosen("", ()),
    )


def _authors(ranked: Sequence[Record]) -> Chosen:
    with_authors = [record for record in ranked if record.authors]
    if not with_authors:
        return Chosen((), ())
    # Of one key the newest state leads, however short its list has become.
    best, keys = source_rank(with_authors[0].source), set()
    equals = []
    for record in with_authors:
        if source_rank(record.source) == best and (record.source, record.key) not in keys:
            keys.add((record.source, record.key))
            equals.append(record)
    longest = max(equals, key=lambda record: len(record.authors))
    if len(longest.authors) == 1:
        first = longest.authors[0].name.casefold()
        longer = (
            r for r in with_authors if len(r.authors) > 1 and r.authors[0].name.casefold() == first
        )
        longest = next(longer, longest)
    return Chosen(longest.authors, (longest,))


def _published(ranked: Sequence[Record]) -> Chosen:
    dated = [(record.published, record) for record in ranked if record.published]
    if not dated:
        return Chosen(None, ())

    def order(pair: tuple[PartialDate, Record]) -> tuple[Any, ...]:
        date, record = pair
        return not date.day, not date.month, source_rank(record.source), record.source, date

    date, record = min(dated, key=order)
    return Chosen(date, (record,))


def _updated(ranked: Sequence[Record]) -> Chosen:
    dates = {version.number: version.date for version in unite_versions(ranked)}
    dated = [
        (dates.get(newest_version(record)) or record.updated, record)
        for record in ranked
        if record.updated
    ]
    latest = max((date for date, _ in dated if date), default=None)
    return Chosen(latest, tuple(record for date, record in dated if date == latest)[:1])


def _newest_lists(speaking: Sequence[Record]) -> Iterator[Record]:
    """Of each key the first record with categories: its source's latest word on them."""
    sources_seen = set()
    for record in speaking:
        name = (record.source, record.key)
        if record.categories and name not in sources_seen:
            sources_seen.add(name)
            yield record


def _status(speakers: Sequence[Speaker], notices: Sequence[Record]) -> Chosen:
    standing = [notice for notice in notices if _stands(notice, speakers)]
    marks = [(mark_of_status(notice.status), notice) for notice in standing]
    marks = [(mark, record) for mark, record in marks if mark] + [*_record_marks(speakers)]
    if marks:
        mark, record = min(marks, key=lambda pair: MARKS.index(pair[0]))
        return Chosen(mark, (record,))
    for record in [*standing, *(speaker.record for speaker in speakers)]:
        # A venue's "Withdraw" must not read as if the work itself were withdrawn.
        taken_back = mark_of_status(record.status)
        if record.status and not taken_back:
            return Chosen(record.status, (record,))
        if taken_back and record.source in SUBMISSIONS:
            return Chosen(f"submission {taken_back}", (record,))
    return Chosen("", ())


def _stands(notice: Record, speakers: Sequence[Speaker]) -> bool:
    """Whether its source has said nothing later, and who is believed more does not object."""
    said_day = said_on(notice)
    for speaker in speakers:
        later = said_on(speaker.record) if speaker.record.source == notice.source else None
        if said_day and later and later > said_day:
            return False
    return _counts(mark_of_status(notice.status) or REMOVED, notice, speakers)


def _record_marks(speakers: Sequence[Speaker]) -> Iterator[tuple[str, Record]]:
    published = any(
        speaker.record.source not in SUBMISSIONS or _has_public_name(speaker.record)
        for speaker in speakers
    )
    for speaker in speakers:
        record = speaker.record
        mark = mark_of(record) if speaker.newest else ""
        if not mark and not published:
            mark = mark_of_status(record.status)
        if mark and _counts(mark, record, speakers):
            yield mark, record


def _has_public_name(record: Record) -> bool:
    return any(name.scheme in ("arxiv", "doi", "acl", "pmid") for name in record.identifiers)


def _counts(mark: str, record: Record, speakers: Sequence[Speaker]) -> bool:
    """Whether no source that is believed more still has a work said to be gone."""
    if mark not in (WITHDRAWN, REMOVED):
        return True
    rank = source_rank(record.source)
    return not any(
        source_rank(speaker.record.source) < rank and speaker.newest and not mark_of(speaker.record)
        for speaker in speakers
    )


def _identifier_rank(identifier: Identifier) -> tuple[int, Identifier]:
    return scheme_rank(identifier.scheme), identifier


def _united(name: str, ranked: Iterable[Record], by: Callable[[Any], Any] | None = None) -> Chosen:
    with_value = [record for record in ranked if getattr(record, name)]
    values = dict.fromkeys(value for record in with_value for value in getattr(record, name))
    return Chosen(tuple(sorted(values, key=by) if by else values), tuple(with_value))


def _keywords(ranked: Sequence[Record]) -> Chosen:
    keywords: dict[str, str] = {}
    for record in ranked:
        for keyword in record.keywords:
            keywords.setdefault(keyword.casefold(), keyword)
    return Chosen(tuple(keywords.values()), tuple(r for r in ranked if r.keywords))


def _publication(ranked: Sequence[Record]) -> Chosen:
    candidates = [record for record in ranked if record.publication != UNPUBLISHED]
    if not candidates:
        return Chosen(UNPUBLISHED, ())
    publication, records = candidates[0].publication, [candidates[0]]
    for record in candidates[1:]:
        other = record.publication
        if not all(_agree(publication, other, name) for name in ("type", "volume", "isbn")):
            continue
        gaps = {
            name: value
            for name in _PUBLICATION_FIELDS
            if not getattr(publication, name) and (value := getattr(other, name))
        }
        if gaps:
            publication = dataclasses.replace(publication, **gaps)
            records.append(record)
    return Chosen(publication, tuple(records))


_PUBLICATION_FIELDS = tuple(field.name for field in dataclasses.fields(Publication))


def _agree(a: Publication, b: Publication, name: str) -> bool:
    """Whether two publications do not contradict each other in a field."""
    left, right = getattr(a, name), getattr(b, name)
    return not left or not right or left == right


def _united_mappings(name: str, ranked: Sequence[Record]) -> Chosen:
    united: dict[str, Any] = {}
    with_mapping = []
    for record in ranked:
        new = {key: value for key, value in getattr(record, name).items() if key not in united}
        if new:
            united |= new
            with_mapping.append(record)
    return Chosen(united, tuple(with_mapping))
