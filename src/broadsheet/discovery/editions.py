"""Which papers an edition prints: its query and authors as one filter. Pure."""

from broadsheet.domain.daily import Edition
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.query import And, Field, Like, Or, Query, iter_leaves
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.search.query.parse import parse


def filter_of(edition: Edition) -> Query | None:
    """Everything that a paper of the edition must match: the query with every part required,
    and one of the authors. None if it has neither.

    Raises InvalidInputError for a query that cannot be used.
    """
    parts: list[Query] = []
    if edition.query.strip():
        parsed = parse(edition.query)
        if parsed.notes:
            raise InvalidInputError(
                f"edition {edition.name!r}: the query {edition.query!r} cannot be used: "
                f"{' '.join(parsed.notes)}"
            )
        if any(isinstance(leaf, Like) for leaf, _ in iter_leaves(parsed.query)):
            raise InvalidInputError(
                f"edition {edition.name!r}: `like:` ranks papers and selects none; "
                "give words, fields and filters"
            )
        query = parsed.query
        parts += query.children if isinstance(query, SideBySide) else [query]
    authors: list[Query] = [Field("author", name) for name in edition.authors]
    if authors:
        parts.append(authors[0] if len(authors) == 1 else Or(tuple(authors)))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))
