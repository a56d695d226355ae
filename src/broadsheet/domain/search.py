"""Requests to search, and its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.paper import Paper
from broadsheet.domain.query import Field, Query

Mode = Literal["hybrid", "words", "meaning"]
MODES: tuple[Mode, ...] = ("hybrid", "words", "meaning")
Order = Literal["relevance", "recent", "date", "for-me"]
ORDERS: tuple[Order, ...] = ("relevance", "recent", "date", "for-me")
"""Best first; the same with newer papers a little ahead; latest published first; or best first with
those ahead that fit the reader's interests."""


class ReaderInterests(Protocol):
    """How well papers fit one reader's interests."""

    def score(self, keys: Sequence[int]) -> Sequence[float]:
        """Return the fit of each of these papers (keys); higher is better."""
        ...

    def explain(self, key: int) -> str:
        """Return a sentence on the fit of a paper that was scored."""
        ...


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """``text`` in the query language; ``limit`` results from ``offset`` on."""

    text: str
    limit: int = 20
    offset: int = 0
    mode: Mode = "hybrid"
    order: Order = "relevance"
    facets: bool = False
    """Facets cost time, as do other forms of acronyms; request them only to show them."""
    other_forms: bool = False
    reader: ReaderInterests | None = None
    """Whose interests the order "for-me" is about; None if nothing is known of them."""
    literal: bool = False
    """Search for the words as typed, even if some seem mistyped, or if they are the identifier of a
    paper or the name of a person."""


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """An author in the library whose full name is among the words of a query."""

    typed: str
    """The words of the query."""
    name: str
    """As most papers print it; as typed if several people are called so."""
    papers: int
    """How many papers are by a person of this name."""
    share: float
    """Of the papers with these words side by side, the share by the person; over 0 to 1."""
    leads: bool = False
    """Whether the whole query was read as the name: the person's papers come first."""

    @property
    def filter(self) -> Field:
        return Field("author", self.name.replace('"', ""))

    @property
    def query(self) -> str:
        """The search for the person's papers alone."""
        return str(self.filter)


class Fragment(NamedTuple):
    """A stretch of readable text; ``matched`` if it holds a query word."""

    text: str
    matched: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. ``score`` compares within one ranking only; ``rank`` is from 1."""

    rank: int
    score: float
    paper: Paper
    title: tuple[Fragment, ...] = ()
    snippet: tuple[Fragment, ...] = ()
    """One or two sentences of the abstract that answer the query best."""
    matched: bool = True
    """False: holds none of the words, near in meaning only."""
    alike: tuple[Paper, ...] = ()
    """Near-duplicates that would have stood below, shown with this one; best first."""


CompletionKind = Literal["word", "author", "category", "venue", "title"]


@dataclass(frozen=True, slots=True)
class Completion:
    """A suggestion while typing: ``text`` is shown, ``query`` is searched for if it is chosen,
    ``papers`` is the number of its papers.
    """

    text: str
    kind: CompletionKind
    papers: int
    query: str


@dataclass(frozen=True, slots=True)
class FacetCount:
    """``term`` is the filter to add to the query (``cat:cs.LG``), ``label`` its text for readers."""

    label: str
    term: str
    count: int


@dataclass(frozen=True, slots=True)
class OtherForm:
    """An acronym in the query and its long form, or the other way round."""

    typed: str
    other: str
    papers: int
    """How many papers say that one stands for the other."""
    query: str
    """The whole query with either form in its place."""


SelectionOrder = Literal["relevance", "published", "updated"]


@dataclass(frozen=True, slots=True)
class SelectionRequest:
    """A request for exactly the papers that match every part of a query tree.

    Unlike in a search, bare words are required, nothing is corrected, and papers that are near in
    meaning only are left out.
    """

    query: Query
    limit: int = 20
    offset: int = 0
    order: SelectionOrder = "relevance"
    """Best first by the words; or by day, the latest first."""
    ascending: bool = False
    """The other way round."""


@dataclass(frozen=True, slots=True)
class SelectionAnswer:
    """A page of a selection."""

    papers: tuple[Paper, ...]
    total: int
    """How many papers match."""


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of a ranking."""

    query: str
    """The query as understood, printed from its AST."""
    hits: tuple[Hit, ...]
    total: int
    """How many papers can be paged through (bounded by the retrieval depth)."""
    matching: int
    """How many papers in the library hold the words and pass the filters."""
    near: int = 0
    """How many of ``total`` hold none of the words and are near in meaning only."""
    notes: tuple[str, ...] = ()
    """Plain words for the reader on parts of the query that were not understood or were widened."""
    corrected: str = ""
    """The query that was searched for instead, since words were surely mistyped; else empty."""
    suggestion: str = ""
    """A better spelled query that was not searched for; else empty."""
    other_forms: tuple[OtherForm, ...] = ()
    exclusion: str = ""
    """The query with -X where it says "without X" or "not X"; else empty."""
    people: tuple[NamedPerson, ...] = ()
    """Authors whom the query may name."""
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    """By facet name: "category", "year", "venue", "author", "source", "code"."""
    seconds: float = 0.0
    identifier: Identifier | None = None
    """The identifier that the whole query is; the paper it names is then the only hit."""
