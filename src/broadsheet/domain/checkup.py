"""The checkup of a library: what was checked, what is wrong, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

State = Literal["sound", "finding", "repaired", "skipped", "failed"]
"""How a check ended.

sound     nothing is wrong
finding   something is wrong; the message says what, ``next_step`` what to do
repaired  something was wrong and has been put right
skipped   not checked, because of an earlier finding or because it was not requested
failed    the check itself could not run
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, or one of several things that it noticed."""

    check: str
    """What was checked, in a word or two: "database", "disk space"."""
    state: State
    message: str
    next_step: str = ""
    """An imperative sentence; "" if there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """All findings of one run, in the order of the checks."""

    findings: Sequence[Finding]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left to do."""
        return not any(each.state in ("finding", "failed") for each in self.findings)

    @property
    def could_run(self) -> bool:
        """Whether every check could run."""
        return not any(each.state == "failed" for each in self.findings)


@dataclass(frozen=True, slots=True)
class StoredLibrary:
    """What a library's database holds, as far as a checkup compares it with other parts."""

    papers: Set[int]
    """The keys of all papers."""
    last_change: int
    """Number of the last change."""
    changed_at: int
    """When a paper was last added or changed: seconds since 1970 UTC, 0 for never."""
    reread_to: int
    """Key of the paper up to which an unfinished rereading came, 0 for none."""


@dataclass(frozen=True, slots=True)
class IndexedPapers:
    """The keys of the papers that the parts of an index hold, up to one change."""

    applied: int
    in_words: Set[int]
    in_rows: Set[int]
