"""Explanation of one paper's rank."""

from dataclasses import dataclass
from typing import Literal

from broadsheet.domain.paper import Paper
from broadsheet.domain.search import Fragment, Mode

Place = Literal["title", "abstract", "authors", "keywords"]
PLACES: tuple[Place, ...] = ("title", "abstract", "authors", "keywords")
Carried = Literal["words", "meaning", "both", "neither"]


@dataclass(frozen=True, slots=True)
class WordShare:
    """One word of the query, and how much of the score is due to it."""

    text: str
    """As typed; "" stands for all words that are not listed one by one."""
    share: float
    """−1 to 1, absolute values sum to 1 over the query; negative if the paper would score higher
    without the word.
    """
    drop: float
    """How far the score falls when this word alone is left out of the query."""
    places: tuple[Place, ...] = ()
    """Places of the word in the paper; empty if it counts by its meaning only."""


@dataclass(frozen=True, slots=True)
class SentenceShare:
    """The title or a sentence of the abstract, and how much of the score is due to it."""

    text: tuple[Fragment, ...]
    """With the query's words marked."""
    place: Place
    share: float
    """−1 to 1, absolute values sum to 1 over the paper; negative if the paper would score higher
    without the sentence, for instance because it would be shorter.
    """
    drop: float
    """How far the score falls when this alone is left out of the paper."""
    nearness: float | None
    """Cosine to the query, −1 to 1; None for a search by words."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Place among the papers that were weighed, from 1; equal scores share a place."""

    rank: int
    of: int


@dataclass(frozen=True, slots=True)
class AppliedBoost:
    """Why a paper was put ahead, besides its words and its meaning."""

    name: str
    """For programs: "title", "named authors", "freshness" and the like."""
    added: float
    """The addition to the score."""
    reason: str
    """For readers: a sentence."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reasons for the rank of ``paper`` for ``query``.

    Shares say how the ranking's own score changes if parts of the query or of the paper are
    removed. The scale over the candidates is held fixed.
    """

    query: str
    """As understood, printed from its AST."""
    mode: Mode
    paper: Paper
    rank: int | None
    """In the whole ranking, from 1; None if the paper is not among the results."""
    score: float
    named: bool = False
    """The query names the paper by an identifier, which puts it first."""
    boosts: tuple[AppliedBoost, ...] = ()
    """Further reasons that put the paper ahead."""
    words: tuple[WordShare, ...] = ()
    """In the order of the query."""
    sentences: tuple[SentenceShare, ...] = ()
    """The title, then the abstract's sentences in their order."""
    by_words: Standing | None = None
    by_meaning: Standing | None = None
    by_second_look: Standing | None = None
    """By nearness to the best papers found and by the query's words standing together."""
    carried: Carried = "neither"
    """The side by which the paper stands higher among those weighed."""
    filters: tuple[str, ...] = ()
    """Conditions of the query that the paper passes."""
    failed: tuple[str, ...] = ()
    """Conditions it does not pass."""
    notes: tuple[str, ...] = ()

    def nearest(self, most: int = 3) -> tuple[SentenceShare, ...]:
        """Sentences of the abstract nearest in meaning, the nearest first."""
        candidates = [part for part in self.sentences if part.nearness and part.place == "abstract"]
        return tuple(sorted(candidates, key=lambda part: -(part.nearness or 0))[:most])
