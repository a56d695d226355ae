"""Summaries (TL;DRs) that sources give of a paper, and who wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Writer(StrEnum):
    """Who wrote a summary."""

    AUTHORS = "authors"
    MACHINE = "machine"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Heading that tells readers whose summary it is."""
        return _LABELS[self]


_LABELS = {
    Writer.AUTHORS: "In the authors’ words",
    Writer.MACHINE: "Summary written by a machine",
    Writer.UNKNOWN: "Summary",
}

SUMMARIES = {
    "openreview_tldr": Writer.AUTHORS,
    "hf_tldr": Writer.MACHINE,
    "s2_tldr": Writer.MACHINE,
    "tldr": Writer.UNKNOWN,
}
"""Names under which a paper's signals hold summaries, the one to show first."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A source's summary, as it came. It is never part of the abstract."""

    text: str
    writer: Writer


def find_summary(signals: Mapping[str, Any]) -> Summary | None:
    """Return the summary to show of a paper with these signals."""
    for name, writer in SUMMARIES.items():
        text = signals.get(name)
        if isinstance(text, str) and text.strip():
            return Summary(text, writer)
    return None
