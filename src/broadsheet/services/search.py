"""Search over the store and the index; implements SearchService.

``rank``, ``prepare``, ``attribute`` and ``iter_identifiers`` serve evaluation and tuning,
which measure the same ranking that readers get.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from broadsheet.domain.explanation import Explanation
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ports import Store
from broadsheet.domain.search import (
    Completion,
    Hit,
    SearchAnswer,
    SearchRequest,
    SelectionAnswer,
    SelectionRequest,
)
from broadsheet.search.query.completion import Completer
from broadsheet.search.rank.weights import Weights
from broadsheet.search.selecting import Selector
from broadsheet.search.service import Searcher
from broadsheet.text.identifiers import parse_identifier_query

if TYPE_CHECKING:
    from broadsheet.search.explain.explainer import Attributed


class LocalSearchService:
    """See SearchService."""

    def __init__(
        self, store: Store, searcher: Searcher, completer: Completer, selector: Selector
    ) -> None:
        self._store = store
        self._selector = selector
        self._searcher = searcher
        self._completer = completer

    def search(self, request: SearchRequest) -> SearchAnswer:
        """See SearchService."""
        if not request.literal and (identifier := parse_identifier_query(request.text)):
            return self._search_identifier(request, identifier)
        return self._searcher.search(request)

    def _search_identifier(self, request: SearchRequest, identifier: Identifier) -> SearchAnswer:
        """The one paper with this identifier; if there is none, where it can be had."""
        answer = self._searcher.search(replace(request, text=f'id:"{identifier}"', mode="words"))
        note = f"No paper in this library has the identifier {identifier}."
        notes = () if answer.hits else (note,)
        return replace(answer, query=request.text, notes=notes, identifier=identifier)

    def select(self, request: SelectionRequest) -> SelectionAnswer:
        """See SearchService."""
        return self._selector.select(request)

    def explain(self, request: SearchRequest, name: str) -> Explanation:
        """See SearchService."""
        return self._searcher.explain(request, self._store.get(name))

    def complete(self, text: str, limit: int = 8) -> tuple[Completion, ...]:
        """See SearchService."""
        return self._completer.complete(text, limit)

    def similar(self, name: str, limit: int) -> tuple[Hit, ...]:
        """See SearchService."""
        return tuple(self._searcher.likeness.to_paper(self._store.get(name).key, limit))

    def similar_to_text(self, text: str, limit: int) -> tuple[Hit, ...]:
        """See SearchService."""
        return tuple(self._searcher.likeness.to_text(text, limit))

    def explain_similar_to_text(self, text: str, name: str) -> Explanation:
        """See SearchService."""
        return self._searcher.likeness.explain(text, self._store.get(name))

    def rank(self, request: SearchRequest) -> Sequence[tuple[int, float]]:
        """Return (paper key, score), best first, of the readers' ranking."""
        return self._searcher.rank(request)

    def prepare(self, request: SearchRequest) -> Callable[[Weights], Sequence[tuple[int, float]]]:
        """Return ``rank`` as a function of the weights; candidates are retrieved once."""
        return self._searcher.prepare(request)

    def attribute(self, request: SearchRequest, name: str) -> "Attributed":
        """Return the scores behind an explanation. Raises PaperNotFoundError."""
        return self._searcher.attribute(request, self._store.get(name))

    def iter_identifiers(self) -> Iterable[tuple[int, Identifier]]:
        """Yield every (paper key, identifier)."""
        return self._store.iter_identifiers()
