"""The state of a decision: papers and records as the batch has left them so far."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from broadsheet.catalogue.evidence import location
from broadsheet.catalogue.identity import local_id
from broadsheet.catalogue.versions import Name, name_suffix
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import Arrival, StoredRecord
from broadsheet.domain.paper import Record, Work

Parse = Callable[[str, bytes], Record]
"""Format name and raw bytes → record. Raises BroadsheetError if that fails."""

_NOTHING = Work()


class Entry:
    """A record under decision: kept already (``stored``), arriving, or both."""

    __slots__ = (
        "arrival", "content", "name", "paper", "readable", "record", "stored", "title_key",
    )  # fmt: skip

    def __init__(self, name: Name, paper: "PaperState", content: int) -> None:
        self.name = name
        self.paper = paper
        self.content = content
        self.record: Record | None = None
        self.stored: StoredRecord | None = None
        self.readable = True
        self.arrival: Arrival | None = None
        """Set if the record is to be written."""
        self.title_key = 0

    def stands_at(self, arrival: Arrival) -> bool:
        """Return whether the stored content came from the same place as ``arrival``."""
        if self.arrival is not None:
            return (self.arrival.origin, self.arrival.raw.position) == (
                arrival.origin,
                arrival.raw.position,
            )
        stored = self.stored
        return stored is not None and (stored.origin, stored.position) == (
            arrival.origin,
            arrival.raw.position,
        )


class PaperState:
    """A paper under decision."""

    __slots__ = (
        "added_at",
        "dirty",
        "entries",
        "id",
        "identifiers",
        "into",
        "is_change",
        "joined",
        "key",
        "looked_at",
        "sources",
        "stored",
        "view",
    )  # fmt: skip

    def __init__(self, key: int, id_: str, added_at: dt.datetime) -> None:
        self.key = key
        self.id = id_
        self.added_at = added_at
        self.entries: list[Entry] = []
        self.identifiers: set[Identifier] = set()
        self.view: Work = _NOTHING
        self.sources: tuple[str, ...] = ()
        self.stored = False
        self.dirty = False
        self.is_change = True
        """Whether the index is to follow; a stored paper starts without."""
        self.joined = False
        """Whether another paper was merged into it since it was last shown."""
        self.looked_at = False
        self.into: PaperState | None = None
        """The paper that this one was found to be."""

    def root(self) -> "PaperState":
        paper = self
        while paper.into is not None:
            paper = paper.into
        return paper


@dataclasses.dataclass(slots=True)
class Fresh:
    """An arrival that is not obviously a duplicate, with the keys to look up for it."""

    arrival: Arrival
    name: Name
    content: int
    title: str
    """Normalised."""
    title_key: int


class Reader:
    """Reads kept records again with the present code, each once."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def record_of(self, entry: Entry) -> Record | None:
        """Return the parsed record; None if the present code can no longer read it."""
        if entry.record is None and entry.stored is not None and entry.readable:
            try:
                entry.record = self._parse(entry.stored.format, entry.stored.raw)
            except BroadsheetError:
                entry.readable = False
        return entry.record

    def records_of(self, paper: PaperState) -> list[Record]:
        """Return all records; the stored view stands in for one that can no longer be read."""
        records = []
        for entry in paper.entries:
            record = self.record_of(entry)
            if record is None:
                fields = {f.name: getattr(paper.view, f.name) for f in dataclasses.fields(Work)}
                record = Record(source="", key="", **fields)
            else:
                record = as_kept(record, entry.name)
            records.append(record)
        return records


def as_kept(record: Record, name: Name) -> Record:
    """With the key it is kept under, so that ties in merging always break the same way."""
    key = name[1].removesuffix(name_suffix(record))
    return record if record.key == key else dataclasses.replace(record, key=key)


def local_names(fresh: Fresh) -> tuple[str, str]:
    """What a paper without identifiers is called: by its title and first author, or, if
    another work is called so, by its place in print (else its record's key) as well."""
    record = fresh.arrival.record
    author = record.authors[0].name if record.authors else ""
    return local_id(fresh.title, author), local_id(
        fresh.title, author, location(record) or record.key
    )


def numbered_name(fresh: Fresh, number: int) -> str:
    """What it is called if both names are taken."""
    record = fresh.arrival.record
    author = record.authors[0].name if record.authors else ""
    return local_id(fresh.title, author, f"{location(record) or record.key} {number}")
