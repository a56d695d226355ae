"""Search as readers use it: a query in, a page of a ranking out."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.explanation import Explanation
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.query import Query, Word, all_of, conjuncts, iter_leaves
from broadsheet.domain.search import (
    MODES,
    ORDERS,
    FacetCount,
    Mode,
    OtherForm,
    SearchAnswer,
    SearchRequest,
)
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.index.documents import make_document
from broadsheet.index.port import FeatureRequest, IndexStore, Keys, Selection
from broadsheet.search.likes import read_liked_papers
from broadsheet.search.present.facets import make_facets
from broadsheet.search.present.hits import compose_hits, make_marker
from broadsheet.search.present.notes import (
    NOT_BY_DATE,
    explain_language,
    explain_loose,
    explain_nothing,
    explain_order,
)
from broadsheet.search.query.acronyms import acronym_words, other_forms
from broadsheet.search.query.contrast import exclusion, read_likeness
from broadsheet.search.query.corrections import CorrectedQuery, Corrector
from broadsheet.search.query.parse import Parsed, parse, read_markup
from broadsheet.search.query.people import MOST_WORDS as NAME_WORDS
from broadsheet.search.query.people import read_names
from broadsheet.search.query.plan import QueryPlan, plan_query
from broadsheet.search.rank.boosts import Boost
from broadsheet.search.rank.duplicates import find_repetitions
from broadsheet.search.rank.floor import NO_FLOOR, floor_of
from broadsheet.search.rank.freshness import Freshness
from broadsheet.search.rank.interests import Interests
from broadsheet.search.rank.known_titles import KnownTitle
from broadsheet.search.rank.named_people import NamedPeople
from broadsheet.search.rank.ranking import (
    PreparedRanking,
    Ranking,
    RankingQuery,
    prepare_ranking,
)
from broadsheet.search.rank.weights import SHIPPED, Weights
from broadsheet.search.similar import Likeness
from broadsheet.search.view import IndexView
from broadsheet.text import words
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.latex.plain_text import to_text

if TYPE_CHECKING:  # most searches explain nothing
    from broadsheet.search.explain.explainer import Attributed

COMPARED = 100
"""The best papers, of which near-duplicates are shown as one: five pages."""
FEW = 5
"""If fewer papers have all the words, a better spelling is looked for."""
_MOST_IDENTIFIERS = 3
TYPED_SHARE = 0.5
"""Weight of the words beside ``like:``, as a share of the weight of the words of liked papers."""

_NO_INTERESTS = (
    "Nothing is known of your interests yet, so these are the best first. Save a paper, ask for more "
    "like it, or describe your work under For you."
)
_OTHER_EMBEDDER = (
    "The embedder was changed and papers are not embedded again yet, "
    "so this search goes by words alone."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as understood."""

    typed: Query
    corrected: CorrectedQuery
    plan: QueryPlan
    notes: tuple[str, ...]

    @property
    def query(self) -> Query:
        """The query that is searched for: without the words that are surely mistyped."""
        return self.corrected.query


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of papers."""

    keys: Keys
    total: int
    """How many papers can be paged through."""
    matching: int
    """How many papers pass the filters and have all the words."""
    ranking: Ranking | None = None
    """None if the newest papers come first."""


class Searcher:
    """Search one library. Thread-safe; sees papers as soon as they are indexed.

    If the embedder of the index's vectors is not at hand, hybrid searches go by words and say
    so, and searches by meaning alone raise EmbedderMismatchError. Raises IndexUnavailableError
    if the index is damaged.
    """

    def __init__(
        self,
        index: IndexStore,
        embedders: EmbedderRegistry,
        papers: PaperReader,
        weights: Weights = SHIPPED,
    ) -> None:
        self._index = index
        self._embedders = embedders
        self._papers = papers
        self._weights = weights
        self._corrector = Corrector()
        self.likeness = Likeness(index, embedders, papers, weights)

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Return one page of papers. Raises InvalidInputError for an impossible mode or page."""
        _check(request)
        began = time.perf_counter()
        view = IndexView.of(self._index, self._embedders)
        reading = self._read(request, view)
        notes = [*reading.notes, *explain_order(reading.query, reading.plan)]
        if request.order == "for-me" and request.reader is None:
            notes.append(_NO_INTERESTS)
        mode = _possible_mode(request.mode, view, notes)
        page = self._page(view, reading, replace(request, mode=mode), notes)
        plan, snapshot = reading.plan, view.snapshot
        marker = make_marker(plan, snapshot, view.frequencies)
        hits = compose_hits(page.keys, request.offset, page.ranking, marker, snapshot, self._papers)
        if page.total:
            notes += explain_loose(plan, page.matching, page.total)
        else:
            notes += explain_nothing(plan, snapshot)
        if not page.matching and floor_of(snapshot.embedder, snapshot.papers) != NO_FLOOR:
            notes += explain_language(plan.text)  # the shipped model
        suggestion = reading.corrected.suggestion
        well_spelled = page.matching >= FEW or plan.leading is not None
        if not suggestion and not well_spelled and not request.literal:
            suggestion = self._corrector.suggest(reading.query, snapshot, view.frequencies)
        forms: tuple[OtherForm, ...] = ()
        if request.other_forms:
            forms = other_forms(reading.query, snapshot, view.frequencies)
        return SearchAnswer(
            query=str(reading.typed),
            hits=hits,
            total=page.total,
            matching=page.matching,
            near=0 if page.ranking is None else int((~page.ranking.matched).sum()),
            notes=tuple(dict.fromkeys(notes)),
            corrected="" if reading.query == reading.typed else str(reading.query),
            suggestion=suggestion,
            other_forms=forms,
            exclusion="" if request.literal else exclusion(reading.query),
            people=plan.people,
            facets=_facets(view, plan, page) if request.facets else {},
            seconds=time.perf_counter() - began,
        )

    def rank(self, request: SearchRequest) -> list[tuple[int, float]]:
        """Return (paper key, score) of the ranking that ``search`` pages through by relevance."""
        return self.prepare(request)(self._weights)

    def prepare(self, request: SearchRequest) -> Callable[[Weights], list[tuple[int, float]]]:
        """Return ``rank`` as a function of the weights, with candidates fetched once."""
        _check(request)
        view = IndexView.of(self._index, self._embedders)
        reading = self._read(request, view)
        plan = reading.plan
        if not plan.terms and not plan.likes:
            papers = view.snapshot.newest(Selection(plan.where), request.limit, request.offset)
            return lambda weights: [(key, 0.0) for key in papers.keys.tolist()]
        prepared = self._prepare(view, reading, request, [])
        named = self._named(reading.query)
        chosen = slice(request.offset, request.offset + request.limit)

        def rank(weights: Weights) -> list[tuple[int, float]]:
            ranking = prepared.rank(weights).led_by(named)
            keys, scores = ranking.keys[chosen].tolist(), ranking.scores[chosen].tolist()
            return list(zip(keys, scores, strict=True))

        return rank

    def explain(self, request: SearchRequest, paper: Paper) -> Explanation:
        """Explain why the paper stands where it does for the query, or why it is not found.

        ``limit`` and ``offset`` mean nothing here. An order by date has no reason but the date,
        so the ranking is explained. Raises as ``search`` does.
        """
        _check(request)
        view = IndexView.of(self._index, self._embedders)
        reading = self._read(request, view)
        plan = reading.plan
        notes = [*reading.notes, *explain_order(reading.query, plan)]
        if reading.query != reading.typed:
            notes.append(f"It was searched for {reading.query} instead of {reading.typed}.")
        request = replace(request, mode=_possible_mode(request.mode, view, notes))
        parts = conjuncts(plan.where)
        key = np.array([paper.key], np.int64)
        passes = view.snapshot.features(key, FeatureRequest(filters=parts)).passes if parts else []
        passed = [bool(each[0]) for each in passes]
        blank = Explanation(
            query=str(reading.query),
            mode=request.mode,
            paper=paper,
            rank=None,
            score=0.0,
            filters=tuple(str(part) for part, ok in zip(parts, passed, strict=True) if ok),
            failed=tuple(str(part) for part, ok in zip(parts, passed, strict=True) if not ok),
        )
        if plan.terms or plan.likes:
            blank = self._explain_rank(view, reading, request, blank, notes)
        return replace(blank, notes=tuple(dict.fromkeys(notes)))

    def attribute(self, request: SearchRequest, paper: Paper) -> "Attributed":
        """Return the attribution behind ``explain``, with its scores: to measure its truth."""
        from broadsheet.search.explain.explainer import RankedQuery, attribute_score

        view = IndexView.of(self._index, self._embedders)
        reading = self._read(request, view)
        prepared = self._prepare(view, reading, request, [])
        ranking = prepared.rank(self._weights)
        ranked = RankedQuery(reading.plan, prepared.query, ranking)
        return attribute_score(view, ranked, make_document(paper))

    def _page(
        self, view: IndexView, reading: Reading, request: SearchRequest, notes: list[str]
    ) -> Page:
        """Return the requested page of the ranking, or of the newest papers."""
        plan, limit, offset = reading.plan, request.limit, request.offset
        if not plan.terms and not plan.likes:
            newest = view.snapshot.newest(Selection(plan.where), limit, offset)
            return Page(newest.keys, newest.total, newest.total)
        matches = _matches(plan)
        if request.order == "date" and not plan.likes:
            newest = view.snapshot.newest(matches, limit, offset)
            if newest.total:
                return Page(newest.keys, newest.total, newest.total)
            matching = 0
        else:
            (matching,) = view.snapshot.count([matches])
        if request.order == "date":
            notes.append(NOT_BY_DATE)
        prepared = self._prepare(view, reading, request, notes)
        ranking = prepared.rank(self._weights).led_by(self._named(reading.query))
        ranking = _group_repetitions(view, ranking)
        keys = ranking.keys[offset : offset + limit]
        return Page(keys, len(ranking.keys), matching, ranking)

    def _explain_rank(
        self,
        view: IndexView,
        reading: Reading,
        request: SearchRequest,
        blank: Explanation,
        notes: list[str],
    ) -> Explanation:
        """Return ``blank`` with the place of its paper in the ranking, and the reasons."""
        from broadsheet.search.explain.explainer import RankedQuery, explain_ranking

        key, plan = blank.paper.key, reading.plan
        prepared = self._prepare(view, reading, request, notes)
        ranking = prepared.rank(self._weights)
        named = self._named(reading.query)
        shown = _group_repetitions(view, ranking.led_by(named))
        leader = shown.leader_of(key)
        if leader != key:
            notes += [
                f"It is shown with “{to_text(other.title)}”, nearly the same text."
                for other in self._papers.get_many([leader]).values()
            ]
        keys = shown.keys.tolist()
        told = replace(
            blank,
            rank=keys.index(leader) + 1 if leader in keys else None,
            named=key in named,
            boosts=prepared.explain_boosts(self._weights, key),
        )
        if not len(ranking.keys):  # there is no scale to score by
            return told
        marker = make_marker(plan, view.snapshot, view.frequencies)
        ranked = RankedQuery(plan, prepared.query, ranking)
        return explain_ranking(view, ranked, told, marker)

    def _prepare(
        self, view: IndexView, reading: Reading, request: SearchRequest, notes: list[str]
    ) -> PreparedRanking:
        query = self._ranking_query(view, reading.plan, request.mode, notes)
        boosts = _compose_boosts(reading.plan, request)
        plan = reading.plan
        return prepare_ranking(view.snapshot, query, plan.where, request.mode, boosts, plan.leading)

    def _ranking_query(
        self, view: IndexView, plan: QueryPlan, mode: Mode, notes: list[str]
    ) -> RankingQuery:
        """Return the terms and the vector of a query, with those of the papers it likes."""
        vector = None
        if mode != "words" and plan.text:
            vector = view.encode_query(plan.text)
        liked = read_liked_papers(view, self._find_liked(plan, notes))
        terms = Counter(plan.terms)
        for each in liked:
            terms += Counter(each.terms)
        if liked and plan.terms:  # a few typed words beside the many of a paper
            share = TYPED_SHARE * sum(terms.values()) / sum(plan.terms.values())
            terms += Counter({term: share * count for term, count in plan.terms.items()})
        query = RankingQuery(
            dict(terms),
            None,
            liked_keys=tuple(each.key for each in liked),
            text=plan.text,
            liked_text=" ".join(each.text for each in liked),
            floor=floor_of(view.snapshot.embedder, view.snapshot.papers),
        )
        if mode == "words":
            return query
        liked_vector = np.sum([each.vector for each in liked], axis=0) if liked else None
        if liked_vector is not None:
            vector = liked_vector if vector is None else vector + liked_vector
        if vector is not None and (length := float(np.linalg.norm(vector))):
            vector = vector / np.float32(length)
        return replace(query, vector=vector, liked=liked_vector)

    def _find_liked(self, plan: QueryPlan, notes: list[str]) -> list[Paper]:
        papers: dict[int, Paper] = {}
        for name in plan.likes:
            try:
                paper = self._papers.get(name)
            except PaperNotFoundError:
                notes.append(f"“like:{name}” names no paper in this library.")
                continue
            papers[paper.key] = paper
        return list(papers.values())

    def _named(self, query: Query) -> Keys:
        """Return the papers that the query names by an identifier."""
        named: dict[int, None] = {}
        checked = 0
        for leaf, positive in iter_leaves(query):
            if not (positive and isinstance(leaf, Word) and any(map(str.isdigit, leaf.text))):
                continue
            identifier = parse_identifier(leaf.text)
            if identifier is None or checked >= _MOST_IDENTIFIERS:
                continue
            checked += 1
            try:
                named[self._papers.get(str(identifier)).key] = None
            except PaperNotFoundError:
                continue
        return np.array(list(named), np.int64)

    def _with_likeness(self, parsed: Parsed) -> Parsed:
        query = read_likeness(parsed.query, self._has_paper)
        if query == parsed.query:
            return parsed
        return replace(parsed, query=query, notes=(*parsed.notes, f"Read as {query}."))

    def _has_paper(self, name: str) -> bool:
        try:
            self._papers.get(name)
        except PaperNotFoundError:
            return False
        return True

    def _read(self, request: SearchRequest, view: IndexView) -> Reading:
        """Parse a query, correct it and plan it; frequencies of words are fetched together."""
        parsed = parse(read_markup(request.text))
        if not request.literal:
            parsed = self._with_likeness(parsed)
        corrected = CorrectedQuery(parsed.query)
        plan = plan_query(parsed.query)
        typed = plan.text.split()
        forms = acronym_words(parsed.query) if request.other_forms else []
        view.frequencies.fetch(
            [*plan.terms, *(term for word in (*typed, *forms) for term in words.terms(word))],
            typed if len(typed) <= NAME_WORDS else (),
        )
        if request.literal:
            return Reading(parsed.query, corrected, plan, parsed.notes)
        plan = read_names(parsed.query, plan, view.snapshot, view.frequencies)
        if plan.leading is None:
            corrected = self._corrector.correct(parsed.query, view.snapshot, view.frequencies)
            text = str(corrected.query)
            if corrected.query != parsed.query and all(each.typed in text for each in plan.people):
                plan = read_names(
                    corrected.query, plan_query(corrected.query), view.snapshot, view.frequencies
                )
            else:
                corrected = replace(corrected, query=parsed.query, corrections=())
        return Reading(parsed.query, corrected, plan, parsed.notes)


def _possible_mode(mode: Mode, view: IndexView, notes: list[str]) -> Mode:
    if mode == "hybrid" and not view.has_embedder:
        notes.append(_OTHER_EMBEDDER)
        return "words"
    return mode


def _compose_boosts(plan: QueryPlan, request: SearchRequest) -> list[Boost]:
    """Return the boosts of a request, in the order in which they are applied."""
    boosts: list[Boost] = []
    title = KnownTitle.find(plan.text) if request.mode != "meaning" else None
    if title:
        boosts.append(title)
    if request.order == "recent":
        boosts.append(Freshness())
    if request.order == "for-me" and request.reader is not None:
        boosts.append(Interests(request.reader))
    if plan.people:
        boosts.append(NamedPeople(plan.people))
    return boosts


def _group_repetitions(view: IndexView, ranking: Ranking) -> Ranking:
    """Show near-duplicates among the best papers as one."""
    best = ranking.keys[:COMPARED]
    snapshot = view.snapshot
    first = find_repetitions(
        snapshot.documents(best, {"vector"}).vectors,
        lambda places: snapshot.documents(best[places], {"tokens"}).tokens,
    )
    return ranking.grouped(first)


def _matches(plan: QueryPlan) -> Selection:
    """The papers that have all the words; those by the person if the query is a name."""
    if plan.leading is not None:
        return Selection(all_of([*conjuncts(plan.where), plan.leading]))
    return Selection(plan.where, plan.soft)


def _facets(view: IndexView, plan: QueryPlan, page: Page) -> Mapping[str, tuple[FacetCount, ...]]:
    """Count over the papers that match; over the ranked ones if almost no paper has all words,
    or if only liked papers are given."""
    papers: Selection | Keys = _matches(plan)
    if page.ranking is not None:
        ranked = page.ranking.keys
        few = not page.matching or page.matching < FEW <= len(ranked)
        if plan.leading is None and (few or (plan.likes and not plan.soft)):
            papers = ranked
    return make_facets(view.snapshot.facets(papers))


def _check(request: SearchRequest) -> None:
    if request.mode not in MODES:
        raise InvalidInputError(f"mode {request.mode!r} is unknown; modes are {', '.join(MODES)}")
    if request.order not in ORDERS:
        raise InvalidInputError(
            f"order {request.order!r} is unknown; orders are {', '.join(ORDERS)}"
        )
    if request.limit < 0 or request.offset < 0:
        raise InvalidInputError("limit and offset must be 0 or more")
