"""Counts by category, year, venue, author, source and code, each with its filter.

Counted exactly over the papers that hold all the words of the query and pass
its filters, so that they agree with ``SearchAnswer.matching``; if no paper
holds all the words, over the papers that were retrieved. Spellings of one author's name are
counted together, and authors of a single paper are left out.
"""

from collections.abc import Callable, Mapping, Sequence

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.query import After, Before, Field, Has
from broadsheet.domain.search import FacetCount
from broadsheet.text.person_names import is_named


def _year(value: str) -> str:
    year = int(value)
    return f"{After(PartialDate(year))} {Before(PartialDate(year + 1))}"


_TERMS: dict[str, Callable[[str], str]] = {
    "category": lambda value: str(Field("cat", value)),
    "year": _year,
    "venue": lambda value: str(Field("venue", value.replace('"', ""))),
    "author": lambda value: str(Field("author", value.replace('"', ""))),
    "source": lambda value: str(Field("source", value)),
    "code": lambda value: str(Has("code")),
}
_LABELS = {"code": "with code"}


def make_facets(
    counts: Mapping[str, Sequence[tuple[str, int]]],
) -> dict[str, tuple[FacetCount, ...]]:
    """Facets to show, of the values and counts an index gives."""
    counts = {**counts, "author": count_people(counts.get("author", ()))}
    return {
        name: tuple(
            FacetCount(_LABELS.get(name, value), term(value), count)
            for value, count in counts.get(name, ())
        )
        for name, term in _TERMS.items()
    }


def count_people(printed: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Add up the spellings of each name under the most frequent one; without single papers.

    A spelling that may be of two names ("J. Roe": Jane Roe, John Roe) counts for itself.
    """
    totals: dict[str, int] = {}
    for name, papers in sorted(printed, key=lambda pair: -pair[1]):
        same = [
            other
            for other in totals
            if other == name or (is_named(name, other) and is_named(other, name))
        ]
        leader = same[0] if len(same) == 1 else name
        totals[leader] = totals.get(leader, 0) + papers
    people = [(name, papers) for name, papers in totals.items() if papers > 1]
    return sorted(people, key=lambda pair: (-pair[1], pair[0]))
