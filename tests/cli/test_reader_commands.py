"""``evaluate --reader`` and ``screen simulate`` on a small review."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""

LIKED = "conformal prediction gives calibrated sets with guaranteed coverage"
OTHER = "growing tomatoes in greenhouses needs water light and care of soil"


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """Sixty records, a fifth of them on one subject, and one without any text."""
    records = [
        {
            "_id": str(number),
            "title": f"{LIKED if number % 5 == 0 else OTHER} study {number}",
            "text": "",
            "label_included": int(number % 5 == 0),
        }
        for number in range(60)
    ]
    records.append({"_id": "empty", "title": "", "text": "", "label_included": 1})
    path = tmp_path / "Tomatoes_2026.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_evaluate_a_reader(broadsheet: Command, review: Path) -> None:
    answer = broadsheet("evaluate", "--reader", str(review), "--json", "--runs", "2")
    assert answer.status == 0
    (result,) = answer.lines
    assert (result["records"], result["included"]) == (60, 12)
    assert (result["records_without_text"], result["included_without_text"]) == (1, 1)
    assert result["seeds"] == [0, 1]
    assert len(result["runs"]) == 2
    # All twelve stand out: the remaining eleven are met one after the other.
    assert result["ATD"] == pytest.approx(6 / 58, abs=1e-4)
    assert result["recall@10%"] == pytest.approx(6 / 11, abs=1e-4)
    assert result["WSS@95"] == pytest.approx(0.95 - 11 / 58, abs=1e-4)
    assert result["seconds_per_update"] > 0
    text = broadsheet("evaluate", "--reader", str(review)).out
    assert "left out: 1 records with neither title nor abstract, 1 of them included" in text


def test_evaluate_needs_a_collection_or_a_review(broadsheet: Command) -> None:
    answer = broadsheet("evaluate")
    assert answer.status == 2
    assert "--reader FILE" in answer.err


def test_simulate_screening(broadsheet: Command, review: Path) -> None:
    answer = broadsheet("screen", "simulate", str(review), "--target", ".9", "--json")
    assert answer.status == 0
    by_rule = {line["rule"]: line for line in answer.lines}
    assert {"hypergeometric", "50 irrelevant in a row", "oracle"} <= set(by_rule)
    for line in by_rule.values():
        assert line["share_read"] == pytest.approx(line["read"] / 60, abs=1e-4)
        assert line["target_met"] == (line["recall"] >= 0.9)
    assert by_rule["hypergeometric"]["target_met"]
    assert by_rule["oracle"]["read"] <= by_rule["hypergeometric"]["read"]
    assert "recall 1.000" in broadsheet("screen", "simulate", str(review)).out


def test_screening_refuses_an_impossible_target(broadsheet: Command, review: Path) -> None:
    answer = broadsheet("screen", "simulate", str(review), "--target", "1")
    assert answer.status == 2
    assert "not in the range 0<x<1" in answer.err
