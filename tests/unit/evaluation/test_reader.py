"""Simulated reading and its measures."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.domain.errors import InvalidInputError
from broadsheet.evaluation.reader import (
    Reading,
    load_review,
    mean_measures,
    measure_reading,
    simulate_reading,
)


def write(path: Path, records: Sequence[object]) -> Path:
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    return path


def record(label: int, title: str = "a title") -> dict[str, object]:
    return {"_id": "r", "title": title, "text": "", "label_included": label}


def test_records_without_any_text_are_counted_apart(tmp_path: Path) -> None:
    records = [record(1), record(1), record(0), record(0), record(1, " "), record(0, "")]
    review = load_review(write(tmp_path / "Some_2020.jsonl.gz", records))
    assert (review.name, len(review), review.included.tolist()) == (
        "Some_2020",
        4,
        [True, True, False, False],
    )
    assert (review.without_text, review.included_without_text) == (2, 1)


@pytest.mark.parametrize("bad", [{"title": "x"}, {"label_included": 2}, [1], "x"])
def test_a_bad_record_is_named_by_its_line(tmp_path: Path, bad: object) -> None:
    with pytest.raises(InvalidInputError, match=r"bad\.jsonl, line 2: expected"):
        load_review(write(tmp_path / "bad.jsonl", [record(1), bad]))


def test_one_included_record_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="two included"):
        load_review(write(tmp_path / "few.jsonl", [record(1), record(0), record(0)]))


def test_a_cut_file_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.jsonl.gz", [record(i % 2, str(i)) for i in range(500)])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InvalidInputError, match="ends early"):
        load_review(path)


class Backwards:
    """Puts the last record first, whatever the labels."""

    def score(self, rows: Sequence[int], likes: Sequence[bool]) -> NDArray[np.floating]:
        return np.arange(8.0)


def test_reading_follows_the_scores_and_ends_with_the_last_included_record() -> None:
    included = np.array([False, False, True, False, False, True, False, True])
    reading = simulate_reading(included, Backwards(), seed=3)
    first_two = list(reading.order[:2])
    assert included[first_two].tolist() == [True, False]
    rest = [row for row in range(7, -1, -1) if row not in first_two]
    assert list(reading.order[2:]) == rest[: len(reading.order) - 2]
    assert included[reading.order[-1]]
    assert len(reading.labels) == 8
    assert reading.labels.sum() == 3


def test_equal_seeds_start_alike_and_others_do_not() -> None:
    included = np.arange(8) < 4
    starts = [tuple(simulate_reading(included, Backwards(), s).order[:2]) for s in range(20)]
    assert starts[4] == tuple(simulate_reading(included, Backwards(), 4).order[:2])
    assert len(set(starts)) > 5


def test_measures_leave_the_known_two_out() -> None:
    # After the known two, 20 records, three of them included, met in 1st, 2nd and 10th place.
    labels = np.zeros(22, dtype=np.bool_)
    labels[[0, 2, 3, 11]] = True
    measures = measure_reading(Reading([], labels, updates=4, seconds=2.0))
    assert measures.as_dict() == {
        "recall@10%": 0.6667,
        "WSS@95": 0.45,
        "ATD": round((1 + 2 + 10) / 3 / 20, 4),
        "seconds_per_update": 0.5,
    }
    assert mean_measures([measures, measures]) == measures
