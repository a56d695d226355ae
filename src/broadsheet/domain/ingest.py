"""Inputs and outcomes of an import."""

import datetime as dt
from dataclasses import dataclass, field

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper, Record, Work


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it came, cut out of its file and not yet understood.

    ``raw`` is complete in itself: the format's ``parse`` needs nothing else, so
    cleaning can improve later without fetching again.
    """

    raw: bytes
    position: str
    """Position in its file: "line 12", "record 3"."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece of input that could not be used."""

    reason: str
    position: str
    raw: bytes = b""
    """As it came, cut at 64 KiB."""
    waits_for: Identifier | None = None
    """It is used as soon as a paper of this name comes: a notice that came before its paper."""


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A rejection as kept: listed, exported, tried again."""

    number: int
    origin: str
    """File name or address."""
    position: str
    format: str
    reason: str
    raw: bytes
    rejected_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """Counts of one import; read = new + updated + duplicates + rejected."""

    read: int = 0
    new: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: int = 0
    seconds: float = 0.0
    """Of an import at the command line including the indexing."""
    notes: tuple[str, ...] = ()
    """Oddities in plain words: a guessed encoding, a file cut off."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A parsed record and its raw form, on its way into the store."""

    record: Record
    raw: RawRecord
    format: str
    origin: str
    """File name or address it came from."""


@dataclass(frozen=True, slots=True)
class RecordStamp:
    """Which paper a kept record belongs to, and a hash of its raw bytes."""

    paper: int
    content: int


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as kept: not yet parsed again."""

    source: str
    key: str
    format: str
    content: int
    origin: str
    position: str
    raw: bytes
    title_key: int
    kept_at: dt.datetime | None
    """Time of arrival (UTC); None for records from before that was stored."""


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper as readers see it now, and the records it was merged from."""

    paper: Paper
    records: tuple[StoredRecord, ...]


@dataclass(slots=True)
class PaperWrite:
    """The paper that readers see under ``key`` from now on."""

    key: int
    id: str
    work: Work
    sources: tuple[str, ...]
    listed: PartialDate
    added_at: dt.datetime
    is_change: bool = True
    """Whether indexes and harvesters are to hear of it: not if signals alone changed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A signal as a source gave it: citations, votes, stars …"""

    paper: int
    source: str
    name: str
    value: float


@dataclass(slots=True)
class RecordWrite:
    """A record to keep under (source, key), in place of the one there if any."""

    paper: int
    source: str
    key: str
    content: int
    """Hash of the raw bytes, 63 bits."""
    title_key: int
    """Hash of the normalised title, 63 bits; equal titles are looked up by it."""
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Merger:
    """Paper ``removed`` was found to be paper ``into``; its id redirects there.

    ``into`` stays; ``removed`` may be a paper of the same batch that was never stored.
    """

    removed: int
    removed_id: str
    into: int


@dataclass(slots=True)
class Plan:
    """The writes of a batch. Counts leave out rejected records."""

    created: list[PaperWrite] = field(default_factory=list)
    changed: list[PaperWrite] = field(default_factory=list)
    mergers: list[Merger] = field(default_factory=list)
    new_records: list[RecordWrite] = field(default_factory=list)
    replaced_records: list[RecordWrite] = field(default_factory=list)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """(source, key, content) that came and shall count as a duplicate when it comes again."""
    identifiers: list[tuple[Identifier, int]] = field(default_factory=list)
    """Identifiers that had no owner, and the paper that owns them now."""
    retitled: list[tuple[str, str, int]] = field(default_factory=list)
    """(source, key, title key) of kept records whose title is read differently now."""
    readings: list[Reading] = field(default_factory=list)
    """New signal values; of equal ones the last counts."""
    moved_records: list[tuple[str, str, int]] = field(default_factory=list)
    """(source, key) of kept records, and the paper to which they belong from now on."""
    moved_identifiers: list[tuple[Identifier, int]] = field(default_factory=list)
    """Identifiers that another paper owns from now on."""
    restored_ids: list[str] = field(default_factory=list)
    """Former ids, which led to another paper, that are the id of a paper again."""
    parted: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of papers (keys) that are two works, whatever later records say."""
    heard: list[int] = field(default_factory=list)
    """Numbers of rejected records that waited for a paper and were used now."""
    rejections: list[tuple[str, str, Rejection]] = field(default_factory=list)
    """(origin, format, rejection) of records that parsed but cannot be used."""
    new: int = 0
    updated: int = 0
    duplicates: int = 0
    unreadable: int = 0
    """Kept records that the present code cannot read; they stay as they are."""
