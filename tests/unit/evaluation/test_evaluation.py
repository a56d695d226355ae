"""Evaluation: reading collections, and measures against hand-computed values."""

import math
from pathlib import Path

import pytest

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import SearchRequest
from broadsheet.evaluation.collection import load_collection
from broadsheet.evaluation.evaluate import evaluate
from broadsheet.evaluation.measure import measure_queries, measure_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "one"}\n{"_id": "q2", "text": "two"}\n{"_id": "q3", "text": "x"}\n'
    )
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq2\td3\t1\nq3\td1\t0\n"
    )
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "title": "t", "text": "x"}\n')
    return tmp_path


def test_only_queries_with_a_relevant_document_are_kept(folder: Path) -> None:
    collection = load_collection(folder)
    assert list(collection.queries) == ["q1", "q2"]
    assert collection.corpus == folder / "corpus.jsonl"


def test_a_bad_line_is_named(folder: Path) -> None:
    (folder / "qrels.tsv").write_text("q1\td1\thigh\n")
    with pytest.raises(InvalidInputError, match=r"qrels\.tsv, line 1: .*'q1\\td1\\thigh'"):
        load_collection(folder)


def test_a_missing_corpus_says_what_to_do(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(InvalidInputError, match="--corpus FILE"):
        load_collection(folder)


def test_measures_agree_with_the_formulas() -> None:
    qrels = {"q1": {"d1": 2, "d2": 1}, "q2": {"d3": 1}}
    run = {"q1": [("d2", 5.0), ("d9", 4.0), ("d1", 3.0)], "q2": [("d9", 1.0), ("d3", 0.5)]}
    ideal = 2 + 1 / math.log2(3)
    first = (1 + 2 / math.log2(4)) / ideal
    second = 1 / math.log2(3)
    measures = measure_run(qrels, run)
    assert measures["nDCG@10"] == pytest.approx((first + second) / 2, abs=1e-4)
    assert measures["MAP"] == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2) / 2, abs=1e-4)
    assert measures["MRR@10"] == pytest.approx((1 + 0.5) / 2)
    assert measures["R@100"] == pytest.approx(1.0)
    assert measure_queries(qrels, run)["q2"] == pytest.approx(second, abs=1e-4)


def test_equal_scores_keep_the_order_readers_see() -> None:
    qrels = {"q": {"b": 1}}
    assert measure_run(qrels, {"q": [("a", 1.0), ("b", 1.0)]})["MRR@10"] == pytest.approx(0.5)
    assert measure_run(qrels, {"q": [("b", 1.0), ("a", 1.0)]})["MRR@10"] == pytest.approx(1.0)


class FixedRanker:
    """Answers every query with the same ranking."""

    def rank(self, request: SearchRequest) -> list[tuple[int, float]]:
        return [(1, 2.0), (2, 1.0)]

    def iter_identifiers(self) -> list[tuple[int, Identifier]]:
        return [
            (1, Identifier("arxiv", "2401.00001")),
            (1, Identifier("doc", "d3")),
            (2, Identifier("doc", "d1")),
        ]


def test_documents_are_named_as_the_judgements_name_them(folder: Path) -> None:
    result = evaluate(FixedRanker(), load_collection(folder), "words", lambda done, share: None)
    assert result.run["q1"] == [("d3", 2.0), ("d1", 1.0)]
    assert result.measures["MRR@10"] == pytest.approx((0.5 + 1.0) / 2)
    assert result.trec_run().splitlines()[0] == "q1 Q0 d3 1 2.000000 broadsheet-words"
