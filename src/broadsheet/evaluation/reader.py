"""Simulated reading of a pool of records whose labels are known: how soon are the liked ones met?

A run starts with one included and one excluded record, drawn at random, as known. After each label
the model learns anew from all labels and the unread record with the highest score is read next. Beyond
100 labels it learns anew after each fiftieth more. It ends when all included records are read.
Measures are over the records other than the two known ones:

recall@10%  share of the included records among the first tenth that is read
WSS@95      work saved over sampling at 95 % recall: .95 − share read when 95 % are found (Cohen et
            al. 2006, doi:10.1197/jamia.M1929)
ATD         average time to discovery: mean over the included records of the share read when each is
            met, itself among them (Ferdinands et al. 2023, doi:10.1186/s13643-023-02257-7)

Records with neither title nor abstract cannot be ranked by their text; they are counted and left out.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery.personal.features import PaperFeatures, Vocabulary, extract_features
from broadsheet.discovery.personal.model import Labels, Learner
from broadsheet.domain.errors import InvalidInputError
from broadsheet.embed.embedder import Embedder
from broadsheet.ingest.decompress import SourceReader

EXACT_LABELS = 100
"""The model learns after every label up to so many."""
_EXPECTED = '{"title": …, "text": …, "label_included": 0 or 1}'


@dataclass(frozen=True)
class Review:
    """Records in the file's order, with the reviewers' decisions."""

    name: str
    titles: Sequence[str]
    abstracts: Sequence[str]
    included: NDArray[np.bool_]
    without_text: int
    """Records left out because they have neither title nor abstract."""
    included_without_text: int

    def __len__(self) -> int:
        return len(self.titles)


def load_review(path: Path) -> Review:
    """Read JSON lines, plain or compressed.

    Raises InvalidInputError naming file and line, or if there are not two records of each kind.
    """
    titles, abstracts, included = [], [], []
    without_text = [0, 0]
    for number, line in enumerate(_read_lines(path), 1):
        try:
            record = json.loads(line)
            title, abstract = str(record.get("title") or ""), str(record.get("text") or "")
            label = {0: False, 1: True}[int(record["label_included"])]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInputError(f"{path}, line {number}: expected {_EXPECTED}") from error
        if title.strip() or abstract.strip():
            titles.append(title)
            abstracts.append(abstract)
            included.append(label)
        else:
            without_text[label] += 1
    if min(sum(included), len(included) - sum(included)) < 2:
        raise InvalidInputError(
            f"{path}: simulated reading needs at least two included and two excluded records "
            "with a title or an abstract"
        )
    name = path.name.split(".")[0]
    return Review(name, titles, abstracts, np.array(included), sum(without_text), without_text[1])


def _read_lines(path: Path) -> list[bytes]:
    try:
        with SourceReader(path.open("rb")) as reader:
            content = reader.read()
            if reader.damage:
                raise InvalidInputError(f"{path}: {reader.damage}")
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read ({error})") from error
    return [line for line in content.splitlines() if line.strip()]


class Model(Protocol):
    """A model that is read by: pure in the labels."""

    def score(self, rows: Sequence[int], likes: Sequence[bool]) -> NDArray[np.floating]:
        """Return the score of every record, learned from these labels alone."""
        ...


class PersonalModel:
    """The personal ranking as a model of a review's records."""

    def __init__(self, features: PaperFeatures) -> None:
        self._features = features
        self._learner = Learner(features)

    @classmethod
    def of(cls, review: Review, embedder: Embedder) -> PersonalModel:
        """Read the features of a review's records."""
        return cls(extract_features(review.titles, review.abstracts, embedder, Vocabulary()))

    def score(self, rows: Sequence[int], likes: Sequence[bool]) -> NDArray[np.floating]:
        """Return the score of every record."""
        unread = np.ones(len(self._features), dtype=np.bool_)
        unread[rows] = False
        return self._learner.learn(Labels.of(rows, likes)).score(self._features, unread)


@dataclass(frozen=True)
class Reading:
    """One run."""

    order: Sequence[int]
    """Rows in the order read, the two known ones first, up to the last included one."""
    labels: NDArray[np.bool_]
    """Of all records in reading order, the two known ones first; unread ones count as not included.
    """
    updates: int
    seconds: float
    """Learning and scoring, all updates together."""


def simulate_reading(
    included: NDArray[np.bool_],
    model: Model,
    seed: int,
    advance: Callable[[int], None] = lambda read: None,
) -> Reading:
    """Read until all included records are met; equal seeds start from the same two records."""
    random = np.random.default_rng(seed)
    order = [
        int(random.choice(np.flatnonzero(included))),
        int(random.choice(np.flatnonzero(~included))),
    ]
    unmet = int(included.sum()) - 1
    unread = np.ones(len(included), dtype=np.bool_)
    unread[order] = False
    updates, seconds = 0, 0.0
    while unmet:
        started = time.perf_counter()
        scores = np.asarray(model.score(order, included[order].tolist()))
        seconds += time.perf_counter() - started
        updates += 1
        batch = 1 if len(order) < EXACT_LABELS else len(order) // 50
        best = np.argsort(-np.where(unread, scores, -np.inf), kind="stable")[:batch]
        for row in best[unread[best]].tolist():
            order.append(row)
            unread[row] = False
            unmet -= int(included[row])
        advance(len(order))
    labels = np.concatenate([included[order], np.zeros(int(unread.sum()), np.bool_)])
    return Reading(order, labels, updates, seconds)


@dataclass(frozen=True)
class ReadingMeasures:
    """See the module."""

    recall_at_tenth: float
    wss: float
    atd: float
    seconds_per_update: float

    def as_dict(self) -> dict[str, float]:
        """For ``--json``."""
        return {
            "recall@10%": round(self.recall_at_tenth, 4),
            "WSS@95": round(self.wss, 4),
            "ATD": round(self.atd, 4),
            "seconds_per_update": round(self.seconds_per_update, 5),
        }


def measure_reading(reading: Reading) -> ReadingMeasures:
    """Measure one run."""
    labels = reading.labels[2:]
    places = np.flatnonzero(labels) + 1
    needed = math.ceil(round(0.95 * len(places), 9))
    return ReadingMeasures(
        float(np.mean(places <= math.ceil(len(labels) / 10))),
        0.95 - float(places[needed - 1]) / len(labels),
        float(places.mean()) / len(labels),
        reading.seconds / max(reading.updates, 1),
    )


def mean_measures(runs: Sequence[ReadingMeasures]) -> ReadingMeasures:
    """Return the mean over runs of each measure."""
    rows = [(run.recall_at_tenth, run.wss, run.atd, run.seconds_per_update) for run in runs]
    return ReadingMeasures(*np.mean(rows, axis=0).tolist())
