"""``python -m benchmarks.screening``: stopping rules on reviews and on synthetic sequences.

Reviews are read in the order of the personal ranking, as ``benchmarks.readers`` wrote to ``--runs
FILE``. Synthetic sequences: 200 to 2,500 records, .2 to 20 % relevant (both log-uniform); scores of
irrelevant records are standard normal, those of relevant ones higher by 0 (random order), .5, 1, 2 or 3;
up to 30 % of the relevant ones are hard (a random part of that advantage); a share of 0, 2, 5 or 10 % of the relevant
ones is labelled irrelevant and as many others relevant. Recall is of what the labels say. Rules look
after each hundredth of the records. ``--write`` writes the section of QUALITY.md.
"""

import argparse
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import QUALITY
from benchmarks.readers import OURS, RUNS, read_runs
from benchmarks.results import write_sections
from broadsheet.discovery.screening import (
    ArrivalRule,
    HypergeometricRule,
    IrrelevantInARow,
    Stop,
    StoppingRule,
    Target,
    find_stop,
    oracle_stop,
)

Labels = NDArray[np.bool_]
ADVANTAGES = (0.0, 0.5, 1.0, 2.0, 3.0)
MISLABELLED = (0.0, 0.02, 0.05, 0.1)


def synthetic_sequence(seed: int) -> tuple[Labels, float]:
    """Labels in reading order, and the advantage that says how good the model is."""
    random = np.random.default_rng(seed)
    records = int(np.exp(random.uniform(np.log(200), np.log(2500))))
    share = np.exp(random.uniform(np.log(0.002), np.log(0.2)))
    count = max(1, int(random.binomial(records, share)))
    advantage = float(random.choice(ADVANTAGES))
    relevant = np.arange(records) < count
    hard = relevant & (random.random(records) < random.uniform(0, 0.3))
    lift = np.where(hard, advantage * random.uniform(0, 1), advantage)
    scores = random.normal(size=records) + np.where(relevant, lift, 0)
    wrong = random.choice(MISLABELLED)
    labels = relevant & ~(random.random(records) < wrong)
    others = random.choice(np.arange(count, records), random.binomial(count, wrong), replace=False)
    labels[others] = True
    if not labels.any():
        labels[0] = True
    return labels[np.argsort(-scores)], advantage


def review_sequences(runs_file: Path) -> dict[str, list[Labels]]:
    """Review → labels in reading order of each run, without the two known records."""
    sequences: dict[str, list[Labels]] = {}
    for run in read_runs(runs_file):
        if run["model"] == OURS:
            labels = np.zeros(run["records"], np.bool_)
            labels[run["places"]] = True
            sequences.setdefault(run["review"], []).append(labels)
    return sequences


def rules_for(target: Target) -> list[StoppingRule]:
    return [HypergeometricRule(target), ArrivalRule(target), IrrelevantInARow()]


def stop_all(sequences: Sequence[Labels], target: Target) -> dict[str, list[Stop]]:
    """Rule → its stop on each sequence."""
    stops = {
        rule.name: [find_stop(rule, each, max(1, len(each) // 100)) for each in sequences]
        for rule in rules_for(target)
    }
    return {**stops, "oracle": [oracle_stop(each, target) for each in sequences]}


def row_of(name: str, stops: Sequence[Stop], target: Target) -> str:
    missed = np.mean([stop.recall < target.recall for stop in stops])
    recall = np.mean([stop.recall for stop in stops])
    read = np.mean([stop.share_read for stop in stops])
    return f"| {name} | {missed:.1%} | {recall:.3f} | {read:.1%} |"


def report(runs_file: Path, count: int, first_seed: int, target: Target) -> Iterator[str]:
    """The section of QUALITY.md."""
    head = ["| rule | below the target | mean recall | read |", "| --- | --- | --- | --- |"]
    yield "## When to stop"
    yield ""
    yield (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. Target {target.recall:.0%} recall, confidence "
        f"{target.confidence:.0%} ([the rules](../docs/personal-ranking.md#when-to-stop)). Share of the runs that "
        "stopped below the target, mean recall at the stop, mean share of the records read."
    )
    sequences = review_sequences(runs_file)
    each = {review: stop_all(runs, target) for review, runs in sequences.items()}
    runs = sum(map(len, sequences.values()))
    yield ""
    yield f"{len(sequences)} reviews, {runs} runs in the order of the personal ranking:"
    yield ""
    yield from head
    names = next(iter(each.values())).keys()
    for name in names:
        yield row_of(name, [stop for stops in each.values() for stop in stops[name]], target)
    yield ""
    yield "| review | " + " | ".join(f"{name}: read (least recall)" for name in names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for review, stops in sorted(each.items()):
        cells = [
            f"{np.mean([stop.share_read for stop in stops[name]]):.0%} "
            f"({min(stop.recall for stop in stops[name]):.3f})"
            for name in names
        ]
        yield f"| {review} | " + " | ".join(cells) + " |"
    yield ""
    yield from _report_synthetic(count, first_seed, target, head)
    yield ""


def _report_synthetic(
    count: int, first_seed: int, target: Target, head: Sequence[str]
) -> Iterator[str]:
    made = [synthetic_sequence(seed) for seed in range(first_seed, first_seed + count)]
    stops = stop_all([labels for labels, _ in made], target)
    yield f"{count:,} synthetic sequences:"
    yield ""
    yield from head
    for name, found in stops.items():
        yield row_of(name, found, target)
    yield ""
    yield (
        "Share below the target by how much higher relevant records score (standard deviations; 0 is "
        "random order):"
    )
    yield ""
    yield "| rule | " + " | ".join(f"{advantage:g}" for advantage in ADVANTAGES) + " |"
    yield "| --- |" + " --- |" * len(ADVANTAGES)
    advantages = np.array([advantage for _, advantage in made])
    for name, found in stops.items():
        missed = np.array([stop.recall < target.recall for stop in found])
        cells = [f"{missed[advantages == advantage].mean():.1%}" for advantage in ADVANTAGES]
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FILE")
    parser.add_argument("--synthetic", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=100_000)
    parser.add_argument("--write", action="store_true", help="write the section of QUALITY.md")
    arguments = parser.parse_args()
    lines = list(report(arguments.runs, arguments.synthetic, arguments.first_seed, Target()))
    print("\n".join(lines))
    if arguments.write:
        write_sections(lines, QUALITY)


if __name__ == "__main__":
    main()
