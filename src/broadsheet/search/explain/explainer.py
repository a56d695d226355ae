"""From a ranking to the reasons why one paper stands where it does in it."""

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
from broadsheet.index.documents import IndexDocument, make_document
from broadsheet.index.port import Scores
from broadsheet.search.explain.ablation import (
    Measured,
    PaperParts,
    PartScorer,
    QueryParts,
    part_paper,
    part_query,
)
from broadsheet.search.explain.shares import Attribution, Score, attribute
from broadsheet.search.present.snippets import Marker
from broadsheet.search.query.plan import QueryPlan
from broadsheet.search.rank.ranking import Ranking, RankingQuery
from broadsheet.search.view import IndexView
from broadsheet.text import words

CLEARLY = 2
"""One side carried a paper that stands this many times higher there than on the other."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """The effect of each part of the query and of the paper on the score, and its computation."""

    whole: Measured
    query: QueryParts
    by_query: Attribution
    query_score: Score
    paper: PaperParts
    by_paper: Attribution
    paper_score: Score


@dataclass(frozen=True, slots=True)
class RankedQuery:
    """A query with its ranking; explanations are of this ranking."""

    plan: QueryPlan
    query: RankingQuery
    ranking: Ranking
    """Without boosts in front, with its sides."""


def attribute_score(view: IndexView, ranked: RankedQuery, document: IndexDocument) -> Attributed:
    """Attribute the score that a ranking gives to a paper, whether it is in it or not."""
    return _attribute(
        PartScorer(view, ranked.query, ranked.ranking, document.key), ranked, document
    )


def explain_ranking(
    view: IndexView, ranked: RankedQuery, blank: Explanation, marker: Marker
) -> Explanation:
    """Return ``blank`` (query, mode, paper, rank) with the reasons for the paper's score."""
    document = make_document(blank.paper)
    ranking = ranked.ranking
    scorer = PartScorer(view, ranked.query, ranking, document.key)
    attributed = _attribute(scorer, ranked, document)
    own = scorer.paper
    by_words, meaning, second = _standings(ranking, own)
    return replace(
        blank,
        score=float(ranking.score(own.words, own.meaning, own.near, own.close)[0]),
        words=_word_shares(attributed, document),
        sentences=_sentence_shares(attributed, ranked.query, scorer, marker),
        by_words=by_words,
        by_meaning=meaning,
        by_second_look=second,
        carried=_carried(by_words, meaning),
    )


def _attribute(scorer: PartScorer, ranked: RankedQuery, document: IndexDocument) -> Attributed:
    adds = scorer.paper.term_scores
    query = part_query(
        ranked.plan,
        ranked.query,
        lambda term: _spelled(term, ranked.query.liked_text),
        lambda term: adds.get(term, 0.0),
    )
    paper = part_paper(document)
    query_score, paper_score = scorer.of_query(query), scorer.of_paper(paper)
    return Attributed(
        scorer.paper,
        query,
        attribute(query_score, len(query.labels)),
        query_score,
        paper,
        attribute(paper_score, len(paper.parts)),
        paper_score,
    )


def _word_shares(attributed: Attributed, document: IndexDocument) -> tuple[WordShare, ...]:
    places: dict[Place, str] = {
        "title": document.title,
        "abstract": document.abstract,
        "authors": "\n".join(document.authors),
        "keywords": "\n".join(document.keywords),
    }
    terms_of_query = {term for terms in attributed.query.terms for term in terms}
    matches = words.find_terms(list(places.values()), terms_of_query)
    terms_at = {
        name: {token.text for token in tokens} for name, tokens in zip(places, matches, strict=True)
    }
    return tuple(
        WordShare(
            text=label,
            share=float(attributed.by_query.shares[at]),
            drop=float(attributed.by_query.drops[at]),
            places=tuple(name for name in places if terms_at[name].intersection(terms)),
        )
        for at, (label, terms) in enumerate(
            zip(attributed.query.labels, attributed.query.terms, strict=True)
        )
    )


def _sentence_shares(
    attributed: Attributed, query: RankingQuery, scorer: PartScorer, marker: Marker
) -> tuple[SentenceShare, ...]:
    parts = attributed.paper.parts
    near: list[float] | None = None
    if query.vector is not None and parts:
        near = scorer.nearness(parts, query.vector).tolist()
    texts = marker.fragments([part.title or part.abstract for part in parts])
    return tuple(
        SentenceShare(
            text=texts[at],
            place="title" if part.title else "abstract",
            share=float(attributed.by_paper.shares[at]),
            drop=float(attributed.by_paper.drops[at]),
            nearness=near[at] if near is not None else None,
        )
        for at, part in enumerate(parts)
    )


def _spelled(term: str, text: str) -> str:
    """Return the first word of a text that stands for a term, or the term itself."""
    (tokens,) = words.find_terms([text], {term})
    return text[tokens[0].start : tokens[0].end] if tokens else term


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
