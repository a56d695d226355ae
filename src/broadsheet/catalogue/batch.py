"""Decide one batch against the library: the paper of each record, and the outcome.

See ``decide`` for the rules.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from broadsheet.catalogue.identity import (
    alike,
    by_preference,
    decide_listing,
    different_work,
    distinct_key,
    hash_number,
    title_key,
)
from broadsheet.catalogue.matching import MOST_CANDIDATES, Names
from broadsheet.catalogue.merge import merge_records, merge_sources, same_for_followers, same_view
from broadsheet.catalogue.versions import (
    Name,
    choose_speakers,
    is_notice,
    is_older,
    name_of,
    name_suffix,
    tells_of_work,
)
from broadsheet.catalogue.working_set import Entry, Fresh, PaperState, Parse, Reader
from broadsheet.domain.errors import BroadsheetError, InvalidInputError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import (
    Arrival,
    Merger,
    PaperWrite,
    Plan,
    RawRecord,
    Reading,
    RecordStamp,
    RecordWrite,
    Rejection,
    StoredPaper,
)
from broadsheet.domain.paper import Record
from broadsheet.domain.periods import RollOver
from broadsheet.domain.ports import Library
from broadsheet.domain.signals import numbers_of
from broadsheet.text.titles import normalise_title

_UNTITLED = 200
"""Characters of the abstract that stand for the title of a work without one."""


class Batch:
    """One decision: the entries looked up, and the outcome record by record."""

    def __init__(
        self, parse: Parse, library: Library, now: dt.datetime, roll_over: RollOver
    ) -> None:
        self._parse = parse
        self._reader = Reader(parse)
        self._library = library
        self._now = now
        self._roll_over = roll_over
        self._plan = Plan()
        self._entries: dict[Name, Entry] = {}
        self._papers: list[PaperState] = []
        self._written: dict[Name, Entry] = {}
        self._seen: dict[Name, set[int]] = {}
        self._names = Names(library, self._reader)
        self._unheard: list[Fresh] = []

    def decide(self, arrivals: Sequence[Arrival]) -> Plan:
        """Return the writes for these arrivals, taken in this order."""
        names = [name_of(arrival.record) for arrival in arrivals]
        stored_records = self._library.find_records(set(names))
        fresh = list(self._fresh(arrivals, names, stored_records))
        if not fresh:
            return self._plan
        changed = {each.name for each in fresh if each.name in stored_records}
        if changed:
            repeated = self._library.find_seen(changed)
            self._seen = {name: set(contents) for name, contents in repeated.items()}
        waiting = list(self._waiting(fresh))
        touched = [*fresh, *(notice for _, notice in waiting)]
        self._look_up(touched, {}, {stored_records[name].paper for name in changed})
        for each in fresh:
            self._take(each)
        self._take_unheard()
        for number, notice in waiting:
            self._take_waiting(number, notice)
        return self._finish()

    def reread(self, keys: Collection[int]) -> Plan:
        """Return the writes after all records of these papers are parsed again.

        ``updated`` counts the records of papers that readers see differently now, ``duplicates``
        all others.
        """
        loaded = self._library.load(keys)
        papers = {key: self._make_state(stored) for key, stored in loaded.items()}
        again = [
            (entry, fresh)
            for paper in papers.values()
            for entry in paper.entries
            if (fresh := self._fresh_again(entry)) is not None
        ]
        self._look_up([fresh for _, fresh in again], papers, set(keys))
        for entry, fresh in again:
            self._place_again(entry, fresh)
        for paper in {key: paper.root() for key, paper in papers.items()}.values():
            if paper.looked_at:
                continue
            paper.looked_at = True
            unreadable = sum(not entry.readable for entry in paper.entries)
            self._plan.unreadable += unreadable
            if self._show(paper):
                self._plan.updated += len(paper.entries) - unreadable
            else:
                self._plan.duplicates += len(paper.entries) - unreadable
        return self._finish()

    def join(self, key: int, other: int) -> Plan:
        """Return the writes that make the paper ``other`` a part of the paper ``key``."""
        loaded = self._library.load([key, other])
        paper, removed = (self._make_state(loaded[each]) for each in (key, other))
        self._merge(removed, paper)
        self._show(paper)
        return self._finish()

    def part(self, key: int, names: Collection[Name]) -> Plan:
        """Return the writes that give the records of these names a paper of their own.

        The paper's id stays with the records that have it as an identifier.
        """
        paper = self._make_state(self._library.load([key])[key])
        moved = [entry for entry in paper.entries if entry.name in names]
        left = [entry for entry in paper.entries if entry.name not in names]
        if not moved or not left:
            raise InvalidInputError(
                f"{paper.id} has {len(paper.entries)} records; name some of them, not all"
            )
        named = {entry.name: self._identifiers_of(entry) for entry in paper.entries}
        ids = {name for name in paper.identifiers if str(name) == paper.id}
        if ids and not any(ids & named[entry.name] for entry in left):
            moved, left = left, moved
        fresh = next(filter(None, map(self._fresh_again, moved)), None)
        if fresh is None:
            raise InvalidInputError("these records cannot be read by this program any more")
        kept = set().union(*(named[entry.name] for entry in left))
        taken = set().union(*(named[entry.name] for entry in moved)) - kept
        self._names.owners = dict.fromkeys(kept, paper)
        former = self._library.find_former_ids(key)
        self._names.taken.update(
            set(self._library.find_ids({str(name) for name in taken})) - set(former)
        )
        free = [name for name in by_preference(taken) if str(name) not in self._names.taken]
        new_id = str(free[0]) if free else self._names.free_local_name(fresh)
        new = PaperState(self._library.next_key(), new_id, self._now)
        self._papers.append(new)
        new.entries, paper.entries = moved, left
        for each in (paper, new):
            each.joined = True  # so that it is shown anew
            self._show(each)
        self._plan.restored_ids = [new_id] if new_id in former else []
        self._plan.moved_records = [(*entry.name, new.key) for entry in moved]
        self._plan.moved_identifiers = [(name, new.key) for name in sorted(taken)]
        self._plan.parted = [(paper.key, new.key)]
        for entry in moved:
            self._plan.readings += [
                Reading(new.key, entry.name[0], name, value)
                for name, value in numbers_of(entry.record.signals if entry.record else {})
            ]
        return self._finish()

    def _identifiers_of(self, entry: Entry) -> set[Identifier]:
        record = self._reader.record_of(entry)
        return set(record.identifiers) if record else set()

    # Entries that the batch may touch

    def _fresh(
        self,
        arrivals: Sequence[Arrival],
        names: Sequence[Name],
        stored_records: Mapping[Name, RecordStamp],
    ) -> Iterator[Fresh]:
        contents = [hash_number(arrival.raw.raw) for arrival in arrivals]
        for arrival, name, content in zip(arrivals, names, contents, strict=True):
            stamp = stored_records.get(name)
            if stamp is not None and stamp.content == content:
                self._plan.duplicates += 1
                continue
            yield _fresh(arrival, name, content)

    def _waiting(self, fresh: Sequence[Fresh]) -> Iterator[tuple[int, Fresh]]:
        """Notices that came before the papers which may come now, by their numbers."""
        names = {i for each in fresh for i in each.arrival.record.identifiers}
        for rejected in self._library.find_waiting(names) if names else ():
            try:
                record = self._parse(rejected.format, rejected.raw)
            except BroadsheetError:
                continue
            raw = RawRecord(rejected.raw, rejected.position)
            arrival = Arrival(record, raw, rejected.format, rejected.origin)
            yield rejected.number, _fresh(arrival, name_of(record), hash_number(raw.raw))

    def _fresh_again(self, entry: Entry) -> Fresh | None:
        record, stored_record = self._reader.record_of(entry), entry.stored
        if record is None or stored_record is None:
            return None
        arrival = Arrival(
            record,
            RawRecord(stored_record.raw, stored_record.position),
            stored_record.format,
            stored_record.origin,
        )
        return _fresh(arrival, entry.name, entry.content)

    def _look_up(
        self, fresh: Sequence[Fresh], papers: dict[int, PaperState], keys: set[int]
    ) -> None:
        """Ask for all that ``fresh`` may touch; ``papers`` are known already."""
        identifiers = {i for each in fresh for i in each.arrival.record.identifiers}
        owners = self._library.find_by_identifiers(identifiers)
        # Notices have no title; they must not lead to each other's papers.
        title_keys = {each.title_key for each in fresh if not is_notice(each.arrival.record)}
        titles = {
            title: alike[-MOST_CANDIDATES:]
            for title, alike in self._library.find_by_title_keys(title_keys).items()
        }
        keys = keys.union(owners.values(), *titles.values()) - papers.keys()
        loaded = self._library.load(keys) if keys else {}
        papers = papers | {key: self._make_state(stored) for key, stored in loaded.items()}
        self._names.owners = {identifier: papers[key] for identifier, key in owners.items()}
        self._names.titles = {
            title: dict.fromkeys(papers[key] for key in alike) for title, alike in titles.items()
        }
        self._names.parted = self._library.find_parted(papers.keys()) if papers else {}
        self._names.look_up_local_names(fresh)

    def _make_state(self, stored: StoredPaper) -> PaperState:
        paper = PaperState(stored.paper.key, stored.paper.id, stored.paper.added_at)
        paper.view = stored.paper
        paper.sources = stored.paper.sources
        paper.identifiers.update(stored.paper.identifiers)
        paper.stored, paper.is_change = True, False
        for record in stored.records:
            entry = Entry((record.source, record.key), paper, record.content)
            entry.stored = record
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
            name = (record.source, distinct_key(record, fresh.title) + name_suffix(record))
            if name not in self._seen:
                self._seen[name] = set(self._library.find_seen([name]).get(name, ()))
            entry = self._entries.get(name)
            if entry is not None and self._is_no_news(entry, fresh):
                self._plan.duplicates += 1
                return
        matches = self._names.matches(fresh, entry.paper.root() if entry else None)
        if entry is None and _is_kept(fresh, matches):
            self._plan.duplicates += 1
        elif matches:
            self._extend(matches, entry, name, fresh)
        elif is_notice(record):
            self._unheard.append(fresh)
        else:
            self._create(name, fresh)

    def _is_unheard_of(self, fresh: Fresh) -> bool:
        """The common case, told quickly: nothing leads to any paper."""
        record = fresh.arrival.record
        return (
            tells_of_work(record)
            and fresh.name not in self._entries
            and self._names.lead_nowhere(fresh)
        )

    def _tells_of_another(self, entry: Entry, record: Record) -> bool:
        if not tells_of_work(record):
            return False
        own_record = self._reader.record_of(entry)
        return (
            own_record is not None
            and tells_of_work(own_record)
            and different_work(record, own_record)
        )

    def _is_no_news(self, entry: Entry, fresh: Fresh) -> bool:
        if entry.content == fresh.content:
            return True
        if fresh.content in self._seen.get(entry.name, ()) and not entry.stands_at(fresh.arrival):
            return True
        own_record = self._reader.record_of(entry)
        record = fresh.arrival.record
        if own_record is None or not (is_older(record, own_record) or alike(record, own_record)):
            return False
        self._remember(entry.name, fresh.content)
        return True

    def _remember(self, name: Name, content: int) -> None:
        contents = self._seen.setdefault(name, set())
        if content not in contents:
            contents.add(content)
            self._plan.seen.append((*name, content))

    def _create(self, name: Name, fresh: Fresh) -> None:
        record = fresh.arrival.record
        paper = PaperState(self._library.next_key(), self._names.new_id(fresh), self._now)
        self._papers.append(paper)
        self._keep(paper, None, name, fresh)
        paper.view = merge_records([record])
        paper.sources = (record.source,)
        paper.dirty = True
        self._plan.new += 1

    def _extend(
        self, matches: Sequence[PaperState], entry: Entry | None, name: Name, fresh: Fresh
    ) -> None:
        paper, *others = matches
        for other in others:
            self._merge(other, paper)
        self._keep(paper, entry, name, fresh)
        if self._show(paper) or others:
            self._plan.updated += 1
        else:
            self._plan.duplicates += 1

    def _show(self, paper: PaperState) -> bool:
        """Merge the records anew; whether readers see something else then."""
        view = merge_records(self._reader.records_of(paper))
        sources = merge_sources(entry.name[0] for entry in paper.entries)
        if sources == paper.sources and same_view(view, paper.view) and not paper.joined:
            return False
        if paper.joined or sources != paper.sources or not same_for_followers(view, paper.view):
            paper.is_change = True
        paper.view, paper.sources, paper.dirty, paper.joined = view, sources, True, False
        return True

    def _take_unheard(self) -> None:
        """Notices that stood before their papers in the batch; the others wait."""
        waiting, self._unheard = self._unheard, []
        for notice in waiting:
            self._take(notice)
        for notice in self._unheard:
            status = notice.arrival.record.status
            self._refuse(notice, f"it only says {status!r} of a work not in this library")

    def _take_waiting(self, number: int, notice: Fresh) -> None:
        """A notice from the rejected list: counted when it came, so not counted now."""
        plan = self._plan
        counts, refused = (plan.new, plan.updated, plan.duplicates), len(self._unheard)
        self._take(notice)
        plan.new, plan.updated, plan.duplicates = counts
        if len(self._unheard) == refused:
            plan.heard.append(number)

    def _place_again(self, entry: Entry, fresh: Fresh) -> None:
        """Let a kept record, read anew, find its paper as if it came now."""
        paper = entry.paper.root()
        record = fresh.arrival.record
        retitled = entry.stored is not None and fresh.title_key != entry.stored.title_key
        if retitled:
            self._plan.retitled.append((*entry.name, fresh.title_key))
        if retitled or not paper.identifiers.issuperset(record.identifiers):
            paper, *others = self._names.matches(fresh, paper)
            for other in others:
                self._merge(other, paper)
        self._names.claim(paper, fresh)

    def _merge(self, paper: PaperState, into: PaperState) -> None:
        paper.into = into
        into.joined = True
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
        self._names.claim(paper, fresh)

    def _refuse(self, fresh: Fresh, reason: str) -> None:
        arrival = fresh.arrival
        waits_for = None
        if is_notice(arrival.record):
            waits_for = next(iter(by_preference(arrival.record.identifiers)), None)
        rejection = Rejection(reason, arrival.raw.position, arrival.raw.raw, waits_for)
        self._plan.rejections.append((arrival.origin, arrival.format, rejection))

    # The plan

    def _finish(self) -> Plan:
        plan = self._plan
        for paper in self._papers:
            if paper.into is not None:
                plan.mergers.append(Merger(paper.key, paper.id, paper.root().key))
            elif paper.dirty:
                (plan.changed if paper.stored else plan.created).append(
                    _paper_write(paper, self._roll_over)
                )
        for name, entry in self._written.items():
            if entry.arrival is not None:
                writes = plan.new_records if entry.stored is None else plan.replaced_records
                key = entry.paper.root().key
                writes.append(
                    RecordWrite(key, *name, entry.content, entry.title_key, entry.arrival)
                )
                plan.readings += self._readings(entry, key)
        plan.identifiers = [(name, paper.root().key) for name, paper in self._names.claims]
        return plan

    def _readings(self, entry: Entry, paper: int) -> Iterator[Reading]:
        """The numbers a record gives as they stand now; a late earlier state gives none."""
        record = entry.record
        if record is None or not record.signals:
            return
        readings = [
            self._reader.record_of(each)
            for each in entry.paper.root().entries
            if each.name[0] == record.source
        ]
        states = [each for each in readings if each is not None and not is_notice(each)]
        if any(speaker.record is record for speaker in choose_speakers(states)):
            for name, value in numbers_of(record.signals):
                yield Reading(paper, record.source, name, value)


def _fresh(arrival: Arrival, name: Name, content: int) -> Fresh:
    record = arrival.record
    title = normalise_title(record.title or record.abstract[:_UNTITLED])
    return Fresh(arrival, name, content, title, title_key(record, title))


def _is_kept(fresh: Fresh, papers: Iterable[PaperState]) -> bool:
    """Whether one of ``papers`` has this very content already, under a name of old."""
    return any(
        entry.content == fresh.content and entry.name[0] == fresh.name[0]
        for paper in papers
        for entry in paper.entries
    )


def _paper_write(paper: PaperState, roll_over: RollOver) -> PaperWrite:
    listed = decide_listing(paper.view, roll_over.day_of(paper.added_at))
    return PaperWrite(
        paper.key, paper.id, paper.view, paper.sources, listed, paper.added_at, paper.is_change
    )
