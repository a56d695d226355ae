"""Filters over the columns that lie beside the vectors.

A row holds the number of its set of categories, its set of sources and its
venue. There are few different ones, so a filter is decided once for each and
then looked up, a row at a time, by NumPy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.backends.local_index.forward.attributes import KINDS
from broadsheet.backends.local_index.forward.files import HAS_CODE, HAS_PROJECT, ROW
from broadsheet.backends.local_index.forward.growing import Growing
from broadsheet.domain.query import (
    After,
    And,
    Before,
    Field,
    Has,
    Not,
    Or,
    Query,
    Sequence,
)
from broadsheet.text.words import name_words

_MOST_DECIDED = 500
"""Filters whose decisions are remembered, some KB each."""
Mask = NDArray[np.bool_]

_FLAGS = {"code": HAS_CODE, "project": HAS_PROJECT}
_FIELD_KINDS = {"cat": "categories", "source": "sources", "venue": "venue"}


def supports(query: Query) -> bool:
    """Whether every leaf of ``query`` is a column."""
    match query:
        case After() | Before() | Has():
            return True
        case Field(name, _):
            return name in _FIELD_KINDS
        case Not(child):
            return supports(child)
        case And(children) | Or(children) | Sequence(children):
            return all(supports(child) for child in children)
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Columns:
    """All rows' attributes by name, a field of ROW each. A longer one shares its arrays."""

    rows: Mapping[str, NDArray[Any]]
    values: Mapping[str, tuple[Any, ...]]
    _growing: Mapping[str, Growing]
    _decided: dict[tuple[str, str], Mask] = field(default_factory=dict)
    """By kind and text of a filter: which values pass. Values are only appended,
    so a decision holds, and only new values are decided."""

    @classmethod
    def none(cls) -> "Columns":
        growing = {name: Growing(ROW[name]) for name in ROW.names or ()}
        return cls({}, dict.fromkeys(KINDS, ()), growing)

    def extended(
        self, start: int, rows: NDArray[np.void], added: list[tuple[str, Any]]
    ) -> "Columns":
        """With ``rows``, the first of which has the number ``start``."""
        values = {
            kind: (*self.values[kind], *(value for of, value in added if of == kind))
            for kind in KINDS
        }
        arrays = {
            name: column.extended(start, rows[name]) for name, column in self._growing.items()
        }
        return Columns(arrays, values, self._growing, self._decided)

    def mask(self, query: Query) -> Mask:
        """Which rows pass; ``supports(query)`` must hold."""
        mask: Mask = self._mask(query)
        return mask

    def _mask(self, query: Query) -> Any:
        match query:
            case After(date):
                return self.rows["day"] >= _number(date)
            case Before(date):
                return (self.rows["day"] < _number(date)) & (self.rows["day"] > 0)
            case Has(what):
                return (self.rows["flags"] & _FLAGS[what]) != 0
            case Field(name, text):
                return self._lookup(_FIELD_KINDS[name], text, _TESTS[name](text))
            case Not(child):
                return ~self.mask(child)
            case Or(children):
                return np.logical_or.reduce([self.mask(child) for child in children])
            case And(children) | Sequence(children):
                if not children:
                    return np.ones(len(self.rows["key"]), np.bool_)
                return np.logical_and.reduce([self.mask(child) for child in children])
        raise TypeError(f"{query} is no column")

    def _lookup(self, kind: str, text: str, passes: Callable[[Any], bool]) -> Mask:
        values = self.values[kind]
        decided = self._decided.get((kind, text), np.empty(0, np.bool_))
        if len(decided) < len(values):
            more = [passes(value) for value in values[len(decided) :]]
            decided = np.concatenate([decided, np.array(more, np.bool_)])
            if len(self._decided) >= _MOST_DECIDED:
                self._decided.clear()
            self._decided[kind, text] = decided
        if not decided.any():
            return np.zeros(len(self.rows["key"]), np.bool_)
        # Removed rows carry the number 0 whatever it means; they are not live anyway.
        mask: Mask = decided[self.rows[kind]]
        return mask


def _number(date: Any) -> int:
    day = date.first_day()
    return int(day.year * 10000 + day.month * 100 + day.day)


def _category_test(text: str) -> Callable[[Any], bool]:
    lowered = text.lower()
    below = f"{lowered}."
    return lambda categories: any(
        name.lower() == lowered or name.lower().startswith(below) for name in categories
    )


def _source_test(text: str) -> Callable[[Any], bool]:
    lowered = text.lower()
    return lambda sources: any(source.lower() == lowered for source in sources)


def _venue_test(text: str) -> Callable[[Any], bool]:
    """Words of the value next to each other, as in the word index."""
    words = name_words(text)

    def passes(venue: str) -> bool:
        venue_words = name_words(venue)
        width = len(words)
        return any(
            venue_words[at : at + width] == words for at in range(len(venue_words) - width + 1)
        )

    return passes if words else lambda venue: True


_TESTS: dict[str, Callable[[str], Callable[[Any], bool]]] = {
    "cat": _category_test,
    "source": _source_test,
    "venue": _venue_test,
}
