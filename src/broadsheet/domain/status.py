"""How a library is doing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from broadsheet.domain.jobs import JobState

Renewal = Literal["", "words", "all"]
"""The part of the index to build again: nothing, the words, or everything."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """State of the index; if it cannot be read, only ``problem`` is set."""

    papers: int = 0
    """Those that search can find now."""
    pending: int = 0
    """Changes committed but not yet in the index."""
    bytes: Mapping[str, int] = field(default_factory=dict)
    """Sizes on disk by part."""
    embedder: str = "none yet"
    """Name of the one that the vectors are of."""
    embedder_wanted: str = ""
    """Name of another embedder with which all papers are to be embedded again."""
    problem: str = ""
    """Why the index cannot be read, and the next step; "" if it can."""


@dataclass(frozen=True, slots=True)
class Status:
    """Counts are papers; ``bytes`` are sizes on disk by part."""

    version: str
    home: str
    database: str
    """File or address (without password) of the database."""
    papers: int
    indexed: int
    """Papers that search can find now."""
    pending: int
    """Changes committed but not yet in the index."""
    rejected: int
    bytes: Mapping[str, int]
    embedder: str
    """Name of the one that the vectors are of."""
    last_change: dt.datetime | None
    """When a paper was last added or changed (UTC); None in an empty library."""
    embedder_wanted: str = ""
    """See ``IndexStatus``."""
    problem: str = ""
    """Why the library cannot be searched, and the next step; "" if it can."""
    jobs: Sequence[JobState] = ()
    """The last run of each background job."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the library answers; holds nothing that a visitor may not know."""

    papers: int
    problem: str = ""
    """Why the library cannot be searched, and the next step; "" if it can."""
