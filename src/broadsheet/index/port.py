"""The index port: what search and the indexer need from an index. Implemented under ``backends``.

A search takes one ``snapshot`` and makes about ten calls, each for many papers or words at once,
so that an engine on another machine can implement this port. Text analysis (``text.words``),
spelling and explanations work on what these calls return. ``backends.memory`` is the simplest
implementation; read it to see what each call means.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.query import Query
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.documents import IndexDocument, StoredText

Keys = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]
Days = NDArray[np.int64]
"""Shape (n,): dates as YYYYMMDD, 0 if unknown."""
Masks = NDArray[np.bool_]
"""Shape (m, n): m choices among n parts; True if the part is present."""
NO_KEYS: Keys = np.empty(0, np.int64)

FeatureName = Literal["bm25", "cosine"]
Features = Mapping[FeatureName, Scores]
"""Numbers of an index on n papers for one query, each of shape (n,).

"bm25"    score by the words, 0 if the paper has none of them
"cosine"  nearness of the paper's vector to the query's, −1 to 1; NaN if the paper has no vector
"""

DocumentField = Literal["vector", "tokens", "day", "text"]
DayName = Literal["published", "updated"]
CompletionKind = Literal["word", "author", "category", "venue", "acronym"]
FACETS = ("category", "year", "venue", "author", "source", "code")


@dataclass(frozen=True, slots=True)
class Selection:
    """The papers that pass ``where`` and have all of ``terms``; by default all papers.

    Every part of ``where`` is required (see ``domain.query``), and ``like:`` passes everything.
    """

    where: Query | None = None
    terms: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 needs to know of the corpus, and how frequent some words are."""

    papers: int
    average_length: float
    """Words of a paper; 0 in an empty index."""
    frequencies: Mapping[str, int] = field(default_factory=dict)
    """By term: how many papers have it. Deleted papers may still count."""
    author_frequencies: Mapping[str, int] = field(default_factory=dict)
    """By word as typed: how many papers have it in an author's name."""


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """A request for the best papers by words, by meaning, or both."""

    terms: Mapping[str, float]
    """Words as indexed (``Token.text``) with their weights in the query."""
    vector: Vectors | None
    """Unit length, shape (dimensions,); None if meaning does not count."""
    where: Query | None
    by_words: int
    """How many of the best papers by BM25 to return; 0 for none."""
    by_meaning: int
    """How many of the nearest papers to return; 0 for none."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Different papers in no particular order, with all features of each."""

    keys: Keys
    features: Features

    @classmethod
    def none(cls) -> "Candidates":
        nothing = np.empty(0, np.float32)
        return cls(NO_KEYS, {"bm25": nothing, "cosine": nothing})


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """A request for the features of known papers."""

    terms: Mapping[str, float] = field(default_factory=dict)
    vectors: Sequence[Vectors] = ()
    filters: Sequence[Query] = ()


@dataclass(frozen=True, slots=True)
class PaperFeatures:
    """The features of n known papers."""

    bm25: Mapping[str, Scores]
    """By term: its part of a paper's score; shape (n,) each. Terms that no paper has are
    left out. BM25 is the sum over the terms."""
    cosines: Sequence[Scores]
    """For each vector of the request, shape (n,); NaN if the paper has no vector."""
    passes: Sequence[NDArray[np.bool_]]
    """For each filter of the request: which papers pass, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Forward data of n papers. Fields that were not requested are empty."""

    vectors: Vectors
    """Shape (n, dimensions); zeros for a paper without a vector."""
    tokens: TokenIds
    """The tokens of each paper, title first; none if the paper is unknown."""
    days: Days
    """The first day of each publication date."""
    texts: Sequence[StoredText | None]
    """The readable text of each paper; None if it is unknown."""

    @classmethod
    def none(cls, papers: int) -> "Documents":
        return cls(
            np.zeros((papers, 0), np.float32),
            TokenIds.none(papers),
            np.zeros(papers, np.int64),
            [None] * papers,
        )


@dataclass(frozen=True, slots=True)
class NewestPapers:
    """One page of a selection by day, then by key; the latest first unless requested otherwise."""

    keys: Keys
    total: int
    """How many papers the selection has."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A request for the words or names of a kind that begin with ``prefix``.

    word        words of titles in lower case, as spelled
    author, category, venue
                names; case and accents of the prefix do not matter, and people are found by
                given name and by family name
    acronym     spellings of the long forms of the acronym ``prefix``, typed in full in any case

    With ``limit`` None all of them. Words that fewer than ``fewest`` papers have are left out.
    """

    kind: CompletionKind
    prefix: str
    limit: int | None
    fewest: int = 1


Counted = Sequence[tuple[str, int]]
"""Words, names or values, each with the number of papers that have it."""


class IndexSnapshot(Protocol):
    """An immutable view of one commit: the same question always has the same answer.

    Threads     safe to use from several threads.
    Lifecycle   valid as long as it is referenced, whatever is written meanwhile; take a new
                one for each request. Two snapshots of one commit may be the same object.
    Errors      IndexUnavailableError if files turn out to be damaged.
    """

    @property
    def papers(self) -> int:
        """How many papers the index holds."""
        ...

    @property
    def applied(self) -> int:
        """Number of the last change of the library that the index holds, 0 for none."""
        ...

    @property
    def embedder(self) -> str | None:
        """Name of the embedder of the stored vectors; None in an empty index."""
        ...

    @property
    def tokeniser(self) -> str | None:
        """Name of the tokeniser of the stored tokens; None in an empty index."""
        ...

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        """Return statistics of the corpus, of ``terms``, and of ``names``: words of names."""
        ...

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """Return how many papers each selection has."""
        ...

    def candidates(self, request: CandidateRequest) -> Candidates:
        """Return the best papers by words together with the nearest ones.

        Filters apply before the best are chosen. BM25 over a long query may choose by its
        rarest words; the features are complete. A backend may search vectors approximately.
        """
        ...

    def features(self, keys: Keys, request: FeatureRequest) -> PaperFeatures:
        """Return the features of known papers; the same figures as ``candidates``."""
        ...

    def documents(self, keys: Keys, fields: Collection[DocumentField]) -> Documents:
        """Return forward data of known papers."""
        ...

    def facets(self, papers: Selection | Keys) -> Mapping[str, Counted]:
        """Return values and counts of each of ``FACETS`` over a selection or some papers.

        The most frequent first, years descending; {} in an empty index.
        """
        ...

    def newest(
        self,
        selection: Selection,
        limit: int,
        offset: int = 0,
        by: DayName = "published",
        oldest_first: bool = False,
    ) -> NewestPapers:
        """Return a page of the selection, the latest published or updated first.

        ``oldest_first`` reverses the order; papers without a day then come first.
        """
        ...

    def complete(self, requests: Sequence[CompletionRequest]) -> list[Counted]:
        """Return for each request the most frequent words or names, the most frequent first."""
        ...

    def find_titles(self, text: str, limit: int) -> Keys:
        """Return papers whose title may contain ``text``, the end of its last word missing.

        Titles are compared by stems, so some only contain something like it. The latest
        published first.
        """
        ...


class IndexWriter(Protocol):
    """The writing side. One thread; readers see nothing before ``commit``."""

    @property
    def applied(self) -> int:
        """Number of the last change that was committed, 0 for none."""
        ...

    def add(self, documents: Sequence[IndexDocument], vectors: Vectors, tokens: TokenIds) -> None:
        """Add papers, or replace those with the same key; one vector and text for each."""
        ...

    def remove(self, keys: Sequence[int]) -> None:
        """Remove papers; unknown keys are ignored."""
        ...

    def commit(self, applied: int) -> None:
        """Make everything since the last commit visible at once, with its change number.

        If the process dies during a commit, ``applied`` stays at the number before, and
        applying the same changes again makes it good.
        """
        ...


@dataclass(frozen=True, slots=True)
class Models:
    """The models that vectors and tokens of an index are made with, by name."""

    embedder: str
    dimensions: int
    tokeniser: str


class IndexStore(Protocol):
    """Where one library's index is kept. Thread-safe."""

    def snapshot(self) -> IndexSnapshot:
        """Return a view of the latest commit by any process; an empty one before the first.

        Raises IndexUnavailableError if the index is damaged or of another version.
        """
        ...

    def write(self, models: Models) -> AbstractContextManager[IndexWriter]:
        """Open the index for writing; create an empty one before the first time.

        One writer at a time over all processes: raises IndexLockedError if another process
        writes, EmbedderMismatchError or IndexUnavailableError if vectors or tokens were made
        with other models. Uncommitted work is dropped on leaving.
        """
        ...

    def rebuild(self, models: Models, papers: int) -> AbstractContextManager[IndexWriter]:
        """Open an empty index beside the current one, which goes on answering.

        About ``papers`` papers are expected; one commit at the end is enough. Leaving without
        an exception makes it the current one in one step; with one, it is thrown away. Raises
        IndexLockedError.
        """
        ...

    def is_fragmented(self) -> bool:
        """Return whether a rebuild would make searches noticeably faster."""
        ...

    def location(self) -> str:
        """Return where the index is kept, for messages."""
        ...

    def bytes_by_part(self) -> Mapping[str, int]:
        """Return the size of the index on disk, by part ("words", "vectors")."""
        ...
