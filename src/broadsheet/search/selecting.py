"""Boolean search: exactly the papers that match a query tree, for programs.

Interfaces of other services promise exact counts and pages that follow each other without loss.
So the order by relevance ranks a fixed number of papers by BM25 and appends the others by day.
"""

import numpy as np

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.ports import PaperReader
from broadsheet.domain.search import SelectionAnswer, SelectionRequest
from broadsheet.index.port import (
    NO_KEYS,
    CandidateRequest,
    IndexSnapshot,
    IndexStore,
    Keys,
    Selection,
)
from broadsheet.search.query.plan import plan_query

RANKED = 2000
"""How many papers of a selection are ranked by relevance."""


class Selector:
    """Selects papers of one library. Thread-safe."""

    def __init__(self, index: IndexStore, papers: PaperReader) -> None:
        self._index = index
        self._papers = papers

    def select(self, request: SelectionRequest) -> SelectionAnswer:
        """See SearchService. Papers that are gone meanwhile are left out."""
        if request.limit < 0 or request.offset < 0:
            raise InvalidInputError("limit and offset must be 0 or more")
        snapshot = self._index.snapshot()
        if request.order == "relevance":
            keys, total = _page_by_relevance(snapshot, request)
        else:
            page = snapshot.newest(
                Selection(request.query),
                request.limit,
                request.offset,
                request.order,
                request.ascending,
            )
            keys, total = page.keys, page.total
        return SelectionAnswer(tuple(self._papers.get_many(keys.tolist()).values()), total)


def _page_by_relevance(snapshot: IndexSnapshot, request: SelectionRequest) -> tuple[Keys, int]:
    """Return a page of the selection, best first, and how many papers it has."""
    where, begin, size = Selection(request.query), request.offset, request.limit
    (total,) = snapshot.count([where])
    if request.ascending:
        begin, end = max(0, total - begin - size), max(0, total - begin)
        size = end - begin
    ranked = _ranked(snapshot, request)
    keys = ranked[begin : begin + size]
    if len(keys) < size:
        # Every ranked paper may stand among the newest ones, and is passed over there.
        others = snapshot.newest(where, min(total, begin + size)).keys
        others = others[~np.isin(others, ranked)]
        beyond = max(0, begin - len(ranked))
        keys = np.concatenate([keys, others[beyond : beyond + size - len(keys)]])
    return (keys[::-1] if request.ascending else keys), total


def _ranked(snapshot: IndexSnapshot, request: SelectionRequest) -> Keys:
    """Return the best papers by the words of the query; ties by key. None without words."""
    terms = plan_query(request.query).terms
    if not terms:
        return NO_KEYS
    best = snapshot.candidates(CandidateRequest(terms, None, request.query, RANKED, 0))
    scores = best.features["bm25"]
    ranked: Keys = best.keys[np.lexsort((best.keys, -scores))]
    return ranked
