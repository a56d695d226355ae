"""Rank a collection's queries with an engine and measure the answers."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import Mode, SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.measure import measure_run

DEPTH = 1000
"""Documents kept for each query, as trec_eval does."""


class Ranker(Protocol):
    """The ranking service that evaluation uses: the readers' own ranking, without the papers."""

    def rank(self, request: SearchRequest) -> Sequence[tuple[int, float]]:
        """(paper key, score), best first."""
        ...

    def iter_identifiers(self) -> Iterable[tuple[int, Identifier]]:
        """Every (paper key, identifier)."""
        ...


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one collection in one mode, and the run they come from."""

    collection: str
    mode: Mode
    queries: int
    papers: int
    measures: dict[str, float]
    queries_per_second: float
    run: dict[str, list[tuple[str, float]]]

    def as_dict(self) -> dict[str, Any]:
        """All but the run, for ``--json``."""
        return {
            "collection": self.collection,
            "mode": self.mode,
            "queries": self.queries,
            "papers": self.papers,
            **{name: round(value, 4) for name, value in self.measures.items()},
            "queries_per_second": round(self.queries_per_second, 1),
        }

    def trec_run(self) -> str:
        """The run in TREC form: query, Q0, document, rank, score, tag."""
        return "".join(
            f"{query} Q0 {document} {rank} {score:.6f} broadsheet-{self.mode}\n"
            for query, ranking in self.run.items()
            for rank, (document, score) in enumerate(ranking, 1)
        )


def judged_names(
    identifiers: Iterable[tuple[int, Identifier]], collection: Collection
) -> dict[int, str]:
    """Paper key → the name the judgements use for it, for every paper."""
    judged_documents = {document for grades in collection.qrels.values() for document in grades}
    names: dict[int, str] = {}
    for key, identifier in identifiers:
        text = str(identifier)
        name = identifier.value if identifier.scheme == "doc" else text
        if key not in names or name in judged_documents:
            names[key] = name
    return names


def evaluate(
    ranker: Ranker,
    collection: Collection,
    mode: Mode,
    on_progress: Callable[[int, float | None], None],
) -> Evaluation:
    """Rank every judged query of the collection and measure the run."""
    names = judged_names(ranker.iter_identifiers(), collection)
    run: dict[str, list[tuple[str, float]]] = {}
    started = time.perf_counter()
    for done, (query, text) in enumerate(collection.queries.items(), 1):
        ranking = ranker.rank(SearchRequest(text, limit=DEPTH, mode=mode))
        run[query] = [(names.get(key, str(key)), score) for key, score in ranking]
        on_progress(done, done / len(collection.queries))
    seconds = time.perf_counter() - started
    return Evaluation(
        collection=collection.name,
        mode=mode,
        queries=len(run),
        papers=len(names),
        measures=measure_run(collection.qrels, run),
        queries_per_second=len(run) / seconds if seconds else 0.0,
        run=run,
    )
