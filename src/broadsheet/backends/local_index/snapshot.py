"""One commit of the local index: postings, vectors and forward data as one view."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from broadsheet.backends.local_index.forward import columns
from broadsheet.backends.local_index.forward.reading import (
    keep_with_all,
    read_documents,
    read_terms,
)
from broadsheet.backends.local_index.forward.rows import OpenRows
from broadsheet.backends.local_index.forward.term_counts import bm25, bm25_by_term
from broadsheet.backends.local_index.postings.reader import Postings
from broadsheet.backends.local_index.vectors.nearest import cosines, find_nearest
from broadsheet.domain.query import Not, Query, all_of, any_of, conjuncts
from broadsheet.index.bm25 import weigh_terms
from broadsheet.index.port import (
    NO_KEYS,
    CandidateRequest,
    Candidates,
    CompletionRequest,
    Counted,
    DayName,
    DocumentField,
    Documents,
    FeatureRequest,
    Features,
    Keys,
    NewestPapers,
    PaperFeatures,
    Scores,
    Selection,
    Statistics,
    Vectors,
)

RAREST = 3
"""Of the terms of a longer selection, this many are counted first."""
MOST_CHECKED = 200
"""If at most this many papers have these, the others are looked for in their rows."""
MOST_LISTED = 10_000
POOL = 3
"""Nearest papers that are checked against a filter of words, for each result: if enough pass,
the passing papers need not all be listed, which takes some 0.1 s for 60,000."""


class LocalSnapshot:
    """Implements ``index.port.IndexSnapshot``. Thread-safe."""

    def __init__(self, postings: Postings, rows: OpenRows) -> None:
        self.postings = postings
        self.rows = rows

    @property
    def papers(self) -> int:
        return len(self.rows.live) - len(self.rows.dead)

    @property
    def applied(self) -> int:
        return min(self.postings.applied, self.rows.manifest.applied)

    @property
    def embedder(self) -> str | None:
        return self.rows.manifest.embedder

    @property
    def tokeniser(self) -> str | None:
        return self.rows.manifest.tokeniser

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        return Statistics(
            self.papers,
            self.rows.manifest.average_length,
            {term: self.postings.frequency(term) for term in terms},
            {name: self.postings.author_frequency(name) for name in names},
        )

    def count(self, selections: Sequence[Selection]) -> list[int]:
        return [self._count(selection) for selection in selections]

    def candidates(self, request: CandidateRequest) -> Candidates:
        weights = weigh_terms(request.terms, self.statistics(request.terms))
        key_lists = [NO_KEYS]
        if request.by_words:
            in_query = {term: request.terms[term] for term in weights}
            key_lists.append(self.postings.ranked(in_query, request.where, request.by_words))
        if request.by_meaning and request.vector is not None:
            key_lists.append(self._nearest(request.vector, request.where, request.by_meaning))
        keys = np.unique(np.concatenate(key_lists))
        features: Features = {
            "bm25": self._bm25(weights, keys),
            "cosine": cosines(self.rows, request.vector, keys)
            if request.vector is not None
            else np.full(len(keys), np.nan, np.float32),
        }
        return Candidates(keys, features)

    def features(self, keys: Keys, request: FeatureRequest) -> PaperFeatures:
        return PaperFeatures(
            self._bm25_by_term(request.terms, keys) if request.terms else {},
            [cosines(self.rows, vector, keys) for vector in request.vectors],
            [np.isin(keys, self.postings.keys(part, keys)) for part in request.filters],
        )

    def documents(self, keys: Keys, fields: Collection[DocumentField]) -> Documents:
        return read_documents(self.rows, keys, fields)

    def facets(self, papers: Selection | Keys) -> Mapping[str, Counted]:
        return self.postings.facets(papers)

    def newest(
        self,
        selection: Selection,
        limit: int,
        offset: int = 0,
        by: DayName = "published",
        oldest_first: bool = False,
    ) -> NewestPapers:
        keys = self.postings.newest(selection, limit, offset, by, oldest_first)
        return NewestPapers(keys, self._count(selection))

    def complete(self, requests: Sequence[CompletionRequest]) -> list[Counted]:
        return [self.postings.complete(request) for request in requests]

    def find_titles(self, text: str, limit: int) -> Keys:
        return self.postings.find_titles(text, limit)

    def _count(self, selection: Selection) -> int:
        terms = selection.terms
        if len(terms) > RAREST:
            # Rare words leave few papers, and whether these have the others is quick to tell.
            terms = sorted(terms, key=self.postings.frequency)
            rarest = Selection(selection.where, terms[:RAREST])
            count, keys = self.postings.matching(rarest, MOST_CHECKED)
            if count <= MOST_CHECKED:
                return len(keep_with_all(self.rows, keys, terms[RAREST:]))
        return self.postings.matching(selection, 0)[0]

    def _bm25(self, weights: Mapping[str, float], keys: Keys) -> Scores:
        scores = np.zeros(len(keys), np.float32)
        if weights and len(keys):
            stored, terms = read_terms(self.rows, keys)
            scores[stored] = bm25(weights, terms, self.rows.manifest.average_length)
        return scores

    def _bm25_by_term(self, terms: Mapping[str, float], keys: Keys) -> dict[str, Scores]:
        weights = weigh_terms(terms, self.statistics(terms))
        scores = np.zeros((len(weights), len(keys)), np.float32)
        stored, counts = read_terms(self.rows, keys)
        scores[:, stored] = bm25_by_term(weights, counts, self.rows.manifest.average_length)
        return {term: row for term, row in zip(weights, scores, strict=True) if row.any()}

    def _nearest(self, vector: Vectors, where: Query | None, k: int) -> Keys:
        """Return the ``k`` nearest papers that pass.

        Dates, categories and the like are decided in the rows; words are not, so papers that
        pass a filter of words are taken from the postings.
        """
        parts = _split_filter(where)
        listed = parts.words or parts.excluded
        if (
            where is not None
            and listed is not None
            and self._count(Selection(listed)) > MOST_LISTED
        ):
            pool = find_nearest(self.rows, vector, POOL * k, parts.columns)
            passing = pool[np.isin(pool, self.postings.keys(where, pool))]
            if len(pool) < POOL * k or len(passing) >= k:
                return passing[:k]
        among = self.postings.keys(parts.words) if parts.words is not None else None
        without = self.postings.keys(parts.excluded) if parts.excluded is not None else None
        return find_nearest(self.rows, vector, k, parts.columns, among, without)


@dataclass(frozen=True, slots=True)
class _FilterParts:
    """A filter in three parts: papers pass the first two and do not pass the third."""

    columns: Query | None
    words: Query | None
    excluded: Query | None


def _split_filter(where: Query | None) -> _FilterParts:
    by_columns: list[Query] = []
    by_words: list[Query] = []
    excluded: list[Query] = []
    for part in conjuncts(where):
        if columns.supports(part):
            by_columns.append(part)
        elif isinstance(part, Not):
            excluded.append(part.child)
        else:
            by_words.append(part)
    return _FilterParts(all_of(by_columns), all_of(by_words), any_of(excluded))
