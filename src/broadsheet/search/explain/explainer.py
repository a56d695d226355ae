"""From a ranking to the reasons why one paper stands where it does in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from broadsheet.domain.explanation import (
    Carried,
    Explanation,
    Place,
    SentenceShare,
    Standing,
    WordShare,
)
from broadsheet.embed.embedder import Embedder
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.port import Scores, VectorIndex, WordIndex
from broadsheet.search.explain.ablation import (
    Asked,
    Measured,
    PaperParts,
    PartScorer,
    QueryParts,
    part_paper,
    part_query,
)
from broadsheet.search.explain.shares import Attribution, Score, attribute
from broadsheet.search.present.snippets import Marker
from broadsheet.search.query.plan import Plan
from broadsheet.search.rank.ranking import Ranker, Ranking

EXACT_UP_TO = 8
"""Parts up to which every combination is scored: 256 ..."""
SAMPLES = 24
"""... and beyond, base samples: 24 × 14 scores at the most."""
CLEARLY = 2
"""One side carried a paper that stands this many times higher there than on the other."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """What the parts of the query and of the paper do to the score, and the functions
    that say so."""

    whole: Measured
    query: QueryParts
    by_query: Attribution
    query_score: Score
    paper: PaperParts
    by_paper: Attribution
    paper_score: Score


class Explainer:
    """Explains rankings over one pair of indexes. Thread-safe."""

    def __init__(
        self,
        words: WordIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        ranker: Ranker,
        clean: Callable[[str], str],
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._scorer = PartScorer(words, vectors, embedder, ranker)
        self._clean = clean

    def attribute(
        self, plan: Plan, asked: Asked, ranking: Ranking, document: IndexDocument
    ) -> Attributed:
        """Attribute the score that ``ranking`` gives a paper, whether it is in it or not."""
        whole = self._scorer.measure(asked, ranking, document.key)
        adds = self._scorer.adds(asked, document.key)
        query = part_query(
            plan,
            asked,
            self._words.tokens,
            lambda term: self._spelled(term, asked.liked_text),
            lambda term: adds.get(term, 0.0),
        )
        paper = part_paper(document)
        query_score = self._scorer.of_query(query, asked, ranking, whole, adds)
        paper_score = self._scorer.of_paper(paper, asked, ranking, whole)
        return Attributed(
            whole,
            query,
            _attribute(query_score, len(query.labels)),
            query_score,
            paper,
            _attribute(paper_score, len(paper.parts)),
            paper_score,
        )

    def explain(
        self, blank: Explanation, plan: Plan, asked: Asked, ranking: Ranking, marker: Marker
    ) -> Explanation:
        """``blank`` (query, mode, paper, rank) with its reasons; ``ranking`` with its sides."""
        document = make_document(blank.paper, self._clean)
        told = self.attribute(plan, asked, ranking, document)
        own = told.whole
        words, meaning, second = _standings(ranking, own)
        return replace(
            blank,
            score=float(ranking.score(own.words, own.meaning, own.near, own.close)[0]),
            words=self._word_shares(told, document),
            sentences=self._sentence_shares(told, asked, marker),
            by_words=words,
            by_meaning=meaning,
            by_second_look=second,
            carried=_carried(words, meaning),
            exact=told.by_query.exact and told.by_paper.exact,
        )

    def _word_shares(self, told: Attributed, document: IndexDocument) -> tuple[WordShare, ...]:
        places: dict[Place, str] = {
            "title": document.title,
            "abstract": document.abstract,
            "authors": "\n".join(document.authors),
            "keywords": "\n".join(document.keywords),
        }
        asked = {term for terms in told.query.terms for term in terms}
        found = self._words.find(list(places.values()), asked)
        held = {
            name: {token.text for token in tokens}
            for name, tokens in zip(places, found, strict=True)
        }
        return tuple(
            WordShare(
                text=label,
                share=float(told.by_query.weights[at]),
                drop=float(told.by_query.leave_one_out[at]),
                places=tuple(name for name in places if held[name].intersection(terms)),
            )
            for at, (label, terms) in enumerate(
                zip(told.query.labels, told.query.terms, strict=True)
            )
        )

    def _sentence_shares(
        self, told: Attributed, asked: Asked, marker: Marker
    ) -> tuple[SentenceShare, ...]:
        parts = told.paper.parts
        near: list[float] | None = None
        if asked.vector is not None and parts:
            near = self._scorer.nearness(parts, asked.vector).tolist()
        texts = marker.fragments([part.title or part.abstract for part in parts])
        return tuple(
            SentenceShare(
                text=texts[at],
                place="title" if part.title else "abstract",
                share=float(told.by_paper.weights[at]),
                drop=float(told.by_paper.leave_one_out[at]),
                nearness=near[at] if near is not None else None,
            )
            for at, part in enumerate(parts)
        )

    def _spelled(self, term: str, text: str) -> str:
        """The first word of a text that stands for a term, or the term itself."""
        (found,) = self._words.find([text], {term})
        return text[found[0].start : found[0].end] if found else term


def _attribute(score: Score, parts: int) -> Attribution:
    return attribute(score, parts, samples=SAMPLES, exact_up_to=EXACT_UP_TO)


def _standings(
    ranking: Ranking, own: Measured
) -> tuple[Standing | None, Standing | None, Standing | None]:
    """Places by words, by meaning and by the second look among the papers weighed."""
    if ranking.sides is None:
        alone = _standing(ranking.scores, own.words if ranking.mode == "words" else own.meaning)
        return (alone, None, None) if ranking.mode == "words" else (None, alone, None)
    sides = ranking.sides
    looked = bool(sides.look.feedback or sides.look.closeness)
    return (
        _standing(sides.words, own.words),
        _standing(sides.meaning, own.meaning),
        _standing(sides.added, sides.look.score(own.near, own.close)) if looked else None,
    )


def _standing(scores: Scores, own: Scores) -> Standing:
    better = int(np.count_nonzero(np.nan_to_num(scores, nan=-np.inf) > own[0]))
    return Standing(better + 1, max(len(scores), better + 1))


def _carried(words: Standing | None, meaning: Standing | None) -> Carried:
    if words is None or meaning is None:
        return "words" if words else "meaning" if meaning else "neither"
    if words.rank * CLEARLY <= meaning.rank:
        return "words"
    return "meaning" if meaning.rank * CLEARLY <= words.rank else "both"
