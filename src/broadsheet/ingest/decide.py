"""A batch of records and the library → what is to be written.

Every record of a batch becomes one of

* **new**: no paper was found for it;
* **duplicate**: kept already, or what readers see stays the same;
* **updated**: what readers see changed, or two papers turned out to be one.

Records are taken in order, each against the library as the ones before it left
it, so the size of batches does not matter. Nothing is written here: the library
is asked for everything the batch may touch, in a few queries, and a ``Plan``
comes out.

Which paper. The record kept under the same source and key; the owner of one of
its identifiers (``identity.apart`` tells when that does not count); a paper with
a record of equal title and the same first author or abstract
(``identity.same_work``). Where several are found they are one paper, unless
identifiers show them apart: then the record goes to the earlier ones. The oldest
keeps its id, the others redirect to it.

What came once is no news. A file may hold several states of a record; the later
replaces the earlier, and every content that came under a name is remembered.
When the file is imported again, wholly or after a crash, the earlier states are
duplicates and change nothing. Only where a content comes back in the very place
of the one that replaced it (someone undid an edit) is it taken again.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import (
    Arrival,
    Merger,
    PaperWrite,
    Plan,
    RecordStamp,
    RecordWrite,
    Rejection,
    StoredPaper,
)
from broadsheet.domain.paper import Record, Work
from broadsheet.domain.ports import Library
from broadsheet.ingest.identity import (
    alike,
    apart,
    by_preference,
    different_work,
    distinct_key,
    hash_number,
    is_older,
    listing_day,
    same_work,
    title_key,
)
from broadsheet.ingest.merge import (
    is_notice,
    merge_records,
    merge_sources,
    same_view,
    tells_of_work,
)
from broadsheet.ingest.working import (
    Entry,
    Fresh,
    Name,
    PaperState,
    as_kept,
    default_id,
    local_ids,
    name_of,
)
from broadsheet.text.titles import normalise_title

_UNTITLED = 200
"""Characters of the abstract that stand for the title of a work without one."""

Parse = Callable[[str, bytes], Record]
"""Format name and raw bytes → record. Raises BroadsheetError where it cannot."""


class Decider:
    """Implements Decide. ``parse`` reads kept records again when papers are merged."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def __call__(self, arrivals: Sequence[Arrival], library: Library, now: dt.datetime) -> Plan:
        return _Batch(self._parse, library, now).decide(arrivals)


class _Batch:
    """One decision: what was looked up, and what became of it record by record."""

    def __init__(self, parse: Parse, library: Library, now: dt.datetime) -> None:
        self._parse = parse
        self._library = library
        self._now = now
        self._plan = Plan()
        self._entries: dict[Name, Entry] = {}
        self._owners: dict[Identifier, PaperState] = {}
        self._titles: dict[int, list[PaperState]] = {}
        self._papers: list[PaperState] = []
        self._written: dict[Name, Entry] = {}
        self._seen: dict[Name, set[int]] = {}
        self._claims: list[tuple[Identifier, PaperState]] = []
        self._taken: set[str] = set()

    def decide(self, arrivals: Sequence[Arrival]) -> Plan:
        names = [name_of(arrival.record) for arrival in arrivals]
        kept = self._library.find_records(set(names))
        fresh = list(self._fresh(arrivals, names, kept))
        if not fresh:
            return self._plan
        changed = {each.name for each in fresh if each.name in kept}
        if changed:
            found = self._library.find_seen(changed)
            self._seen = {name: set(contents) for name, contents in found.items()}
        self._look_up(fresh, {kept[name].paper for name in changed})
        for arrival in fresh:
            self._take(arrival)
        self._finish()
        return self._plan

    # What the batch may touch

    def _fresh(
        self, arrivals: Sequence[Arrival], names: Sequence[Name], kept: Mapping[Name, RecordStamp]
    ) -> Iterator[Fresh]:
        contents = [hash_number(arrival.raw.raw) for arrival in arrivals]
        for arrival, name, content in zip(arrivals, names, contents, strict=True):
            stamp = kept.get(name)
            if stamp is not None and stamp.content == content:
                self._plan.duplicates += 1
                continue
            record = arrival.record
            title = normalise_title(record.title or record.abstract[:_UNTITLED])
            yield Fresh(arrival, name, content, title, title_key(title))

    def _look_up(self, fresh: Sequence[Fresh], keys: set[int]) -> None:
        wanted = {i for each in fresh for i in each.arrival.record.identifiers}
        owners = self._library.find_by_identifiers(wanted)
        titles = self._library.find_by_title_keys({each.title_key for each in fresh})
        keys = keys.union(owners.values(), *titles.values())
        loaded = self._library.load(keys) if keys else {}
        papers = {key: self._known(stored) for key, stored in loaded.items()}
        self._owners = {identifier: papers[key] for identifier, key in owners.items()}
        self._titles = {each: [papers[key] for key in of] for each, of in titles.items()}
        self._taken = set(self._library.find_ids(local_ids(fresh)))

    def _known(self, stored: StoredPaper) -> PaperState:
        paper = PaperState(stored.paper.key, stored.paper.id, stored.paper.added_at)
        paper.view = stored.paper
        paper.sources = stored.paper.sources
        paper.identifiers.update(stored.paper.identifiers)
        paper.stored = True
        for kept in stored.records:
            entry = Entry((kept.source, kept.key), paper, kept.content)
            entry.stored = kept
            paper.entries.append(entry)
            self._entries[entry.name] = entry
        self._papers.append(paper)
        return paper

    # One record

    def _take(self, fresh: Fresh) -> None:
        record = fresh.arrival.record
        if self._is_unheard_of(fresh):
            self._create(fresh.name, fresh)
            return
        if not tells_of_work(record) and not is_notice(record):
            self._refuse(fresh, "it has neither title nor abstract")
            return
        name = fresh.name
        entry = self._entries.get(name)
        if entry is not None and self._is_no_news(entry, fresh):
            self._plan.duplicates += 1
            return
        if entry is not None and self._tells_of_another(entry, record):
            self._remember(name, fresh.content)
            name = (record.source, distinct_key(record, fresh.title))
            if name not in self._seen:
                self._seen[name] = set(self._library.find_seen([name]).get(name, ()))
            entry = self._entries.get(name)
            if entry is not None and self._is_no_news(entry, fresh):
                self._plan.duplicates += 1
                return
        found = self._matches(fresh, entry.paper.root() if entry else None)
        if found:
            self._extend(found, entry, name, fresh)
        elif is_notice(record):
            self._refuse(fresh, f"it only says {record.status!r} of a work not in this library")
        else:
            self._create(name, fresh)

    def _is_unheard_of(self, fresh: Fresh) -> bool:
        """The common case, told quickly: nothing leads to any paper."""
        record = fresh.arrival.record
        return (
            tells_of_work(record)
            and fresh.name not in self._entries
            and fresh.title_key not in self._titles
            and self._owners.keys().isdisjoint(record.identifiers)
        )

    def _tells_of_another(self, entry: Entry, record: Record) -> bool:
        if not tells_of_work(record):
            return False
        known = self._record_of(entry)
        return known is not None and tells_of_work(known) and different_work(record, known)

    def _is_no_news(self, entry: Entry, fresh: Fresh) -> bool:
        if entry.content == fresh.content:
            return True
        if fresh.content in self._seen.get(entry.name, ()) and not entry.stands_at(fresh.arrival):
            return True
        known = self._record_of(entry)
        record = fresh.arrival.record
        if known is None or not (is_older(record, known) or alike(record, known)):
            return False
        self._remember(entry.name, fresh.content)
        return True

    def _remember(self, name: Name, content: int) -> None:
        seen = self._seen.setdefault(name, set())
        if content not in seen:
            seen.add(content)
            self._plan.seen.append((*name, content))

    def _matches(self, fresh: Fresh, owner: PaperState | None) -> list[PaperState]:
        """The papers this record tells of, oldest first."""
        record = fresh.arrival.record
        found = [owner] if owner else []
        seen = set(record.identifiers)
        if owner:
            seen |= owner.identifiers
        for identifier in by_preference(record.identifiers):
            holder = self._owners.get(identifier)
            paper = holder.root() if holder else None
            if paper and paper not in found and not apart(seen, paper.identifiers, identifier):
                found.append(paper)
                seen |= paper.identifiers
        if not record.title:
            return sorted(found, key=lambda paper: paper.key)
        for candidate in self._titles.get(fresh.title_key, ()):
            paper = candidate.root()
            if paper in found or apart(seen, paper.identifiers):
                continue
            if self._same_title(paper, fresh):
                found.append(paper)
                seen |= paper.identifiers
        return sorted(found, key=lambda paper: paper.key)

    def _same_title(self, paper: PaperState, fresh: Fresh) -> bool:
        for entry in paper.entries:
            known = self._record_of(entry)
            if (
                known is not None
                and normalise_title(known.title) == fresh.title
                and same_work(fresh.arrival.record, known, fresh.title)
            ):
                return True
        return False

    def _create(self, name: Name, fresh: Fresh) -> None:
        record = fresh.arrival.record
        paper = PaperState(self._library.next_key(), self._new_id(fresh), self._now)
        self._papers.append(paper)
        self._keep(paper, None, name, fresh)
        paper.view = merge_records([record])
        paper.sources = (record.source,)
        paper.dirty = True
        self._plan.new += 1

    def _extend(
        self, found: Sequence[PaperState], entry: Entry | None, name: Name, fresh: Fresh
    ) -> None:
        paper, *others = found
        for other in others:
            self._merge(other, paper)
        self._keep(paper, entry, name, fresh)
        view = merge_records(self._records_of(paper))
        sources = merge_sources(entry.name[0] for entry in paper.entries)
        seen_the_same = sources == paper.sources and same_view(view, paper.view)
        if others or not seen_the_same:
            paper.view, paper.sources, paper.dirty = view, sources, True
            self._plan.updated += 1
        else:
            self._plan.duplicates += 1

    def _merge(self, paper: PaperState, into: PaperState) -> None:
        paper.into = into
        into.entries += paper.entries
        into.identifiers |= paper.identifiers
        for entry in paper.entries:
            entry.paper = into

    def _keep(self, paper: PaperState, entry: Entry | None, name: Name, fresh: Fresh) -> None:
        """Let ``paper`` have the record, in place of ``entry``."""
        if entry is None:
            entry = Entry(name, paper, fresh.content)
            paper.entries.append(entry)
            self._entries[name] = entry
        else:
            self._remember(name, entry.content)
        record = fresh.arrival.record
        entry.content = fresh.content
        entry.record = record
        entry.arrival = fresh.arrival
        entry.title_key = fresh.title_key
        self._written[name] = entry
        for identifier in record.identifiers:
            paper.identifiers.add(identifier)
            if identifier not in self._owners:
                self._owners[identifier] = paper
                self._claims.append((identifier, paper))
        named_alike = self._titles.setdefault(fresh.title_key, [])
        if paper not in named_alike:
            named_alike.append(paper)

    def _refuse(self, fresh: Fresh, reason: str) -> None:
        arrival = fresh.arrival
        rejection = Rejection(reason, arrival.raw.position, arrival.raw.raw)
        self._plan.rejections.append((arrival.origin, arrival.format, rejection))

    def _new_id(self, fresh: Fresh) -> str:
        for identifier in by_preference(fresh.arrival.record.identifiers):
            if identifier not in self._owners:
                return str(identifier)
        attempt, name = 1, default_id(fresh)
        while name in self._taken:
            attempt += 1
            name = default_id(fresh, attempt)
            self._taken.update(self._library.find_ids([name]))
        self._taken.add(name)
        return name

    # Records that are kept already

    def _record_of(self, entry: Entry) -> Record | None:
        """None where the present code cannot read it any more."""
        if entry.record is None and entry.stored is not None and entry.readable:
            try:
                entry.record = self._parse(entry.stored.format, entry.stored.raw)
            except BroadsheetError:
                entry.readable = False
        return entry.record

    def _records_of(self, paper: PaperState) -> list[Record]:
        """All records; what readers saw stands in for one that cannot be read any more."""
        records = []
        for entry in paper.entries:
            record = self._record_of(entry)
            if record is None:
                fields = {f.name: getattr(paper.view, f.name) for f in dataclasses.fields(Work)}
                record = Record(source="", key="", **fields)
            else:
                record = as_kept(record, entry.name)
            records.append(record)
        return records

    # The plan

    def _finish(self) -> None:
        plan = self._plan
        for paper in self._papers:
            if paper.into is not None:
                plan.mergers.append(Merger(paper.key, paper.id, paper.root().key))
            elif paper.dirty:
                day = listing_day(paper.view, paper.added_at)
                write = PaperWrite(
                    paper.key, paper.id, paper.view, paper.sources, day, paper.added_at
                )
                (plan.changed if paper.stored else plan.created).append(write)
        for name, entry in self._written.items():
            arrival = entry.arrival
            if arrival is None:
                continue
            writes = plan.new_records if entry.stored is None else plan.replaced_records
            writes.append(
                RecordWrite(entry.paper.root().key, *name, entry.content, entry.title_key, arrival)
            )
        plan.identifiers = [(name, paper.root().key) for name, paper in self._claims]
