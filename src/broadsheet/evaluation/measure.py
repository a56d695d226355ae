"""Measures of a run against judgements, computed by ir-measures (pytrec_eval)."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from broadsheet.domain.errors import InvalidInputError
from broadsheet.evaluation.collection import Qrels

MEASURES = ("nDCG@10", "AP", "R@100", "RR@10")
LABELS = {"nDCG@10": "nDCG@10", "AP": "MAP", "R@100": "R@100", "RR@10": "MRR@10"}

Run = Mapping[str, Sequence[tuple[str, float]]]
"""Query id → (document id, score), best first."""


def require_ir_measures() -> Any:
    """The package ir-measures. Raises InvalidInputError if it is not installed."""
    try:
        return importlib.import_module("ir_measures")
    except ImportError as error:
        raise InvalidInputError(
            "measuring needs the extra `evaluate`; install it with: "
            "pip install 'broadsheet[evaluate]'"
        ) from error


def _qrels_rows(ir_measures: Any, qrels: Qrels, run: Run) -> list[Any]:
    return [
        ir_measures.Qrel(query, document, grade)
        for query in run
        for document, grade in qrels.get(query, {}).items()
    ]


def _run_rows(ir_measures: Any, run: Run) -> list[Any]:
    # Order by rank, not by score: measures re-sort by score and would break ties differently from
    # the pages.
    return [
        ir_measures.ScoredDoc(query, document, 1.0 / rank)
        for query, ranking in run.items()
        for rank, (document, _) in enumerate(ranking, 1)
    ]


def measure_run(qrels: Qrels, run: Run) -> dict[str, float]:
    """Means over the run's queries, by label: nDCG@10, MAP, R@100, MRR@10 (0 to 1)."""
    ir_measures = require_ir_measures()

    measures = [ir_measures.parse_measure(name) for name in MEASURES]
    means = ir_measures.calc_aggregate(
        measures, _qrels_rows(ir_measures, qrels, run), _run_rows(ir_measures, run)
    )
    return {
        LABELS[name]: float(means[measure])
        for name, measure in zip(MEASURES, measures, strict=True)
    }


def measure_queries(qrels: Qrels, run: Run, measure: str = "nDCG@10") -> dict[str, float]:
    """One measure for each query, for paired comparisons."""
    ir_measures = require_ir_measures()

    rows = ir_measures.iter_calc(
        [ir_measures.parse_measure(measure)],
        _qrels_rows(ir_measures, qrels, run),
        _run_rows(ir_measures, run),
    )
    return {row.query_id: float(row.value) for row in rows}
