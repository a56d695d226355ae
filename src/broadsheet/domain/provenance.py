"""The source of each field that readers see."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from broadsheet.domain.dates import PartialDate

SPEAKS = "speaks"
EARLIER = "earlier"
NOTICE = "notice"
UNREADABLE = "unreadable"
PARTS = (SPEAKS, EARLIER, NOTICE, UNREADABLE)
"""Roles of a record: readers may see its fields; it is history; it only says that the work was
withdrawn or removed; the present program cannot read it.
"""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record behind a paper: whose it is, whence and when it came."""

    source: str
    key: str
    """The source's own name for the work, with the suffix that separates its records."""
    part: str
    """One of ``PARTS``."""
    version: int
    """The newest version it names, 0 if it names none."""
    said_on: PartialDate | None
    """When the source last changed it, as far as it says."""
    format: str
    origin: str
    """File or address."""
    position: str
    kept_at: dt.datetime | None
    """Time of arrival (UTC); None for records from before that was stored."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Of a paper: per field of ``Work`` that is known the sources it was taken from, the
    first believed first, and all its records in the order in which they first came."""

    fields: Mapping[str, tuple[str, ...]]
    records: tuple[KeptRecord, ...]
