"""Signals: numbers that speak for a paper, as they changed from day to day.

What a number counts follows from its name alone: one name means one kind of signal from one
giver, whichever file or service reported it. So "upvotes" are always votes on Hugging Face, and
votes of this library have a name that no report from outside can use.
"""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

SignalKind = Literal[
    "votes", "comments", "collections", "listings", "stars", "citations", "shares", "rating"
]

HERE = "this library"
"""The giver of signals that come from this library's own members."""
VOTES_HERE = "votes_here"


@dataclass(frozen=True, slots=True)
class SignalType:
    """What the numbers of one name count, and who gives them."""

    name: str
    kind: SignalKind
    giver: str
    """A service, or ``HERE``."""
    label: str
    """For readers, as in "Votes on Hugging Face"."""


SIGNAL_TYPES: Mapping[str, SignalType] = {
    each.name: each
    for each in (
        # Of one kind, the giver that counts most comes first.
        SignalType("upvotes", "votes", "Hugging Face", "Votes on Hugging Face"),
        SignalType(VOTES_HERE, "votes", HERE, "Votes here"),
        SignalType("gs_citation", "citations", "Google Scholar", "Citations (Google Scholar)"),
        SignalType("s2_citation", "citations", "Semantic Scholar", "Citations (Semantic Scholar)"),
        SignalType("openalex_citation", "citations", "OpenAlex", "Citations (OpenAlex)"),
        SignalType("crossref_citation", "citations", "Crossref", "Citations (Crossref)"),
        SignalType("rating_avg", "rating", "reviewers", "Reviewers’ mean rating"),
        SignalType("github_stars", "stars", "GitHub", "Stars of the code"),
        SignalType("num_comments", "comments", "Hugging Face", "Comments on Hugging Face"),
        SignalType("retweets", "shares", "Twitter", "Retweets"),
        SignalType("favorites", "shares", "Twitter", "Favourites on Twitter"),
    )
}
"""Known types by name."""


def names_of(kind: SignalKind, giver: str = "") -> tuple[str, ...]:
    """Names of a kind, of one giver or of all services; not those of this library unless asked
    for ``HERE``."""
    return tuple(
        each.name
        for each in SIGNAL_TYPES.values()
        if each.kind == kind and (each.giver == giver if giver else each.giver != HERE)
    )


@dataclass(frozen=True, slots=True)
class Signal:
    """A number from the day on which a source first gave it until the next one."""

    paper: int
    """The paper's key."""
    source: str
    name: str
    """As the source calls it: "upvotes", "gs_citation", "github_stars" …"""
    day: dt.date
    """UTC."""
    value: float

    @property
    def type(self) -> SignalType | None:
        """What it counts; None for a name that only its source understands."""
        return SIGNAL_TYPES.get(self.name)


@dataclass(frozen=True, slots=True)
class SignalGrowth:
    """By how much a number grew within some days."""

    paper: int
    """The paper's key."""
    source: str
    name: str
    amount: float
    """Negative for a loss."""
    first: dt.date
    """The first and the last day on which it changed."""
    last: dt.date


def numbers_of(signals: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Those of a record's signals that are numbers, by name; without names of this library's own
    signals, which no record can give."""
    for name, value in signals.items():
        signal_type = SIGNAL_TYPES.get(name)
        if signal_type and signal_type.giver == HERE:
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                continue
            if math.isfinite(number):
                yield name, number
