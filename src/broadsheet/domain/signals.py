"""Signals: numbers that speak for a paper, as they changed from day to day."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


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
    """Those of a record's signals that are numbers, by name."""
    for name, value in signals.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                continue
            if math.isfinite(number):
                yield name, number
