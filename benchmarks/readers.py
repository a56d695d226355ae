"""``python -m benchmarks.readers``: the personal ranking beside ASReview, by simulated reading.

Reads each review of the measurement data with each model, from the same two known records, in one
process, and appends a line a run to ``--runs FILE``; runs that are there are not made again.
``--write`` then writes its section of QUALITY.md. ASReview is its default model ELAS u4 from the
package ``asreview`` (extra ``bench``); it is left out if that is not installed. Set
OPENBLAS_NUM_THREADS=1 for times on one core.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import SHARED
from benchmarks.quality import QUALITY
from benchmarks.results import write_sections
from broadsheet.discovery.personal.features import PaperFeatures, Vocabulary, extract_features
from broadsheet.discovery.personal.model import Interest, Labels, Learner
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.evaluation.reader import (
    Model,
    Review,
    load_review,
    measure_reading,
    simulate_reading,
)
from broadsheet.evaluation.significance import paired_difference

Scores = NDArray[np.floating]
RUNS = Path(__file__).with_name("work") / "readers.jsonl"
OURS, ASREVIEW = "Broadsheet", "ASReview ELAS u4"
MEASURES = ("recall@10%", "WSS@95", "ATD")


class MixedModel:
    """The personal ranking with another mixture of its two scores."""

    def __init__(
        self, features: PaperFeatures, mix: Callable[[Interest, Scores, Scores], Scores]
    ) -> None:
        self._features = features
        self._learner = Learner(features)
        self._mix = mix

    def score(self, rows: Sequence[int], liked: Sequence[bool]) -> Scores:
        interest = self._learner.learn(Labels.of(rows, liked))
        unread = np.ones(len(self._features), dtype=np.bool_)
        unread[rows] = False
        return self._mix(interest, *interest.score_parts(self._features, unread))


MIXTURES: dict[str, Callable[[Interest, Scores, Scores], Scores]] = {
    OURS: lambda interest, terms, vectors: terms + interest.vector_share * vectors,
    "our terms alone": lambda interest, terms, vectors: terms,
    "our vectors alone": lambda interest, terms, vectors: vectors,
    "plain mean of both": lambda interest, terms, vectors: terms + vectors,
}


class AsreviewModel:
    """ASReview's own classes with its default settings: features, balance and classifier."""

    def __init__(self, review: Review) -> None:
        import pandas
        from asreview.learner import ActiveLearningCycle
        from asreview.models.models import get_ai_config

        self._cycle = ActiveLearningCycle.from_meta(get_ai_config("elas_u4")["value"])
        records = pandas.DataFrame({"title": review.titles, "abstract": review.abstracts})
        self._features = self._cycle.transform(records)

    def score(self, rows: Sequence[int], liked: Sequence[bool]) -> Scores:
        chosen = np.array(rows)
        self._cycle.fit(self._features[chosen], np.array(liked, dtype=int))
        return np.asarray(self._cycle.classifier.decision_function(self._features))


def models_of(review: Review) -> dict[str, Model]:
    features = extract_features(review.titles, review.abstracts, default_embedder(), Vocabulary())
    models: dict[str, Model] = {name: MixedModel(features, mix) for name, mix in MIXTURES.items()}
    try:
        models[ASREVIEW] = AsreviewModel(review)
    except ImportError:
        print("asreview is not installed and is left out")
    return models


def read_runs(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def measure(paths: Sequence[Path], seeds: Sequence[int], runs_file: Path) -> None:
    """Append the runs that are missing, seed by seed so that all reviews have as many."""
    done = {(run["review"], run["model"], run["seed"]) for run in read_runs(runs_file)}
    reviews = [load_review(path) for path in paths]
    for review in sorted(reviews, key=len):
        models: dict[str, Model] = {}
        for seed in seeds:
            names = [*MIXTURES, ASREVIEW]
            if all((review.name, name, seed) in done for name in names):
                continue
            models = models or models_of(review)
            for name, model in models.items():
                if (review.name, name, seed) in done:
                    continue
                started = time.perf_counter()
                reading = simulate_reading(review.included, model, seed)
                run = {
                    "review": review.name,
                    "model": name,
                    "seed": seed,
                    "records": len(review),
                    "included": int(review.included.sum()),
                    "without_text": review.without_text,
                    "included_without_text": review.included_without_text,
                    **measure_reading(reading).as_dict(),
                    "updates": reading.updates,
                    "places": np.flatnonzero(reading.labels).tolist(),
                }
                with runs_file.open("a") as file:
                    file.write(json.dumps(run) + "\n")
                print(f"{review.name} {name} {seed}: {time.perf_counter() - started:.0f} s")


def values_of(runs: Sequence[dict[str, Any]], model: str, measure: str) -> dict[str, Scores]:
    """Review → the measure of each seed, in the order of the seeds."""
    reviews = sorted({run["review"] for run in runs})
    return {
        review: np.array(
            [
                run[measure]
                for run in sorted(runs, key=lambda run: run["seed"])
                if run["review"] == review and run["model"] == model
            ]
        )
        for review in reviews
    }


def report(runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The section of QUALITY.md."""
    names = [name for name in (*MIXTURES, ASREVIEW) if any(run["model"] == name for run in runs)]
    ours = {measure: values_of(runs, OURS, measure) for measure in MEASURES}
    seeds = len({run["seed"] for run in runs})
    yield "## Readers"
    yield ""
    yield (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. Simulated reading of {len(ours['ATD'])} reviews, {seeds} seeds each "
        "([how](../docs/personal-ranking.md#measured-by-simulated-reading)); means over seeds, then over "
        "reviews. A difference is ours minus the other's, paired by review; its interval is a bootstrap "
        "over reviews, its p-value a randomisation test over reviews. ATD: lower is better."
    )
    yield ""
    yield "| model | recall@10% | WSS@95 | ATD | ours − it, ATD | reviews ahead in ATD | ms an update |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in names:
        values = {measure: values_of(runs, name, measure) for measure in MEASURES}
        means = [np.mean([v.mean() for v in values[measure].values()]) for measure in MEASURES]
        seconds = np.mean([v.mean() for v in values_of(runs, name, "seconds_per_update").values()])
        gaps = np.array([ours["ATD"][r].mean() - values["ATD"][r].mean() for r in values["ATD"]])
        against = "" if name == OURS else str(_difference(gaps))
        ahead = "" if name == OURS else f"{np.count_nonzero(gaps < 0)} of {len(gaps)}"
        shown = " | ".join(f"{mean:.4f}" for mean in means)
        yield f"| {name} | {shown} | {against} | {ahead} | {seconds * 1000:.1f} |"
    yield ""
    yield (
        "| review | records | included | left out (included) | "
        + " | ".join(f"{name}: ATD" for name in names)
        + " |"
    )
    yield "| --- |" + " --- |" * (3 + len(names))
    for review in ours["ATD"]:
        run = next(run for run in runs if run["review"] == review)
        shown = " | ".join(f"{values_of(runs, name, 'ATD')[review].mean():.4f}" for name in names)
        yield (
            f"| {review} | {run['records']:,} | {run['included']} | {run['without_text']} "
            f"({run['included_without_text']}) | {shown} |"
        )
    yield ""


def _difference(gaps: Scores) -> str:
    found = paired_difference([gaps])
    return f"{found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}), p = {found.p_value:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reviews", nargs="*", type=Path)
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FILE")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="write the section of QUALITY.md")
    arguments = parser.parse_args()
    paths = arguments.reviews or sorted(SHARED.glob("likes/*.jsonl.gz"))
    arguments.runs.parent.mkdir(parents=True, exist_ok=True)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    measure(paths, seeds, arguments.runs)
    lines = list(report(read_runs(arguments.runs)))
    print("\n".join(lines))
    if arguments.write:
        write_sections(lines, QUALITY)


if __name__ == "__main__":
    main()
