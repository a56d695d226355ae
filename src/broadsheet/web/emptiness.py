"""Why a search found nothing, in plain words and with what to try instead."""

from dataclasses import dataclass

from broadsheet.domain.search import SearchRequest
from broadsheet.web import refine
from broadsheet.web.library import Library

_MOST_WORDS = 8
"""Words looked up one by one; a longer query is not explained word by word."""


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What is known about an empty answer; a way out is "" where there is none."""

    library_empty: bool = False
    unknown: tuple[str, ...] = ()
    """Words of the query that no paper holds."""
    unfiltered: str = ""
    """The query without its filters ..."""
    found_unfiltered: int = 0
    """... and how many papers hold its words."""
    unquoted: str = ""
    """The query without its quotation marks."""


def explain(library: Library, query: str) -> Emptiness:
    """Ask the library again, more loosely, to see what emptied the answer."""
    if library.latest_day() is None:
        return Emptiness(library_empty=True)
    words_only = refine.without_filters(query)
    filtered = words_only != query
    words = [word for word in words_only.replace('"', " ").split() if word.isalnum()]
    words = [word for word in words if word not in ("AND", "OR", "NOT")]
    unknown: list[str] = []
    if len(words) <= _MOST_WORDS:
        unknown = [word for word in words if not _holding(library, word)]
    return Emptiness(
        unknown=tuple(unknown),
        unfiltered=words_only if filtered else "",
        found_unfiltered=_holding(library, words_only) if filtered and words_only else 0,
        unquoted=" ".join(query.replace('"', " ").split()) if '"' in words_only else "",
    )


def _holding(library: Library, query: str) -> int:
    return library.search(SearchRequest(query, limit=1, mode="words")).matching
