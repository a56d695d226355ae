"""How a library is doing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """Counts are papers; ``bytes`` are sizes on disk by part."""

    version: str
    home: str
    papers: int
    indexed: int
    """Papers that search can find now."""
    pending: int
    """Changes committed but not yet in the index."""
    rejected: int
    bytes: Mapping[str, int]
    embedder: str
    last_change: dt.datetime | None
    """When a paper was last added or changed (UTC); None in an empty library."""
