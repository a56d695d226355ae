"""Scores of one paper for one query with parts of either left out, as the ranking scores.

Query      a word takes its BM25 and its part of the query's vector with it.
Paper      a sentence takes its words, its length and its part of the paper's vector.
Scale      by which words and meaning are compared is that of the query's candidates and
           is held fixed, so a fall is a fall in the ranking's own score.
Costly     embedders (a millisecond and more a text), and the closeness of the words of a
           longer query, are asked for each part left out alone; they are then taken to
           fall by the sum of what the parts cost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Embedder
from broadsheet.embed.registry import CurrentEmbedder
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.embed.static.token_ids import MOST_TOKENS, TokenIds
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder, normalise_rows
from broadsheet.index.documents import IndexDocument
from broadsheet.index.port import Keys, Masks, Scores, VectorIndex, Vectors, WordIndex
from broadsheet.search.explain.shares import Floats, Score
from broadsheet.search.query.plan import PUNCTUATION, Plan, Tokens
from broadsheet.search.rank.ranking import Ranker, Ranking, SecondLook
from broadsheet.text.analysis import without_stop_words
from broadsheet.text.sentences import split_sentences

CLOSE_UP_TO = 5
"""Words of a query up to which their standing together is scored for every subset."""
MOST_PARTS = 12
"""Words, or sentences, told apart; the others come and go together."""
Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks of the ranker."""

    terms: Mapping[str, float]
    vector: Vectors | None
    """Of unit length; None where meaning is not asked."""
    liked: Vectors | None = None
    """What liked papers add to the vector of the words, before it is made unit length."""
    liked_keys: tuple[int, ...] = ()
    text: str = ""
    """The words in their order, as typed."""
    liked_text: str = ""
    """Titles and abstracts of liked papers."""


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
    plan: Plan,
    asked: Asked,
    tokens: Tokens,
    spelled: Callable[[str], str],
    telling: Callable[[str], float],
) -> QueryParts:
    """Cut a query into words. ``spelled`` gives a word for a term that only a liked
    paper brought, ``telling`` says how much a term tells."""
    typed = plan.text.split()
    bare = [word.strip(PUNCTUATION) for word in typed]
    counted = set(without_stop_words(word for word in bare if word))
    terms_of = [tuple(t.text for t in tokens(word)) if word in counted else () for word in bare]
    labels: dict[Terms, str] = {}
    for word, terms in zip(bare, terms_of, strict=True):
        if terms:
            labels.setdefault(terms, word)
    known = {term for terms in labels for term in terms}
    labels |= {(term,): spelled(term) for term in asked.terms if term not in known}
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
    """The title and the sentences of a paper, each a document, and what always stays."""

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
    """A paper's own scores on every side of a ranking, as the indexes hold them; (1,) each."""

    key: int
    words: Scores
    meaning: Scores
    near: Scores
    close: Scores


class PartScorer:
    """Scores parts over one pair of indexes. Thread-safe."""

    def __init__(
        self, words: WordIndex, vectors: VectorIndex, embedder: Embedder, ranker: Ranker
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._embedder = embedder
        self._ranker = ranker

    def measure(self, asked: Asked, ranking: Ranking, key: int) -> Measured:
        """The paper as it stands."""
        keys = np.array([key], np.int64)
        look = ranking.sides.look if ranking.sides else SecondLook()
        return Measured(
            key,
            self._words.scores(asked.terms, keys),
            self._near(asked.vector, keys),
            self._near(look.centre, keys),
            self._ranker.closeness(asked.text, self._vectors.tokens_of(keys))
            if look.closeness
            else np.zeros(1, np.float32),
        )

    def of_query(
        self,
        cut: QueryParts,
        asked: Asked,
        ranking: Ranking,
        whole: Measured,
        adds: Mapping[str, float],
    ) -> Score:
        """Masks over the query's words → scores of the paper, which ``whole`` measures.

        ``adds`` is what each term adds by words. What the query found first, by which the
        second look goes, is held fixed.
        """
        fall = np.array([sum(adds.get(term, 0.0) for term in terms) for terms in cut.terms])
        vector = self._vectors.find(whole.key) if asked.vector is not None else None
        tokens = self._vectors.tokens_of(np.array([whole.key], np.int64))
        look = ranking.sides.look if ranking.sides else SecondLook()

        def encode(masks: Masks) -> Vectors:
            queries = self._embedder.encode_queries(_texts(cut, masks))
            return queries if asked.liked is None else normalise_rows(queries + asked.liked)

        def closeness(masks: Masks) -> Scores:
            found = [self._ranker.closeness(text, tokens)[0] for text in _texts(cut, masks)]
            return np.array(found, np.float32)

        meaning = _affordable(_toward(encode, vector), len(cut.labels), _is_costly(self._embedder))
        many = len(cut.labels) > CLOSE_UP_TO
        close = _affordable(closeness if look.closeness else None, len(cut.labels), many)

        def score(masks: Masks) -> Floats:
            left = np.maximum(0, whole.words - ~masks @ fall).astype(np.float32)
            near = np.repeat(whole.near, len(masks))
            return ranking.score(left, meaning(masks), near, close(masks)).astype(np.float64)

        return score

    def of_paper(self, cut: PaperParts, asked: Asked, ranking: Ranking, whole: Measured) -> Score:
        """Masks over the paper's title and sentences → its scores."""
        look = ranking.sides.look if ranking.sides else SecondLook()
        last: dict[bytes, Vectors] = {}

        def encode(masks: Masks) -> Vectors:
            # Asked twice, for nearness to the query and to the best papers.
            if (same := masks.tobytes()) not in last:
                last.clear()
                last[same] = self._encode_papers(cut, masks)
            return last[same]

        everything = np.ones((1, len(cut.parts)), np.bool_)

        def nearness(direction: Vectors | None, indexed: Scores) -> Callable[[Masks], Scores]:
            near = _affordable(
                _toward(encode, direction), len(cut.parts), _is_costly(self._embedder)
            )
            # The index keeps vectors rounded; what is explained is its own figure.
            shift = indexed[0] - near(everything)[0]
            return lambda masks: near(masks) + shift

        meaning = nearness(asked.vector, whole.meaning)
        near = nearness(look.centre, whole.near)
        documents = (*cut.parts, cut.rest)
        tokens = [default_tokeniser().encode_papers([p.title], [p.abstract]).ids for p in cut.parts]

        def score(masks: Masks) -> Floats:
            with_rest = np.concatenate([masks, np.ones((len(masks), 1), np.bool_)], axis=1)
            left = self._words.part_scores(asked.terms, documents, with_rest)
            close = np.zeros(len(masks), np.float32)
            if look.closeness:
                close = self._ranker.closeness(asked.text, _join(tokens, masks))
            return ranking.score(left, meaning(masks), near(masks), close).astype(np.float64)

        return score

    def adds(self, asked: Asked, key: int) -> Mapping[str, float]:
        """What each term that the paper holds adds to its score by words."""
        return self._words.term_scores(asked.terms, key)

    def nearness(self, sentences: Sequence[IndexDocument], vector: Vectors) -> Scores:
        """Of each part of a paper alone to the query, shape (n,)."""
        titles, abstracts = [s.title for s in sentences], [s.abstract for s in sentences]
        near: Scores = self._embedder.encode_documents(titles, abstracts) @ vector
        return near

    def _near(self, vector: Vectors | None, keys: Keys) -> Scores:
        if vector is None:
            return np.zeros(len(keys), np.float32)
        near: Scores = np.nan_to_num(self._vectors.scores(vector, keys))
        return near

    def _encode_papers(self, cut: PaperParts, masks: Masks) -> Vectors:
        """Rows of what is left of the paper."""
        titles, abstracts = [], []
        for row in masks.tolist():
            left = [part for part, stays in zip(cut.parts, row, strict=True) if stays]
            titles.append("".join(part.title for part in left))
            abstracts.append(" ".join(part.abstract for part in left if part.abstract))
        encoded: Vectors = self._embedder.encode_documents(titles, abstracts)
        return encoded


def _texts(cut: QueryParts, masks: Masks) -> list[str]:
    """What is left of the query's text, one a row."""
    always = np.ones((len(masks), 1), np.bool_)
    kept = np.concatenate([masks, always], axis=1)[:, list(cut.owners)]
    return [" ".join(compress(cut.typed, row)) for row in kept.tolist()]


def _join(parts: Sequence[NDArray[np.uint16]], masks: Masks) -> TokenIds:
    """The tokens of what is left of a paper, cut as the index cuts them."""
    none = np.empty(0, np.uint16)
    texts = [
        np.concatenate([none, *(ids for ids, stays in zip(parts, row, strict=True) if stays)])
        for row in masks.tolist()
    ]
    texts = [ids[:MOST_TOKENS] for ids in texts]
    starts = np.cumsum([0, *map(len, texts)])
    return TokenIds(np.concatenate([none, *texts]), starts, np.zeros(len(texts), np.int64))


def _is_costly(embedder: Embedder) -> bool:
    """Whether encoding takes more than looking words up."""
    model = embedder.model if isinstance(embedder, CurrentEmbedder) else embedder
    return not isinstance(model, TokenVectorEmbedder)


def _affordable(
    scores: Callable[[Masks], Scores] | None, parts: int, costly: bool
) -> Callable[[Masks], Scores]:
    """``scores``, or where they are costly their first order; 0 where there are none."""
    if scores is None:
        return lambda masks: np.zeros(len(masks), np.float32)
    if not costly:
        return scores
    ends = np.ones((parts + 1, parts), np.bool_)
    ends[np.arange(parts), np.arange(parts)] = False
    known = scores(ends)
    whole, falls = known[-1], known[-1] - known[:-1]
    return lambda masks: whole - ~masks @ falls


def _toward(
    encode: Callable[[Masks], Vectors], vector: Vectors | None
) -> Callable[[Masks], Scores] | None:
    """Nearness to ``vector`` of what ``encode`` gives."""
    if vector is None:
        return None

    def nearness(masks: Masks) -> Scores:
        near: Scores = encode(masks) @ vector
        return near

    return nearness
