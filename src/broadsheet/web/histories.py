"""Small pictures of numbers over time: votes, citations, stars."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadsheet.domain.signals import SIGNAL_TYPES, Signal

_LEAST_CHANGES = 3
WIDTH, HEIGHT = 100, 20
"""Of the drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class History:
    """A number over time; ``points`` are those of an SVG polyline, ``WIDTH`` by ``HEIGHT``."""

    label: str
    first: Signal
    last: Signal
    points: str


def draw_histories(signals: Iterable[Signal], today: dt.date) -> Sequence[History]:
    """Return the histories of numbers that changed at least twice, in the order of their types."""
    by_name: dict[tuple[str, str], list[Signal]] = {}
    for signal in sorted(signals, key=lambda each: each.day):
        if signal.type is not None:
            by_name.setdefault((signal.name, signal.source), []).append(signal)
    order = list(SIGNAL_TYPES)
    longest: dict[str, list[Signal]] = {}
    for (name, _), series in by_name.items():
        if len(series) >= max(_LEAST_CHANGES, len(longest.get(name, ())) + 1):
            longest[name] = series
    return [
        History(SIGNAL_TYPES[name].label, series[0], series[-1], _draw(series, today))
        for name, series in sorted(longest.items(), key=lambda item: order.index(item[0]))
    ]


def _draw(series: Sequence[Signal], today: dt.date) -> str:
    """A line in steps: each number holds until the next is known, the last until today."""
    start = series[0].day
    days = max((max(today, series[-1].day) - start).days, 1)
    low, high = min(each.value for each in series), max(each.value for each in series)
    span = (high - low) or 1.0
    points: list[tuple[float, float]] = []
    for signal in series:
        x = WIDTH * (signal.day - start).days / days
        y = 1 + (HEIGHT - 2) * (1 - (signal.value - low) / span)
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    points.append((WIDTH, points[-1][1]))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
