"""Scores of one paper for one query with parts of either left out, as the ranking scores.

Query      a word takes its BM25 and its part of the query's vector with it.
Paper      a sentence takes its words, its length and its part of the paper's vector.
Scale      by which words and meaning are compared is that of the query's candidates and
           is held fixed, so a fall is a fall in the ranking's own score.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.embed.static.token_ids import MOST_TOKENS, TokenIds
from broadsheet.embed.static.token_vectors import normalise_rows
from broadsheet.index.bm25 import score_parts, weigh_terms
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import FeatureRequest, Masks, Scores, Vectors
from broadsheet.search.explain.shares import Floats, Score
from broadsheet.search.query.plan import PUNCTUATION, QueryPlan
from broadsheet.search.rank.proximity import closeness
from broadsheet.search.rank.ranking import Ranking, RankingQuery, SecondLook
from broadsheet.search.view import IndexView
from broadsheet.text import words
from broadsheet.text.analysis import without_stop_words
from broadsheet.text.sentences import split_sentences

MOST_PARTS = 12
"""Words, or sentences, told apart; the others come and go together."""
Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryParts:
    """The words of a query that tell something; alike ones are one part."""

    labels: tuple[str, ...]
    """As typed; "" for all that are not told apart."""
    terms: tuple[Terms, ...]
    """Of each part, as indexed."""
    typed: tuple[str, ...]
    """Every word, in order ..."""
    owners: tuple[int, ...]
    """... and the part it belongs to, −1 for words that stay (stop words)."""


def part_query(
    plan: QueryPlan,
    query: RankingQuery,
    spelled: Callable[[str], str],
    telling: Callable[[str], float],
) -> QueryParts:
    """Cut a query into words.

    ``spelled`` returns a word for a term that only a liked paper brought, ``telling`` how telling
    a term is.
    """
    typed = plan.text.split()
    bare = [word.strip(PUNCTUATION) for word in typed]
    counted = set(without_stop_words(word for word in bare if word))
    terms_of = [tuple(words.terms(word)) if word in counted else () for word in bare]
    labels: dict[Terms, str] = {}
    for word, terms in zip(bare, terms_of, strict=True):
        if terms:
            labels.setdefault(terms, word)
    known = {term for terms in labels for term in terms}
    labels |= {(term,): spelled(term) for term in query.terms if term not in known}
    parts = list(labels)
    chosen = parts
    if len(parts) > MOST_PARTS:
        best = sorted(parts, key=lambda terms: -sum(map(telling, terms)))[: MOST_PARTS - 1]
        chosen = [terms for terms in parts if terms in set(best)]
    place = {terms: at for at, terms in enumerate(chosen)}
    others = tuple(term for terms in parts if terms not in place for term in terms)
    names = [labels[terms] for terms in chosen]
    return QueryParts(
        labels=(*names, "") if others else tuple(names),
        terms=(*chosen, others) if others else tuple(chosen),
        typed=tuple(typed),
        owners=tuple(place.get(terms, len(chosen)) if terms else -1 for terms in terms_of),
    )


@dataclass(frozen=True, slots=True)
class PaperParts:
    """The title and the sentences of a paper, each a document, and the rest, which always stays."""

    parts: tuple[IndexDocument, ...]
    rest: IndexDocument


def part_paper(document: IndexDocument) -> PaperParts:
    """Cut a paper into its title and sentences; those beyond ``MOST_PARTS`` are one part."""
    key = document.key
    sentences = split_sentences(document.abstract)
    if len(sentences) >= MOST_PARTS:
        sentences = [*sentences[: MOST_PARTS - 2], " ".join(sentences[MOST_PARTS - 2 :])]
    title = [IndexDocument(key, document.title, "")] if document.title else []
    return PaperParts(
        parts=(*title, *(IndexDocument(key, "", sentence) for sentence in sentences)),
        rest=IndexDocument(key, "", "", document.authors, keywords=document.keywords),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """One paper as the index has it: its scores on every side of a ranking, (1,) each."""

    words: Scores
    meaning: Scores
    near: Scores
    close: Scores
    term_scores: Mapping[str, float]
    """The addition to ``words`` of each term of the query that the paper has."""
    vector: Vectors
    """Shape (dimensions,); zeros if it has none."""
    tokens: TokenIds


class PartScorer:
    """Score one paper for one query, with parts of either left out."""

    def __init__(self, view: IndexView, query: RankingQuery, ranking: Ranking, key: int) -> None:
        self._embedder = view.embedder
        self._query = query
        self._ranking = ranking
        self._look = ranking.sides.look if ranking.sides else SecondLook()
        self._corpus = view.snapshot.statistics(query.terms)
        self._weights = weigh_terms(query.terms, self._corpus)
        self.paper = self._measure(view, key)

    def of_query(self, cut: QueryParts) -> Score:
        """Return a function: masks over the query's words → scores of the paper.

        What the query found first, which the second look uses, is held fixed.
        """
        paper, query = self.paper, self._query
        adds = paper.term_scores
        fall = np.array([sum(adds.get(term, 0.0) for term in terms) for terms in cut.terms])

        def encode(masks: Masks) -> Vectors:
            queries = self._embedder.encode_queries(_texts(cut, masks))
            return queries if query.liked is None else normalise_rows(queries + query.liked)

        def close_words(masks: Masks) -> Scores:
            scores = [closeness(text, paper.tokens)[0] for text in _texts(cut, masks)]
            return np.array(scores, np.float32)

        vector = paper.vector if query.vector is not None else None
        meaning = _toward(encode, vector)

        def score(masks: Masks) -> Floats:
            left = np.maximum(0, paper.words - ~masks @ fall).astype(np.float32)
            near = np.repeat(paper.near, len(masks))
            close = close_words(masks) if self._look.closeness else np.zeros(len(masks), np.float32)
            return self._ranking.score(left, meaning(masks), near, close).astype(np.float64)

        return score

    def of_paper(self, cut: PaperParts) -> Score:
        """Return a function: masks over the paper's title and sentences → its scores."""
        last: dict[bytes, Vectors] = {}

        def encode(masks: Masks) -> Vectors:
            # Called twice, for nearness to the query and to the best papers.
            if (same := masks.tobytes()) not in last:
                last.clear()
                last[same] = self._encode_papers(cut, masks)
            return last[same]

        everything = np.ones((1, len(cut.parts)), np.bool_)

        def nearness(direction: Vectors | None, indexed: Scores) -> Callable[[Masks], Scores]:
            near = _toward(encode, direction)
            # The index keeps vectors rounded; its own figure is explained.
            shift = indexed[0] - near(everything)[0]
            return lambda masks: near(masks) + shift

        meaning = nearness(self._query.vector, self.paper.meaning)
        near = nearness(self._look.centre, self.paper.near)
        documents = (*cut.parts, cut.rest)
        tokens = [default_tokeniser().encode_papers([p.title], [p.abstract]).ids for p in cut.parts]

        def score(masks: Masks) -> Floats:
            with_rest = np.concatenate([masks, np.ones((len(masks), 1), np.bool_)], axis=1)
            left = score_parts(self._weights, self._corpus, documents, with_rest)
            close = np.zeros(len(masks), np.float32)
            if self._look.closeness:
                close = closeness(self._query.text, _join(tokens, masks))
            return self._ranking.score(left, meaning(masks), near(masks), close).astype(np.float64)

        return score

    def nearness(self, sentences: Sequence[IndexDocument], vector: Vectors) -> Scores:
        """Return the nearness of each part of the paper alone to a vector, shape (n,)."""
        titles, abstracts = [s.title for s in sentences], [s.abstract for s in sentences]
        near: Scores = self._embedder.encode_documents(titles, abstracts) @ vector
        return near

    def _measure(self, view: IndexView, key: int) -> Measured:
        keys = np.array([key], np.int64)
        sides = [side for side in (self._query.vector, self._look.centre) if side is not None]
        features = view.snapshot.features(keys, FeatureRequest(self._query.terms, sides))
        documents = view.snapshot.documents(keys, {"vector", "tokens"})
        nothing = np.zeros(1, np.float32)
        near = iter([np.nan_to_num(cosine) for cosine in features.cosines])
        term_scores = {term: float(scores[0]) for term, scores in features.bm25.items()}
        return Measured(
            words=np.array([sum(term_scores.values())], np.float32),
            meaning=next(near) if self._query.vector is not None else nothing,
            near=next(near) if self._look.centre is not None else nothing,
            close=closeness(self._query.text, documents.tokens)
            if self._look.closeness
            else nothing,
            term_scores=term_scores,
            vector=documents.vectors[0],
            tokens=documents.tokens,
        )

    def _encode_papers(self, cut: PaperParts, masks: Masks) -> Vectors:
        """Return the vectors of the remaining text of the paper, one a row of ``masks``."""
        titles, abstracts = [], []
        for row in masks.tolist():
            left = [part for part, stays in zip(cut.parts, row, strict=True) if stays]
            titles.append("".join(part.title for part in left))
            abstracts.append(" ".join(part.abstract for part in left if part.abstract))
        encoded: Vectors = self._embedder.encode_documents(titles, abstracts)
        return encoded


def _texts(cut: QueryParts, masks: Masks) -> list[str]:
    """Return the remaining text of the query, one a row."""
    always = np.ones((len(masks), 1), np.bool_)
    kept = np.concatenate([masks, always], axis=1)[:, list(cut.owners)]
    return [" ".join(compress(cut.typed, row)) for row in kept.tolist()]


def _join(parts: Sequence[NDArray[np.uint16]], masks: Masks) -> TokenIds:
    """Return the tokens of the remaining parts of a paper, cut as the index cuts them."""
    none = np.empty(0, np.uint16)
    texts = [
        np.concatenate([none, *(ids for ids, stays in zip(parts, row, strict=True) if stays)])
        for row in masks.tolist()
    ]
    texts = [ids[:MOST_TOKENS] for ids in texts]
    starts = np.cumsum([0, *map(len, texts)])
    return TokenIds(np.concatenate([none, *texts]), starts, np.zeros(len(texts), np.int64))


def _toward(
    encode: Callable[[Masks], Vectors], vector: Vectors | None
) -> Callable[[Masks], Scores]:
    """Return the nearness of encoded texts to ``vector``; 0 without a vector."""

    def nearness(masks: Masks) -> Scores:
        if vector is None:
            return np.zeros(len(masks), np.float32)
        near: Scores = encode(masks) @ vector
        return near

    return nearness
