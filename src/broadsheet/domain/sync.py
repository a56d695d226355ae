"""State of sources: cursors, schedules and runs."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from broadsheet.domain.ingest import ImportSummary

Outcome = Literal["running", "done", "unchanged", "unavailable", "refused", "broken", "stopped"]
"""``done`` brought something new, ``unchanged`` nothing. ``unavailable`` may go better
later by itself, ``refused`` needs a person, ``broken`` is an error of this program or a
process that died, ``stopped`` was asked to end before it was done."""

LEFT_OUT = "that feed and harvest left out, by the listing of new submissions"
"""How a run's message names papers that were missing silently and were fetched."""

FAILURES: tuple[Outcome, ...] = ("unavailable", "refused", "broken")


@dataclass(frozen=True, slots=True)
class Validators:
    """A server's own version marks of an address; "" for none."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One run of one source. Times are UTC."""

    number: int
    source: str
    started_at: dt.datetime
    finished_at: dt.datetime | None = None
    """None while it runs, and forever if its process died."""
    outcome: Outcome = "running"
    counts: ImportSummary = field(default_factory=ImportSummary)
    message: str = ""
    """Plain words: the result and the next step; "" if there is nothing to say."""
    failures: int = 0
    """Failed runs in a row, this one included; 0 if this one succeeded."""
    retry_at: dt.datetime | None = None
    """When the server, or the day's budget, lets us ask again."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source as its readers see it under settings. Times are UTC."""

    name: str
    title: str
    on: bool
    """Whether it runs on a schedule and with a bare ``broadsheet sync``."""
    rhythm: str
    """When it runs, in words."""
    last_run: SourceRun | None
    next_at: dt.datetime | None
    """The next scheduled run; None if it is switched off or running."""
    problem: str = ""
    """Why the settings of this source cannot be used; "" if they can."""
