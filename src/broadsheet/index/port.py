"""What search needs from an index. Implemented under ``backends``.

Two indexes hold the same papers by ``key``: one of words, one of vectors. Each
commits on its own and remembers the number of the last change it holds, so that
a crash between the two is made good by applying the changes again.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.paper import Paper
from broadsheet.domain.query import Query
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.documents import IndexDocument, ReadableText
from broadsheet.index.spelled_words import SpelledWords
from broadsheet.text.analysis import Token

Keys = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]
Days = NDArray[np.int64]
"""Shape (n,): dates as YYYYMMDD, 0 where unknown."""
Masks = NDArray[np.bool_]
"""Shape (m, n): a row a choice among n parts; True where a part is present."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Papers with scores, best first, ties by key; both arrays have one length."""

    keys: Keys
    scores: Scores

    @classmethod
    def none(cls) -> "Candidates":
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))


class WordIndex(Protocol):
    """Papers by the words they hold.

    Threads     safe to use from several threads.
    Lifecycle   sees every commit made before a call, by any process; answers as
                an empty index where none was built yet.
    Errors      IndexUnavailableError where the files are damaged.

    ``terms`` are words as indexed (``Token.text``) with their weight in the query;
    ``where`` is a query of which every part is required (see ``domain.query``);
    ``like:`` has no meaning here.
    """

    def held(self) -> AbstractContextManager[None]:
        """Inside the block this thread sees one commit, the latest at its first look."""
        ...

    def tokens(self, text: str) -> list[Token]:
        """The words of a text as they are ranked, with their places."""
        ...

    def find(self, texts: Sequence[str], terms: Collection[str]) -> list[list[Token]]:
        """Of each text those of ``tokens(text)`` whose text is among ``terms``; much faster
        than all of them, and the faster the more texts at once."""
        ...

    def candidates(self, terms: Mapping[str, float], where: Query | None, k: int) -> Candidates:
        """The ``k`` best papers by BM25 that hold any of the terms and pass ``where``."""
        ...

    def scores(self, terms: Mapping[str, float], keys: Keys) -> Scores:
        """BM25 of each of these papers, 0 where it holds no term or is unknown."""
        ...

    def term_scores(self, terms: Mapping[str, float], key: int) -> Mapping[str, float]:
        """What each of the terms that a paper holds adds to its score; their sum is the score."""
        ...

    def part_scores(
        self, terms: Mapping[str, float], parts: Sequence[IndexDocument], masks: Masks
    ) -> Scores:
        """BM25, shape (m,), that a paper would have were it made of some of its parts.

        With all parts of a paper in the index this is its score there.
        """
        ...

    def newest(
        self, where: Query | None, limit: int, offset: int, terms: Sequence[str] = ()
    ) -> Keys:
        """Papers that pass and hold all of ``terms``, latest published first, then the
        highest key."""
        ...

    def keys(self, where: Query, among: Keys | None = None) -> Keys:
        """All papers that pass, and are ``among`` these where given, in ascending order."""
        ...

    def count(self, where: Query | None, terms: Sequence[str] = ()) -> int:
        """How many papers pass ``where`` and hold all of ``terms``."""
        ...

    def frequencies(self, terms: Sequence[str]) -> list[int]:
        """In how many papers each term occurs; deleted papers may still count."""
        ...

    def author_frequencies(self, names: Sequence[str]) -> list[int]:
        """In how many papers each word is part of an author's name; 0 for what is no word."""
        ...

    def facets(
        self, where: Query | None, terms: Sequence[str], keys: Keys | None = None
    ) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Values and counts of "category", "year", "venue", "source" and "code".

        Over the papers that pass ``where`` and hold all of ``terms``, or over
        ``keys`` where given; the most frequent first, years descending.
        """
        ...

    def spellings(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Words of titles, as spelled in lower case, that begin so; with their papers,
        the most frequent first."""
        ...

    def spelled(self, letter: str, fewest: int) -> SpelledWords:
        """All such words with this first letter that ``fewest`` titles have at least; remembered
        until papers change."""
        ...

    def names(self, kind: str, typed: str, limit: int) -> list[tuple[str, int]]:
        """Names of a kind ("author", "category", "venue") that begin as typed, in any
        case and with or without accents, people also by their family name; with their
        papers, the most frequent first."""
        ...

    def long_forms(self, acronym: str) -> list[tuple[str, int]]:
        """What papers say that an acronym, in any case, stands for, each spelling with its
        papers; the most frequent first."""
        ...

    def titled(self, typed: str, limit: int) -> Keys:
        """Papers whose title may hold this text, of whose last word the end may be
        missing: by stems, so some hold something like it. The latest published first."""
        ...

    def count_papers(self) -> int: ...

    def applied(self) -> int:
        """Number of the last change in the index, 0 for none."""
        ...


class VectorIndex(Protocol):
    """Papers by meaning: unit vectors, nearest by dot product.

    Threads, lifecycle and errors are those of WordIndex. ``where`` may hold only
    what ``supports`` accepts; it is applied inside the scan, as are ``keys``.
    """

    def held(self) -> AbstractContextManager[None]:
        """As in WordIndex."""
        ...

    def supports(self, where: Query) -> bool:
        """Whether this filter can be applied to the vectors' own columns."""
        ...

    def candidates(
        self,
        vector: Vectors,
        k: int,
        where: Query | None = None,
        keys: Keys | None = None,
        without: Keys | None = None,
    ) -> Candidates:
        """The ``k`` nearest papers that pass ``where``, are among ``keys`` (where
        given) and not among ``without``."""
        ...

    def scores(self, vector: Vectors, keys: Keys) -> Scores:
        """Nearness of each paper, shape (len(keys),); NaN where it has no vector."""
        ...

    def find(self, key: int) -> Vectors | None:
        """The vector of a paper, shape (dimensions,), or None."""
        ...

    def vectors_of(self, keys: Keys) -> Vectors:
        """The vector of each paper, shape (len(keys), dimensions); zeros where it has none."""
        ...

    def days_of(self, keys: Keys) -> Days:
        """The first day of each paper's publication date."""
        ...

    def tokens_of(self, keys: Keys) -> TokenIds:
        """The tokens of each paper, title first; none where it is unknown."""
        ...

    def titles_of(self, keys: Keys, fewest: int) -> TokenIds:
        """The tokens of each paper's title; none where it has less than ``fewest``."""
        ...

    def texts_of(self, papers: Sequence[Paper]) -> Sequence[ReadableText | None]:
        """The text of each paper as readers see it; None where it is unknown, or was made of
        another text than the paper has now."""
        ...

    def embedder(self) -> str | None:
        """Name of the embedder the vectors came from; None before the first build."""
        ...

    def tokeniser(self) -> str | None:
        """Name of the tokeniser the tokens came from; None before the first build."""
        ...

    def place(self) -> Path:
        """Where the index lies, for messages."""
        ...

    def count_papers(self) -> int: ...

    def applied(self) -> int: ...


class WordWriter(Protocol):
    """The writing side. One thread; nothing is seen by readers before ``commit``."""

    @property
    def applied(self) -> int: ...

    def add(self, documents: Sequence[IndexDocument]) -> None:
        """Add papers or replace those with the same key."""
        ...

    def remove(self, keys: Sequence[int]) -> None: ...

    def commit(self, applied: int) -> None:
        """Make all since the last commit visible at once, with its change number."""
        ...


class VectorWriter(Protocol):
    """As WordWriter; ``vectors`` has a row and ``tokens`` a text a document."""

    @property
    def applied(self) -> int: ...

    def add(
        self, documents: Sequence[IndexDocument], vectors: Vectors, tokens: TokenIds
    ) -> None: ...

    def remove(self, keys: Sequence[int]) -> None: ...

    def commit(self, applied: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Models:
    """What makes the vectors and the tokens of an index, by name."""

    embedder: str
    dimensions: int
    tokeniser: str


@dataclass(frozen=True, slots=True)
class Writers:
    """Both sides of one index, open for writing."""

    words: WordWriter
    vectors: VectorWriter


class IndexStore(Protocol):
    """The place of both indexes: who may write, and which build is current."""

    @property
    def words(self) -> WordIndex: ...

    @property
    def vectors(self) -> VectorIndex: ...

    def write(self, models: Models) -> AbstractContextManager[Writers]:
        """Open the current build for writing; make an empty one where none is.

        One writer at a time over all processes: raises IndexLockedError where
        another writes, EmbedderMismatchError where vectors or tokens are of other
        models. What was not committed is dropped on leaving.
        """
        ...

    def rebuild(
        self, models: Models, papers: int, keep_vectors: bool = False
    ) -> AbstractContextManager[Writers]:
        """Open an empty build beside the current one, which goes on answering.

        About so many ``papers`` are expected. One commit at the end is enough. With
        ``keep_vectors`` only its words are empty, and what it adds goes to the same files.
        Leaving without an exception makes it the current one in one step; with
        one, it is thrown away. Raises IndexLockedError.
        """
        ...

    def segment_sizes(self) -> Sequence[int]:
        """How many papers each segment of the word index holds, to within one."""
        ...

    def bytes_by_part(self) -> Mapping[str, int]:
        """Size of the current build on disk: "words" and "vectors"."""
        ...
