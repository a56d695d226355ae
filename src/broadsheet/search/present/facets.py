"""Counts by category, year, venue, source and code, each with its filter.

Counted exactly over the papers that hold all the words of the query and pass
its filters, so that they agree with ``SearchAnswer.matching``; where no paper
holds all the words, over the papers that were retrieved.
"""

from collections.abc import Callable, Mapping, Sequence

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.query import After, Before, Field, Has
from broadsheet.domain.search import FacetCount


def _year(value: str) -> str:
    year = int(value)
    return f"{After(PartialDate(year))} {Before(PartialDate(year + 1))}"


_TERMS: dict[str, Callable[[str], str]] = {
    "category": lambda value: str(Field("cat", value)),
    "year": _year,
    "venue": lambda value: str(Field("venue", value.replace('"', ""))),
    "source": lambda value: str(Field("source", value)),
    "code": lambda value: str(Has("code")),
}
_LABELS = {"code": "with code"}


def make_facets(
    counts: Mapping[str, Sequence[tuple[str, int]]],
) -> dict[str, tuple[FacetCount, ...]]:
    """Facets to show, of the values and counts an index gives."""
    return {
        name: tuple(
            FacetCount(_LABELS.get(name, value), term(value), count)
            for value, count in counts.get(name, ())
        )
        for name, term in _TERMS.items()
    }
