"""Rank papers for a plan: by words, by meaning, or by both."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.query import Query
from broadsheet.domain.search import Mode
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.port import Candidates, Keys, Scores, VectorIndex, Vectors, WordIndex
from broadsheet.search.query.plan import split_filter
from broadsheet.search.rank.feedback import weigh_best
from broadsheet.search.rank.fusion import NOTHING, Fusion, Scale
from broadsheet.search.rank.proximity import Closeness
from broadsheet.search.rank.weights import SHIPPED, Weights

DEPTH = 200
"""Candidates from each side. The same for every page, so that pages fit together."""

MOST_LISTED = 10_000
POOL = 3
"""Nearest papers asked of the word index whether they pass, for each wanted: if enough
do, not all that pass need be listed, which takes some 0.1 s for 60,000."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What a second look at the candidates goes by, with its scales."""

    feedback: float = 0.0
    """Weight of nearness to the best papers ..."""
    centre: Vectors | None = None
    """... around which they lie; None where none has a vector."""
    near: Scale = NOTHING
    closeness: float = 0.0
    """Weight of the query's words standing together."""
    close: Scale = NOTHING

    def score(self, near: Scores, close: Scores) -> Scores:
        """What it adds to papers of these two scores, each of shape (n,)."""
        by_best = self.feedback * self.near.standardised(near)
        added: Scores = (by_best + self.closeness * self.close.standardised(close)).astype(
            np.float32
        )
        return added


@dataclass(frozen=True, slots=True)
class Sides:
    """What a ranking by both sides was fused from, in its order: for explanations."""

    words: Scores
    meaning: Scores
    fusion: Fusion
    added: Scores
    """What the second look added to the fused scores."""
    look: SecondLook


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that can be paged through, best first. ``matched``: holds a word of the query."""

    keys: Keys
    scores: Scores
    matched: np.ndarray[tuple[int], np.dtype[np.bool_]]
    mode: Mode = "words"
    """By which sides it was really made."""
    sides: Sides | None = None
    alike: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """By key, those taken out of the ranking that nearly repeat it, best first."""

    @classmethod
    def by_words(cls, found: Candidates) -> "Ranking":
        return cls(found.keys, found.scores, np.ones(len(found.keys), np.bool_))

    def without(self, key: int) -> "Ranking":
        return self._taken(np.flatnonzero(self.keys != key))

    def with_prior(self, prior: Scores) -> "Ranking":
        """With these added to the scores, shape (n,), and in the order of the sums."""
        if not prior.any():
            return self
        scores = self.scores + prior
        return replace(self, scores=scores)._taken(np.lexsort((self.keys, -scores)))

    def grouped(self, first: NDArray[np.int64]) -> "Ranking":
        """Without those of the best papers that repeat another, which keeps them as ``alike``.

        ``first``: for each of the best papers the place of the one that it repeats.
        """
        alike: dict[int, tuple[int, ...]] = {}
        repeated = np.flatnonzero(first != np.arange(len(first)))
        for place in repeated:
            leader = int(self.keys[first[place]])
            alike[leader] = (*alike.get(leader, ()), int(self.keys[place]))
        kept = np.delete(np.arange(len(self.keys)), repeated)
        return replace(self._taken(kept), alike=alike) if alike else self

    def leader_of(self, key: int) -> int:
        """The key of the paper that this one is shown with; its own otherwise."""
        return next((leader for leader, others in self.alike.items() if key in others), key)

    def _taken(self, places: NDArray[np.intp]) -> "Ranking":
        return replace(
            self,
            keys=self.keys[places],
            scores=self.scores[places],
            matched=self.matched[places],
            sides=self.sides
            and replace(
                self.sides,
                words=self.sides.words[places],
                meaning=self.sides.meaning[places],
                added=self.sides.added[places],
            ),
        )

    def score(self, words: Scores, meaning: Scores, near: Scores, close: Scores) -> Scores:
        """What the ranking would give to papers of these scores, its scales held fixed.

        All of shape (n,), the last two for the second look; what the ranking does not
        use is not read.
        """
        if self.sides is not None:
            fused = self.sides.fusion.score(words, meaning)
            found: Scores = fused + self.sides.look.score(near, close)
            return found
        return words if self.mode == "words" else meaning

    def led_by(self, first: Keys) -> "Ranking":
        """With these papers in front, scored as well as the best."""
        if not len(first):
            return self
        others = ~np.isin(self.keys, first)
        best = self.scores.max(initial=0.0)
        return Ranking(
            np.concatenate([first, self.keys[others]]),
            np.concatenate([np.full(len(first), best, np.float32), self.scores[others]]),
            np.concatenate([np.ones(len(first), np.bool_), self.matched[others]]),
            self.mode,
        )


Weighing = Callable[[Weights], Ranking]
"""One query's candidates, found once and ranked by any weights."""


@dataclass(frozen=True, slots=True)
class Found:
    """A query's candidates from both sides, before they are weighed."""

    keys: Keys
    words: Scores
    meaning: Scores
    close: Callable[[], Scores]
    """How near the query's words stand, where it is asked for."""


class Ranker:
    """Ranks over one pair of indexes. Thread-safe."""

    def __init__(
        self,
        words: WordIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        weights: Weights = SHIPPED,
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._embedder = embedder
        self._weights = weights

    def encode(self, text: str) -> Vectors:
        found: Vectors = self._embedder.encode_queries([text])[0]
        return found

    def rank(
        self,
        terms: Mapping[str, float],
        vector: Vectors | None,
        where: Query | None,
        mode: Mode,
        depth: int = DEPTH,
        text: str = "",
    ) -> Ranking:
        """The best papers that pass ``where``; ``vector`` None ranks by words alone.

        ``text``: the query's words in their order, for how near to each other they stand.
        """
        return self.prepare(terms, vector, where, mode, depth, text)(self._weights)

    def prepare(
        self,
        terms: Mapping[str, float],
        vector: Vectors | None,
        where: Query | None,
        mode: Mode,
        depth: int = DEPTH,
        text: str = "",
    ) -> Weighing:
        """``rank`` for any weights; what they do not change is looked up once."""
        if mode == "words" or vector is None or not vector.any():
            worded = Ranking.by_words(self._words.candidates(terms, where, depth))
            return lambda weights: worded
        near = self._nearest(vector, where, depth)
        if mode == "meaning" or not terms:
            held = self._words.scores(terms, near.keys) > 0
            nearest = Ranking(near.keys, near.scores, held, "meaning")
            return lambda weights: nearest
        both = self._both(terms, vector, self._words.candidates(terms, where, depth), near, text)
        return lambda weights: self._fused(both, weights)

    def _nearest(self, vector: Vectors, where: Query | None, k: int) -> Candidates:
        columns, words, excluded = split_filter(where, self._vectors.supports)
        listed = words or excluded
        if where is not None and listed is not None and self._words.count(listed) > MOST_LISTED:
            pool = self._vectors.candidates(vector, POOL * k, columns)
            passing = np.isin(pool.keys, self._words.keys(where, pool.keys))
            if len(pool.keys) < POOL * k or np.count_nonzero(passing) >= k:
                return Candidates(pool.keys[passing][:k], pool.scores[passing][:k])
        keys = self._words.keys(words) if words is not None else None
        without = self._words.keys(excluded) if excluded is not None else None
        return self._vectors.candidates(vector, k, columns, keys, without)

    def _both(
        self,
        terms: Mapping[str, float],
        vector: Vectors,
        worded: Candidates,
        near: Candidates,
        text: str,
    ) -> Found:
        """Every candidate of either side, scored from both."""
        only_near = near.keys[~np.isin(near.keys, worded.keys)]
        keys = np.concatenate([worded.keys, only_near])
        by_words = np.concatenate([worded.scores, self._words.scores(terms, only_near)])

        @functools.cache
        def close() -> Scores:
            if not text:
                return np.zeros(len(keys), np.float32)
            return self.closeness(text, self._vectors.tokens_of(keys))

        return Found(keys, by_words, self._vectors.scores(vector, keys), close)

    def _fused(self, found: Found, weights: Weights) -> Ranking:
        """Candidates fused and looked at again, best first, ties by key."""
        fusion = Fusion.of(found.words, found.meaning, weights.words)
        fused = fusion.score(found.words, found.meaning)
        look, added = self._look_again(found, fused, weights)
        scores = fused + added
        order = np.lexsort((found.keys, -scores))
        sides = Sides(found.words[order], found.meaning[order], fusion, added[order], look)
        held = (found.words > 0)[order]
        return Ranking(found.keys[order], scores[order], held, "hybrid", sides)

    def _look_again(
        self, found: Found, fused: Scores, weights: Weights
    ) -> tuple[SecondLook, Scores]:
        """How near the best papers are and the query's words stand, and what it adds."""
        keys = found.keys
        near = close = np.zeros(len(keys), np.float32)
        look = SecondLook()
        if weights.feedback:
            best = np.lexsort((keys, -fused))[: weights.feedback_papers]
            known = [(at, self._vectors.find(int(keys[at]))) for at in best]
            rows = {int(at): row for at, row in known if row is not None}
            if rows:
                centre = weigh_best(np.stack(list(rows.values())), fused[list(rows)])
                near = self._vectors.scores(centre, keys)
                look = SecondLook(weights.feedback, centre, Scale.of(near))
        if weights.closeness:
            close = found.close()
            look = replace(look, closeness=weights.closeness, close=Scale.of(close))
        return look, look.score(near, close)

    def closeness(self, text: str, papers: TokenIds) -> Scores:
        """How near to each other papers have the words of a query, shape (len(papers),)."""
        return self._closeness.scores(text, papers)

    @functools.cached_property
    def _closeness(self) -> Closeness:
        return Closeness(default_embedder(), self._words.tokens)
