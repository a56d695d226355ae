"""Search as readers use it: a query in, a page of a ranking out."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from broadsheet.domain.errors import EmbedderMismatchError, InvalidInputError, PaperNotFoundError
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.query import Field, Query, Word, iter_leaves
from broadsheet.domain.search import (
    MODES,
    ORDERS,
    FacetCount,
    Mode,
    OtherForm,
    SearchAnswer,
    SearchRequest,
)
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.index.documents import make_document
from broadsheet.index.port import Keys, VectorIndex, Vectors, WordIndex
from broadsheet.search.explain.ablation import Asked
from broadsheet.search.explain.explainer import Attributed, Explainer
from broadsheet.search.present.facets import make_facets
from broadsheet.search.present.hits import HitMaker
from broadsheet.search.present.notes import (
    NOT_BY_DATE,
    explain_loose,
    explain_nothing,
    explain_order,
)
from broadsheet.search.query.acronyms import other_forms
from broadsheet.search.query.parse import Parsed, parse
from broadsheet.search.query.people import explain_names, lead, read_names
from broadsheet.search.query.plan import Plan, conjuncts, plan_query
from broadsheet.search.query.spelling import SpellingAdviser
from broadsheet.search.query.typos import explain_mending, mend, read_markup
from broadsheet.search.rank.duplicates import find_repetitions
from broadsheet.search.rank.freshness import freshness
from broadsheet.search.rank.known_titles import TypedTitle
from broadsheet.search.rank.ranking import DEPTH, Ranker, Ranking, Weighing
from broadsheet.search.rank.weights import SHIPPED, Weights
from broadsheet.search.similar import Likeness
from broadsheet.search.steady import steady
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.latex.plain_text import to_text

COMPARED = 100
"""The best papers, of which near-duplicates are shown as one: five pages."""
LITTLE = 5
"""With fewer papers that hold all the words, a better spelling is looked for."""
_MOST_IDENTIFIERS = 3
_MOST_SPELLED = 8
"""Words of a longer query that nobody mistyped need not all be in one paper."""


_OTHER_EMBEDDER = (
    "The embedder was changed and papers are not embedded again yet, "
    "so this search goes by words alone."
)


class Searcher:
    """Searches one library. Thread-safe; sees papers as soon as they are indexed.

    Where the index's vectors are of another embedder, hybrid searches go by words and
    say so. Raises IndexUnavailableError where the index is damaged, EmbedderMismatchError
    where its vectors are of another embedder and meaning alone is asked for.
    """

    def __init__(
        self,
        words: WordIndex,
        vectors: VectorIndex,
        embedder: Embedder,
        papers: PaperReader,
        clean: Callable[[str], str] = to_text,
        weights: Weights = SHIPPED,
    ) -> None:
        self._words = words
        self._vectors = vectors
        self._embedder = embedder
        self._ranking = weights
        self._papers = papers
        self._clean = clean
        self._ranker = Ranker(words, vectors, embedder, weights)
        self._show = HitMaker(words, vectors, papers, self._clean)
        self._explainer = Explainer(words, vectors, embedder, self._ranker, self._clean)
        self.likeness = Likeness(
            words,
            vectors,
            embedder,
            papers,
            self._clean,
            self._ranker,
            self._show,
            self._explainer,
        )

    @steady
    def search(self, request: SearchRequest) -> SearchAnswer:
        """One page of papers. Raises InvalidInputError for a mode or page that cannot be."""
        _check(request)
        began = time.perf_counter()
        parsed, plan = self._read(request.text)
        notes = [*parsed.notes, *explain_order(parsed.query, plan)]
        if request.mode == "hybrid" and not self._embedder_fits():
            request = replace(request, mode="words")
            notes.append(_OTHER_EMBEDDER)
        matching = self._words.count(plan.where, plan.soft)
        keys, total, ranking = self._page(parsed.query, plan, request, matching, notes)
        hits = self._show.hits(keys, request.offset, plan, ranking)
        suggestion = ""
        if not total:
            notes += explain_nothing(plan, self._words)
        else:
            notes += explain_loose(plan, matching, total)
        if matching < LITTLE and 0 < len(plan.terms) <= _MOST_SPELLED:
            suggestion = self._suggest(parsed.query, plan.mended)
        facets = self._facets(plan, matching, ranking) if request.facets else {}
        forms: tuple[OtherForm, ...] = ()
        if request.other_forms:
            words = self._words
            forms = other_forms(parsed.query, words.tokens, words.long_forms, words.frequencies)
        return SearchAnswer(
            query=str(parsed.query),
            hits=hits,
            total=total,
            matching=matching,
            notes=tuple(dict.fromkeys(notes)),
            suggestion=suggestion,
            other_forms=forms,
            facets=facets,
            seconds=time.perf_counter() - began,
        )

    def rank(self, request: SearchRequest) -> list[tuple[int, float]]:
        """(paper key, score) of the ranking that ``search`` pages through by relevance."""
        return self.prepare(request)(self._ranking)

    def prepare(self, request: SearchRequest) -> Callable[[Weights], list[tuple[int, float]]]:
        """``rank`` for any weights, with its candidates found once: to choose weights."""
        _check(request)
        parsed, plan = self._read(request.text)
        if not plan.terms and not plan.likes:
            newest = self._words.newest(plan.where, request.limit, request.offset)
            return lambda weights: [(key, 0.0) for key in newest.tolist()]
        asked = self._asked(plan, request.mode, [])
        weighing = self._weighing(asked, plan, request.mode)
        named = self._named(parsed.query, plan)
        chosen = slice(request.offset, request.offset + request.limit)

        def ranked(weights: Weights) -> list[tuple[int, float]]:
            ranking = weighing(weights).led_by(named)
            keys, scores = ranking.keys[chosen].tolist(), ranking.scores[chosen].tolist()
            return list(zip(keys, scores, strict=True))

        return ranked

    @steady
    def explain(self, request: SearchRequest, paper: Paper) -> Explanation:
        """Why the paper stands where it does for the query, or why it is not found.

        ``limit`` and ``offset`` mean nothing here; by date there is no reason but the date,
        so the ranking is explained. Raises as ``search`` does.
        """
        _check(request)
        parsed, plan = self._read(request.text)
        notes = [*parsed.notes, *explain_order(parsed.query, plan)]
        if request.mode == "hybrid" and not self._embedder_fits():
            request = replace(request, mode="words")
            notes.append(_OTHER_EMBEDDER)
        key = np.array([paper.key], np.int64)
        passes = {part: bool(len(self._words.keys(part, key))) for part in conjuncts(plan.where)}
        blank = Explanation(
            query=str(parsed.query),
            mode=request.mode,
            paper=paper,
            rank=None,
            score=0.0,
            filters=tuple(str(part) for part, passed in passes.items() if passed),
            failed=tuple(str(part) for part, passed in passes.items() if not passed),
        )
        if plan.terms or plan.likes:
            asked = self._asked(plan, request.mode, notes)
            ranking = self._ranked(asked, plan, request)
            named = self._named(parsed.query, plan)
            shown = self._grouped(ranking.led_by(named))
            leader = shown.leader_of(paper.key)
            if leader != paper.key:
                notes += [
                    f"It is shown with “{self._clean(other.title)}”, nearly the same text."
                    for other in self._papers.get_many([leader]).values()
                ]
            keys = shown.keys.tolist()
            rank = keys.index(leader) + 1 if leader in keys else None
            blank = replace(blank, rank=rank, named=paper.key in named)
            if paper.key in ranking.keys and request.mode != "meaning":
                typed = TypedTitle.of(asked.text)
                titled = typed.tell(self._vectors.titles_of(key, len(typed.tokens)))
                blank = replace(blank, titled=titled)
            if len(ranking.keys):  # else there is no scale to score by
                blank = self._explainer.explain(
                    blank, plan, asked, ranking, self._show.marker(plan)
                )
        return replace(blank, notes=tuple(dict.fromkeys(notes)))

    def attribute(self, request: SearchRequest, paper: Paper) -> Attributed:
        """The attribution behind ``explain``, with its scores: to measure whether it is true."""
        _, plan = self._read(request.text)
        asked = self._asked(plan, request.mode, [])
        ranking = self._ranked(asked, plan, request)
        document = make_document(paper, self._clean)
        return self._explainer.attribute(plan, asked, ranking, document)

    def _read(self, text: str) -> tuple[Parsed, Plan]:
        """The query as understood, and what the indexes are asked for it."""
        parsed = parse(read_markup(text))
        plan = plan_query(parsed.query, self._words.tokens)
        plan = mend(plan, self._words.tokens, self._words.frequencies, default_tokeniser().knows)
        plan, names = read_names(parsed.query, plan, self._words)
        notes = (*parsed.notes, *explain_mending(plan), *explain_names(names))
        return replace(parsed, notes=notes), plan

    def _page(
        self, query: Query, plan: Plan, request: SearchRequest, matching: int, notes: list[str]
    ) -> tuple[Keys, int, Ranking | None]:
        """Keys of the page asked for, how many can be paged through, and the ranking."""
        end = request.offset + request.limit
        if not plan.terms and not plan.likes:
            return self._words.newest(plan.where, request.limit, request.offset), matching, None
        if request.order == "date" and matching and not plan.likes:
            held = self._words.newest(plan.where, request.limit, request.offset, plan.soft)
            return held, matching, None
        if request.order == "date":
            notes.append(NOT_BY_DATE)
        ranking = self._ranked(self._asked(plan, request.mode, notes), plan, request)
        ranking = self._grouped(ranking.led_by(self._named(query, plan)))
        return ranking.keys[request.offset : end], len(ranking.keys), ranking

    def _grouped(self, ranking: Ranking) -> Ranking:
        """With near-duplicates among the best papers shown as one."""
        best = ranking.keys[:COMPARED]
        first = find_repetitions(
            self._vectors.vectors_of(best), lambda places: self._vectors.tokens_of(best[places])
        )
        return ranking.grouped(first)

    def _asked(self, plan: Plan, mode: Mode, notes: list[str]) -> Asked:
        """The terms and the vector of a query, with those of papers it likes."""
        terms = dict(plan.terms)
        vector = None
        if mode != "words" and plan.text:
            vector = self._encode(plan.text)
        likes: dict[int, Vectors] = {}
        texts: list[str] = []
        for name in plan.likes:
            try:
                paper = self._papers.get(name)
            except PaperNotFoundError:
                notes.append(f"“like:{name}” names no paper in this library.")
                continue
            more, likes[paper.key] = self.likeness.of_paper(paper)
            texts += [self._clean(paper.title), self._clean(paper.abstract)]
            terms = dict(Counter(terms) + Counter(more))
        liked = np.sum(list(likes.values()), axis=0) if likes else None
        if mode == "words":
            return Asked(terms, None, None, tuple(likes), plan.text, " ".join(texts))
        if liked is not None:
            vector = liked if vector is None else vector + liked
        if vector is not None and (length := float(np.linalg.norm(vector))):
            vector = vector / np.float32(length)
        return Asked(terms, vector, liked, tuple(likes), plan.text, " ".join(texts))

    def _ranked(self, asked: Asked, plan: Plan, request: SearchRequest) -> Ranking:
        ranking = self._weighing(asked, plan, request.mode)(self._ranking)
        if request.order == "recent":
            prior = freshness(self._vectors.days_of(ranking.keys), ranking.scores)
            ranking = ranking.with_prior(prior)
        return ranking

    def _weighing(self, asked: Asked, plan: Plan, mode: Mode) -> Weighing:
        terms, vector, text = asked.terms, asked.vector, asked.text
        typed = TypedTitle.of(text)
        weighing = self._ranker.prepare(terms, vector, plan.where, mode, DEPTH, text)

        def ranked(weights: Weights) -> Ranking:
            ranking = weighing(weights)
            if plan.authors:
                ranking = ranking.with_prior(lead(plan, self._words, ranking.keys, ranking.scores))
            for key in asked.liked_keys:
                ranking = ranking.without(key)
            if mode != "meaning" and typed:
                titles = self._vectors.titles_of(ranking.keys, len(typed.tokens))
                ranking = ranking.with_prior(typed.lead(titles, ranking.scores))
            return ranking

        return ranked

    def _encode(self, text: str) -> Vectors:
        self._check_embedder()
        return self._ranker.encode(text)

    def _check_embedder(self) -> None:
        if not self._embedder_fits():
            stored = str(self._vectors.embedder())
            raise EmbedderMismatchError(self._vectors.place(), stored, self._embedder.name)

    def _embedder_fits(self) -> bool:
        return self._vectors.embedder() in (None, self._embedder.name)

    def _named(self, query: Query, plan: Plan) -> Keys:
        """Papers that the query names by an identifier."""
        found: dict[int, None] = {}
        tried = 0
        for leaf, wanted in iter_leaves(query):
            if not (wanted and isinstance(leaf, Word) and any(map(str.isdigit, leaf.text))):
                continue
            identifier = parse_identifier(leaf.text)
            if identifier is None or tried >= _MOST_IDENTIFIERS:
                continue
            tried += 1
            for key in self._words.newest(Field("id", str(identifier)), 1, 0).tolist():
                found[key] = None
        return np.array(list(found), np.int64)

    def _facets(
        self, plan: Plan, matching: int, ranking: Ranking | None
    ) -> Mapping[str, tuple[FacetCount, ...]]:
        """Counted over the papers that match; over those retrieved where next to none holds
        all of the words, or where a liked paper alone is asked for."""
        retrieved = None
        if ranking is not None:
            few = not matching or matching < LITTLE <= len(ranking.keys)
            retrieved = ranking.keys if few or (plan.likes and not plan.soft) else None
        return make_facets(self._words.facets(plan.where, plan.soft, retrieved))

    def _suggest(self, query: Query, mended: Mapping[str, str]) -> str:
        rare = max(2, self._vectors.count_papers() // 50_000)
        adviser = SpellingAdviser(self._words.spelled, self._frequency, rare, mended)
        return adviser.suggest(query)

    def _frequency(self, word: str) -> int:
        """In how many papers a word occurs, in any of its forms."""
        terms = [token.text for token in self._words.tokens(word)]
        return min(self._words.frequencies(terms), default=0)


def _check(request: SearchRequest) -> None:
    if request.mode not in MODES:
        raise InvalidInputError(f"mode {request.mode!r} is unknown; modes are {', '.join(MODES)}")
    if request.order not in ORDERS:
        raise InvalidInputError(
            f"order {request.order!r} is unknown; orders are {', '.join(ORDERS)}"
        )
    if request.limit < 0 or request.offset < 0:
        raise InvalidInputError("limit and offset must be 0 or more")
