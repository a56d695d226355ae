"""How much a ranking loses when queries are typed less well."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from broadsheet.domain.search import Mode
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.evaluate import Ranker, evaluate
from broadsheet.evaluation.measure import measure_queries
from broadsheet.evaluation.perturb import PERTURBATIONS, Perturbation
from broadsheet.evaluation.significance import PairedDifference, compare

MEASURE = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Loss:
    """The loss caused by one perturbation, over the queries that it changes."""

    perturbation: str
    changes: str
    changed: int
    """Queries; the others are the same text and would only water the loss down."""
    before: float
    after: float
    """Means of the measure over the changed queries; 0 if there are none."""
    difference: PairedDifference | None
    """After minus before; None if no query is changed."""

    @property
    def share(self) -> float:
        """Share of the measure that is lost, below 0 for a gain."""
        return (self.before - self.after) / self.before if self.before else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "perturbation": self.perturbation,
            "changed": self.changed,
            "before": round(self.before, 4),
            "after": round(self.after, 4),
            "loss": round(self.share, 4),
            "difference": self.difference.as_dict() if self.difference else None,
        }


@dataclass(frozen=True, slots=True)
class Robustness:
    """Losses of one collection in one mode, in the order of the perturbations."""

    collection: str
    mode: Mode
    measure: str
    queries: int
    seed: int
    losses: tuple[Loss, ...]

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "collection": self.collection,
            "mode": self.mode,
            "measure": self.measure,
            "queries": self.queries,
            "seed": self.seed,
            "losses": [loss.as_dict() for loss in self.losses],
        }


def measure_robustness(
    ranker: Ranker,
    collection: Collection,
    mode: Mode,
    on_progress: Callable[[int, float | None], None],
    *,
    perturbations: Mapping[str, Perturbation] = PERTURBATIONS,
    seed: int = 0,
) -> Robustness:
    """Rank the collection's queries as they are and as each perturbation makes them."""
    changed = {
        name: _changed(collection, perturbation, seed)
        for name, perturbation in perturbations.items()
    }
    total = len(collection.queries) + sum(len(queries) for queries in changed.values())
    ranked = 0

    def measured(queries: dict[str, str]) -> dict[str, float]:
        nonlocal ranked
        start = ranked

        def advance(done: int, share: float | None) -> None:
            on_progress(start + done, (start + done) / total)

        run = evaluate(ranker, replace(collection, queries=queries), mode, advance).run
        ranked += len(queries)
        scores = measure_queries(collection.qrels, run, MEASURE)
        return {query: scores.get(query, 0.0) for query in queries}

    before = measured(collection.queries)
    losses = []
    for name, queries in changed.items():
        old = {query: before[query] for query in queries}
        new = measured(queries) if queries else {}
        losses.append(_loss(perturbations[name], old, new, seed))
    return Robustness(collection.name, mode, MEASURE, len(collection.queries), seed, tuple(losses))


def _changed(collection: Collection, perturbation: Perturbation, seed: int) -> dict[str, str]:
    perturbed = {
        query: perturbation.apply(text, seed) for query, text in collection.queries.items()
    }
    return {query: text for query, text in perturbed.items() if text != collection.queries[query]}


def _loss(
    perturbation: Perturbation, old: dict[str, float], new: dict[str, float], seed: int
) -> Loss:
    return Loss(
        perturbation=perturbation.name,
        changes=perturbation.changes,
        changed=len(old),
        before=sum(old.values()) / len(old) if old else 0.0,
        after=sum(new.values()) / len(new) if new else 0.0,
        difference=compare(old, new, seed=seed) if old else None,
    )
