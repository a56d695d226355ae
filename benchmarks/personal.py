"""``python -m benchmarks.personal``: how long the personal ranking takes, on one core.

Papers are those of the measurement corpus; likes are the third of them nearest to one direction, so
that there is something to learn. Ranking a whole library is the product of all its vectors with the
model's, choosing the best 3,000 by it, and scoring these with terms too; the vectors are random ones
of that number and shape. Times are of the processor, the median of several. ``--write`` writes the
section of RESULTS.md. Set OPENBLAS_NUM_THREADS=1.
"""

import argparse
import datetime as dt
import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from benchmarks.corpus import FULL_SIZE, iter_lines
from benchmarks.results import write_sections
from broadsheet.discovery.personal.features import PaperFeatures, Vocabulary, extract_features
from broadsheet.discovery.personal.interests import learn_interests
from broadsheet.discovery.personal.model import Interest, Labels, Learner
from broadsheet.embed.static.shipped import default_embedder

LABELS = 1000
DAY = 1000
BEST = 3000


def milliseconds(action: Callable[[], object], times: int = 9) -> float:
    """Median processor time."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        action()
        taken.append(time.process_time() - started)
    return statistics.median(taken) * 1000


def some_features(count: int) -> PaperFeatures:
    papers = [json.loads(line) for line in islice(iter_lines(), count)]
    titles = [paper["title"] for paper in papers]
    abstracts = [paper.get("abstract") or "" for paper in papers]
    return extract_features(titles, abstracts, default_embedder(), Vocabulary())


def first_papers(features: PaperFeatures, count: int) -> PaperFeatures:
    terms = features.terms.take(np.arange(count))
    return PaperFeatures(features.vectors[:count], terms, features.term_keys)


def rank_library(interest: Interest, vectors: np.ndarray, best: PaperFeatures) -> None:
    scores = vectors @ interest.vector_weights
    np.argpartition(-scores, BEST)[:BEST]
    interest.score(best)


def report() -> Iterator[str]:
    random = np.random.default_rng(0)
    features = some_features(4000)
    nearness = features.vectors @ random.normal(size=features.vectors.shape[1]).astype(np.float32)
    rows = random.permutation(len(features))[: LABELS + 20]
    liked = nearness[rows] > np.quantile(nearness, 2 / 3)
    labels = [Labels.of(rows[:n].tolist(), liked[:n].tolist()) for n in range(LABELS, len(rows))]
    learner = Learner(features)
    started = time.process_time()
    interest = learner.learn(labels[0])
    cold = (time.process_time() - started) * 1000
    more = iter(labels[1:])
    one_more = milliseconds(lambda: learner.learn(next(more)))
    interests = milliseconds(
        lambda: learn_interests(learner, features.vectors[labels[0].rows], labels[0]), 3
    )
    day, best = first_papers(features, DAY), first_papers(features, BEST)
    day_time = milliseconds(lambda: interest.score(day))
    vectors = random.normal(size=(FULL_SIZE, features.vectors.shape[1])).astype(np.float32)
    library = milliseconds(lambda: rank_library(interest, vectors, best))
    started = time.process_time()
    some_features(DAY)
    reading = (time.process_time() - started) * 1000
    yield "## Personal ranking"
    yield ""
    yield f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. Processor time on one core, {LABELS:,} labels."
    yield ""
    yield "| step | ms |"
    yield "| --- | --- |"
    yield f"| one more label: learn from all {LABELS:,} | {one_more:.1f} |"
    yield f"| the first time after a start: products of all pairs, and learn | {cold:.0f} |"
    yield f"| interests apart: cluster the likes and learn each | {interests:.0f} |"
    yield f"| rank a day of {DAY:,} papers whose features are there | {day_time:.1f} |"
    yield f"| features of {DAY:,} papers from their text, vectors included | {reading:.0f} |"
    yield f"| rank {FULL_SIZE:,} papers by vectors and the best {BEST:,} by terms too | {library:.0f} |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    arguments = parser.parse_args()
    lines = list(report())
    print("\n".join(lines))
    if arguments.write:
        write_sections(lines)


if __name__ == "__main__":
    main()
