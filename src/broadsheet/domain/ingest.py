"""What happened to what came in."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it came, cut out of its file and not yet understood.

    ``raw`` is complete in itself: the format's ``parse`` needs nothing else, so
    cleaning can improve later without fetching again.
    """

    raw: bytes
    position: str
    """Where it stood: "line 12", "record 3"."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece of input that could not be used."""

    reason: str
    position: str
    raw: bytes = b""
    """As it came, cut at 64 KiB."""


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
    notes: tuple[str, ...] = ()
    """Plain words on what was odd: a guessed encoding, a file cut off."""
