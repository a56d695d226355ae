"""Add filters to a query and take them away, as text.

The pages never parse a query: they only cut it at the spaces that stand outside
quotes and parentheses, so whatever the reader wrote stays as it was written.
"""

import re
from collections.abc import Iterator

FILTER_FIELDS = ("cat", "source", "venue", "author", "has", "after", "before")
_FILTER = re.compile(rf"[-+]?(?:{'|'.join(FILTER_FIELDS)}):.+", re.IGNORECASE | re.DOTALL)
DATE_FIELDS = ("after", "before")


def split_terms(query: str) -> list[str]:
    """The top-level terms of a query, in order; quotes and parentheses hold together.

    >>> split_terms('graph "neural net" author:"Ada Lovelace" (a OR b)')
    ['graph', '"neural net"', 'author:"Ada Lovelace"', '(a OR b)']
    """
    terms: list[str] = []
    current = ""
    for character, quoted, depth in _scan(query):
        if character.isspace() and not quoted and not depth:
            if current:
                terms.append(current)
            current = ""
        else:
            current += character
    return [*terms, current] if current else terms


def _scan(query: str) -> Iterator[tuple[str, bool, int]]:
    """Yield each character with its context: an open quote, and the number of open parentheses."""
    quoted = False
    depth = 0
    for character in query:
        if character == '"':
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and not quoted:
            depth = max(0, depth - 1)
        yield character, quoted, depth


def filters_of(query: str) -> list[str]:
    """The terms of a query that narrow it (``cat:cs.LG``) and search for nothing."""
    return [term for term in split_terms(query) if _FILTER.fullmatch(term)]


def has_term(query: str, term: str) -> bool:
    """Whether every part of ``term`` stands in the query."""
    present = {part.casefold() for part in split_terms(query)}
    term_parts = [part.casefold() for part in split_terms(term)]
    return bool(term_parts) and all(part in present for part in term_parts)


def with_term(query: str, term: str) -> str:
    """The query narrowed by ``term``.

    A query with OR on its top level is put in parentheses first, as the term
    would otherwise narrow only its last alternative.
    """
    query = " ".join(_closed(query).split())
    if has_term(query, term):
        return query
    if "OR" in split_terms(query):
        query = f"({query})"
    return f"{query} {term}".strip()


def without_term(query: str, term: str) -> str:
    """The query with every part of ``term`` taken out."""
    unwanted = {part.casefold() for part in split_terms(term)}
    return " ".join(part for part in split_terms(query) if part.casefold() not in unwanted)


def without_filters(query: str) -> str:
    """Return the query without its filters."""
    return " ".join(term for term in split_terms(query) if not _FILTER.fullmatch(term))


def unquoted(query: str) -> str:
    """The query with its phrases as loose words; quotes inside filters stay."""
    terms = split_terms(query)
    return " ".join(
        t if _FILTER.fullmatch(t) else " ".join(t.replace('"', " ").split()) for t in terms
    )


def with_dates(query: str, after: str, before: str) -> str:
    """The query with its date range replaced; an empty end is left open."""
    for term in filters_of(query):
        if term.partition(":")[0].lower() in DATE_FIELDS:
            query = without_term(query, term)
    for field, value in zip(DATE_FIELDS, (after, before), strict=True):
        if value:
            query = with_term(query, f"{field}:{value}")
    return query


def date_of(query: str, field: str) -> str:
    """The value of ``after:`` or ``before:`` in the query, or ""."""
    for term in filters_of(query):
        name, _, value = term.partition(":")
        if name.lower() == field:
            return value
    return ""


def _closed(query: str) -> str:
    """Close open quotes and parentheses of the query, so that a term can follow it."""
    states = [(quoted, depth) for _, quoted, depth in _scan(query)]
    quoted, depth = states[-1] if states else (False, 0)
    return query + '"' * quoted + ")" * depth
