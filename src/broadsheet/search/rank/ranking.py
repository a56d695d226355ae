"""Rank papers for a query: by words, by meaning, or by both, then by boosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.explanation import AppliedBoost
from broadsheet.domain.query import Query, all_of, conjuncts
from broadsheet.domain.search import Mode
from broadsheet.index.port import (
    CandidateRequest,
    Candidates,
    DocumentField,
    Documents,
    FeatureRequest,
    Features,
    IndexSnapshot,
    Keys,
    Scores,
    Selection,
    Vectors,
)
from broadsheet.search.rank.boosts import Boost, Pool, apply_boosts
from broadsheet.search.rank.feedback import weigh_best
from broadsheet.search.rank.floor import NO_FLOOR
from broadsheet.search.rank.fusion import NOTHING, Fusion, Scale
from broadsheet.search.rank.proximity import closeness
from broadsheet.search.rank.weights import Weights

DEPTH = 200
"""Candidates by words, and as many by meaning. The same for every page, so that pages fit
together."""


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What papers are ranked by."""

    terms: Mapping[str, float]
    """Words as indexed, with their weights."""
    vector: Vectors | None
    """Of unit length; None if meaning does not count."""
    liked: Vectors | None = None
    """The addition of liked papers to the vector of the words, before it is made unit length."""
    liked_keys: tuple[int, ...] = ()
    text: str = ""
    """The words in their order, as typed."""
    liked_text: str = ""
    """Titles and abstracts of liked papers."""
    floor: float = NO_FLOOR
    """Least cosine of a paper that holds none of the words; see ``floor``."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """How candidates are scored a second time, after the first ranking, with fixed scales."""

    feedback: float = 0.0
    """Weight of nearness to the best papers ..."""
    centre: Vectors | None = None
    """... whose vectors have this weighted mean; None if there is no feedback."""
    near: Scale = NOTHING
    closeness: float = 0.0
    """Weight of the query's words being close together."""
    close: Scale = NOTHING

    def score(self, near: Scores, close: Scores) -> Scores:
        """Return the addition to the scores of papers with these two scores, each of shape (n,)."""
        by_best = self.feedback * self.near.standardised(near)
        by_closeness = self.closeness * self.close.standardised(close)
        added: Scores = (by_best + by_closeness).astype(np.float32)
        return added


@dataclass(frozen=True, slots=True)
class Sides:
    """The scores that a hybrid ranking was fused from, in its order: for explanations."""

    words: Scores
    meaning: Scores
    fusion: Fusion
    added: Scores
    """Additions of the second look to the fused scores."""
    look: SecondLook


@dataclass(frozen=True, slots=True)
class Ranking:
    """All papers that can be paged through, best first."""

    keys: Keys
    scores: Scores
    matched: NDArray[np.bool_]
    """Which papers have a word of the query."""
    mode: Mode = "words"
    """How papers were really ranked: by words if the query has no vector."""
    sides: Sides | None = None
    alike: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """By key, the papers taken out of the ranking that nearly repeat it, best first."""

    def without(self, keys: Sequence[int]) -> "Ranking":
        """Return the ranking without some papers."""
        return self._take(np.flatnonzero(~np.isin(self.keys, keys))) if keys else self

    def rescored(self, scores: Scores) -> "Ranking":
        """Return the papers in the order of other scores, shape (n,)."""
        return replace(self, scores=scores)._take(np.lexsort((self.keys, -scores)))

    def grouped(self, first: NDArray[np.int64]) -> "Ranking":
        """Return the ranking without papers that repeat another one, which lists them in ``alike``.

        ``first``: for each of the best papers the place of the paper that it repeats.
        """
        alike: dict[int, tuple[int, ...]] = {}
        repeated = np.flatnonzero(first != np.arange(len(first)))
        for place in repeated:
            leader = int(self.keys[first[place]])
            alike[leader] = (*alike.get(leader, ()), int(self.keys[place]))
        left = np.delete(np.arange(len(self.keys)), repeated)
        return replace(self._take(left), alike=alike) if alike else self

    def leader_of(self, key: int) -> int:
        """Return the key of the paper that this one is shown with, or its own."""
        return next((leader for leader, others in self.alike.items() if key in others), key)

    def _take(self, places: NDArray[np.intp]) -> "Ranking":
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
        """Return the scores that the ranking would give to papers, its scales held fixed.

        All of shape (n,): BM25, cosine, and for the second look nearness to the best papers and
        closeness of the words. Scores that the ranking does not use are not read.
        """
        if self.sides is not None:
            fused = self.sides.fusion.score(words, meaning)
            total: Scores = fused + self.sides.look.score(near, close)
            return total
        return words if self.mode == "words" else meaning

    def led_by(self, first: Keys) -> "Ranking":
        """Return the ranking with these papers in front, scored as well as the best."""
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


@dataclass(frozen=True, slots=True)
class PreparedRanking:
    """The candidates of one query, to be ranked by any weights without asking the index again."""

    query: RankingQuery
    mode: Mode
    pool: Pool
    boosts: Sequence[Boost]

    def rank(self, weights: Weights) -> Ranking:
        """Rank the pool: the one place in which scores, second look and boosts come together."""
        ranking = self._first_ranking(weights)
        boosted = apply_boosts(self.boosts, self.pool, ranking.scores)
        far = self._far_from(ranking)
        return ranking.rescored(boosted.scores).without([*self.query.liked_keys, *far])

    def _far_from(self, ranking: Ranking) -> Sequence[int]:
        """Return the papers that hold none of the words and are not near in meaning. Those that a
        boost may lead to for another reason, such as their author, stay."""
        cosine = self.pool.features["cosine"]
        far = ~ranking.matched & ~(cosine >= self.query.floor)
        if self.mode == "words" or self.query.floor == NO_FLOOR or self.query.liked_keys:
            return ()
        for passes in self.pool.passes.values():
            far &= ~passes
        keys: Sequence[int] = self.pool.keys[far].tolist()
        return keys

    def explain_boosts(self, weights: Weights, key: int) -> tuple[AppliedBoost, ...]:
        """Return the boosts of a paper's score with their reasons; () if it is not ranked."""
        places = np.flatnonzero(self.pool.keys == key)
        if not len(places):
            return ()
        at = int(places[0])
        added = apply_boosts(self.boosts, self.pool, self._first_ranking(weights).scores).added
        return tuple(
            AppliedBoost(boost.name, float(added[boost.name][at]), boost.explain(self.pool, at))
            for boost in self.boosts
            if boost.name in added and added[boost.name][at]
        )

    def _first_ranking(self, weights: Weights) -> Ranking:
        """Return the pool in its own order, with scores by words and meaning."""
        keys, features = self.pool.keys, self.pool.features
        words, meaning = features["bm25"], features["cosine"]
        matched = words > 0
        if self.mode == "words":
            return Ranking(keys, words, matched)
        if self.mode == "meaning":
            return Ranking(keys, meaning, matched, "meaning")
        fusion = Fusion.of(words, meaning, weights.words)
        fused = fusion.score(words, meaning)
        look, added = self._look_again(fused, weights)
        sides = Sides(words, meaning, fusion, added, look)
        return Ranking(keys, fused + added, matched, "hybrid", sides)

    def _look_again(self, fused: Scores, weights: Weights) -> tuple[SecondLook, Scores]:
        """Score by nearness to the best papers and by closeness of the query's words."""
        keys, documents = self.pool.keys, self.pool.documents
        near = close = np.zeros(len(keys), np.float32)
        look = SecondLook()
        if weights.feedback and len(keys):
            best = np.lexsort((keys, -fused))[: weights.feedback_papers]
            centre = weigh_best(documents.vectors[best], fused[best])
            if centre.any():
                near = documents.vectors @ centre
                near[np.isnan(self.pool.features["cosine"])] = np.nan
                look = SecondLook(weights.feedback, centre, Scale.of(near))
        if weights.closeness:
            if self.query.text:
                close = closeness(self.query.text, documents.tokens)
            look = replace(look, closeness=weights.closeness, close=Scale.of(close))
        return look, look.score(near, close)


def prepare_ranking(
    snapshot: IndexSnapshot,
    query: RankingQuery,
    where: Query | None,
    mode: Mode,
    boosts: Sequence[Boost] = (),
    among: Query | None = None,
) -> PreparedRanking:
    """Fetch the candidates that pass ``where``, with all that ranks them; five calls at most.

    The latest papers that pass ``among`` too are candidates whatever their scores.
    """
    mode = _possible_mode(query, mode)
    candidates = snapshot.candidates(
        CandidateRequest(
            query.terms,
            None if mode == "words" else query.vector,
            where,
            by_words=0 if mode == "meaning" else DEPTH,
            by_meaning=0 if mode == "words" else DEPTH,
        )
    )
    if among is not None:
        candidates = _with_latest(snapshot, query, candidates, all_of([*conjuncts(where), among]))
    keys = candidates.keys
    fields: set[DocumentField] = set()
    fields.update(*(boost.fields for boost in boosts))
    if mode == "hybrid":
        fields.update({"vector", "tokens"} if query.text else {"vector"})
    filters = [part for boost in boosts for part in boost.filters]
    passes = snapshot.features(keys, FeatureRequest(filters=filters)).passes if filters else []
    pool = Pool(
        keys,
        candidates.features,
        snapshot.documents(keys, fields) if fields else Documents.none(len(keys)),
        dict(zip(filters, passes, strict=True)),
    )
    return PreparedRanking(query, mode, pool, boosts)


def _with_latest(
    snapshot: IndexSnapshot, query: RankingQuery, candidates: Candidates, where: Query | None
) -> Candidates:
    """Return the candidates together with the latest papers that pass a filter."""
    latest = snapshot.newest(Selection(where), DEPTH).keys
    new = latest[~np.isin(latest, candidates.keys)]
    if not len(new):
        return candidates
    vectors = [] if query.vector is None else [query.vector]
    features = snapshot.features(new, FeatureRequest(query.terms, vectors))
    bm25 = sum(features.bm25.values(), np.zeros(len(new), np.float32))
    cosine = features.cosines[0] if vectors else np.full(len(new), np.nan, np.float32)
    added: Features = {"bm25": bm25, "cosine": cosine}
    return Candidates(
        np.concatenate([candidates.keys, new]),
        {name: np.concatenate([candidates.features[name], added[name]]) for name in added},
    )


def _possible_mode(query: RankingQuery, mode: Mode) -> Mode:
    if mode == "words" or query.vector is None or not query.vector.any():
        return "words"
    return mode if query.terms else "meaning"
