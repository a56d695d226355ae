"""What a reader asks for, as a tree that prints itself.

The language (parsed by ``search.parse``), loosest binding first::

    a b OR c          either side                      OR < AND < words side by side
    a b AND c         both sides
    a b               words side by side: ranked, not required (see Sequence)
    -a, NOT a         papers that do not match a
    "a b"             these words next to each other
    title:a abs:a author:"a b" cat:cs.LG source:acl venue:"NeurIPS 2017" id:2401.00001
    comment:"12 pages" report:CERN-TH-98
    after:2024-01 before:2024-06 updatedafter:2024-05 updatedbefore:2024-06
    has:code like:2401.00001

``str(query)`` is the canonical spelling: parsing it gives the same tree.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from broadsheet.domain.dates import PartialDate

FieldName = Literal["title", "abs", "author", "cat", "source", "venue", "comment", "report", "id"]
FIELD_NAMES: tuple[FieldName, ...] = (
    "title",
    "abs",
    "author",
    "cat",
    "source",
    "venue",
    "comment",
    "report",
    "id",
)
HasName = Literal["code", "project"]
HAS_NAMES: tuple[HasName, ...] = ("code", "project")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed; it may hold hyphens and the like, never space or quotes."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand next to each other, in this order."""

    text: str

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class Field:
    """A value that must be found in one field; several words form a phrase.

    ``cat`` matches a category and everything below it (``cat:cs`` has cs.LG);
    ``source`` and ``id`` match whole values, the others words.
    """

    name: FieldName
    text: str

    def __str__(self) -> str:
        return f"{self.name}:{_value(self.text)}"


@dataclass(frozen=True, slots=True)
class After:
    """Published on the first day of ``date`` or later."""

    date: PartialDate

    def __str__(self) -> str:
        return f"after:{self.date}"


@dataclass(frozen=True, slots=True)
class Before:
    """Published before the first day of ``date``."""

    date: PartialDate

    def __str__(self) -> str:
        return f"before:{self.date}"


@dataclass(frozen=True, slots=True)
class UpdatedAfter:
    """Last updated on the first day of ``date`` or later. The date of a paper's latest version
    counts, or its publication date if nothing later is known."""

    date: PartialDate

    def __str__(self) -> str:
        return f"updatedafter:{self.date}"


@dataclass(frozen=True, slots=True)
class UpdatedBefore:
    """Last updated before the first day of ``date``; see UpdatedAfter."""

    date: PartialDate

    def __str__(self) -> str:
        return f"updatedbefore:{self.date}"


@dataclass(frozen=True, slots=True)
class Has:
    """Papers with a link to code or to a project page."""

    what: HasName

    def __str__(self) -> str:
        return f"has:{self.what}"


@dataclass(frozen=True, slots=True)
class Like:
    """Ranked by nearness to this paper, which is itself left out."""

    id: str

    def __str__(self) -> str:
        return f"like:{_value(self.id)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Papers that do not match ``child``."""

    child: "Query"

    def __str__(self) -> str:
        return f"-{_nested(self.child, (And, Or, Sequence, Not))}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Things side by side; two children or more, or none for the empty query.

    At the top of a query its words rank papers and need not all be there, while
    everything that is not a bare word is required. Inside AND, OR and NOT every
    child is required.
    """

    children: tuple["Query", ...] = ()

    def __str__(self) -> str:
        return " ".join(_nested(child, (And, Or, Sequence)) for child in self.children)


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more children."""

    children: tuple["Query", ...]

    def __str__(self) -> str:
        return " AND ".join(_nested(child, (And, Or)) for child in self.children)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more children."""

    children: tuple["Query", ...]

    def __str__(self) -> str:
        return " OR ".join(_nested(child, (Or,)) for child in self.children)


Query: TypeAlias = (
    Word
    | Phrase
    | Field
    | After
    | Before
    | UpdatedAfter
    | UpdatedBefore
    | Has
    | Like
    | Not
    | Sequence
    | And
    | Or
)
EMPTY = Sequence()


def iter_leaves(query: Query, positive: bool = True) -> Iterator[tuple[Query, bool]]:
    """Every leaf, left to right, with whether it is wanted (True) or excluded."""
    match query:
        case Not(child):
            yield from iter_leaves(child, not positive)
        case Sequence(children) | And(children) | Or(children):
            for child in children:
                yield from iter_leaves(child, positive)
        case _:
            yield query, positive


def conjuncts(where: Query | None) -> tuple[Query, ...]:
    """Return the parts of a filter that are each required."""
    if where is None:
        return ()
    return where.children if isinstance(where, Sequence | And) else (where,)


def all_of(parts: Iterable[Query]) -> Query | None:
    """Return the filter that requires all of ``parts``; None for none."""
    children = tuple(parts)
    return And(children) if len(children) > 1 else children[0] if children else None


def any_of(parts: Iterable[Query]) -> Query | None:
    """Return the filter that requires one of ``parts``; None for none."""
    children = tuple(parts)
    return Or(children) if len(children) > 1 else children[0] if children else None


def _value(text: str) -> str:
    return f'"{text}"' if not text or any(c.isspace() or c in "()" for c in text) else text


def _nested(query: Query, kinds: tuple[type, ...]) -> str:
    return f"({query})" if isinstance(query, kinds) else str(query)
