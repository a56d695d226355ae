"""``python -m benchmarks.interests``: do interests stay apart, and does one month rank the next?

Apart   Six reviews of different subjects in one pool. A reader likes 15 included records of one, 4 of a
        second and 3 of a third, and dislikes 8. Of each interest: the share of its other included
        records among the first 200, with one model for all likes and with a model for each cluster.
Daily   A reader is a tag of the daily lists: the papers of one month with it are liked, the other
        papers of that month are not; the papers of the next month are ranked. nDCG@20, over all tags
        and months with at least 3 likes and 2 papers to find.
``--write`` writes both sections of QUALITY.md.
"""

import argparse
import datetime as dt
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import SHARED
from benchmarks.quality import QUALITY
from benchmarks.results import write_sections
from broadsheet.discovery.personal.features import PaperFeatures, Vocabulary, extract_features
from broadsheet.discovery.personal.interests import learn_interests
from broadsheet.discovery.personal.model import Labels, Learner
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.evaluation.reader import load_review
from broadsheet.evaluation.significance import paired_difference

Scores = NDArray[np.floating]
SUBJECTS = (
    "Sep_2021",
    "Oud_2018",
    "Menon_2022",
    "UrinaryIncontinence",
    "Jeyaraman_2020",
    "Kitchenham_2010",
)
FIRST = 200


class Pool:
    """Several reviews as one pool."""

    def __init__(self) -> None:
        reviews = [load_review(SHARED / "likes" / f"{name}.jsonl.gz") for name in SUBJECTS]
        titles = [title for review in reviews for title in review.titles]
        abstracts = [abstract for review in reviews for abstract in review.abstracts]
        self.features = extract_features(titles, abstracts, default_embedder(), Vocabulary())
        self.subject = np.repeat(np.arange(len(reviews)), [len(review) for review in reviews])
        self.included = np.concatenate([review.included for review in reviews])

    def draw(self, random: np.random.Generator, subject: int, count: int, included: bool) -> Any:
        rows = np.flatnonzero((self.subject == subject) & (self.included == included))
        return random.choice(rows, count, replace=False).tolist()


def measure_apart(pool: Pool, seed: int) -> tuple[list[float], list[float], int]:
    """Shares of the three interests with one model, with one each, and the number of clusters."""
    random = np.random.default_rng(seed)
    strong, weak, weaker, other = random.permutation(len(SUBJECTS))[:4]
    likes = [
        *pool.draw(random, strong, 15, True),
        *pool.draw(random, weak, 4, True),
        *pool.draw(random, weaker, 3, True),
    ]
    dislikes = [*pool.draw(random, strong, 3, False), *pool.draw(random, other, 5, False)]
    labels = Labels.of(likes + dislikes, [True] * len(likes) + [False] * len(dislikes))
    unread = np.ones(len(pool.features), np.bool_)
    unread[labels.rows] = False
    learner = Learner(pool.features)
    interests = learn_interests(learner, pool.features.vectors[labels.rows], labels)

    def shares(scores: Scores) -> list[float]:
        first = np.argsort(-np.where(unread, scores, -np.inf), kind="stable")[:FIRST]
        wanted = [(pool.subject == s) & pool.included & unread for s in (strong, weak, weaker)]
        return [mask[first].sum() / min(FIRST, mask.sum()) for mask in wanted]

    together = learner.learn(labels).score(pool.features, unread)
    apart = interests.score(pool.features, unread)
    return shares(together), shares(apart), len(interests.each)


def report_apart(seeds: int) -> Iterator[str]:
    pool = Pool()
    runs = [measure_apart(pool, seed) for seed in range(seeds)]
    yield "## Interests apart"
    yield ""
    yield (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. {len(pool.features):,} records of {len(SUBJECTS)} reviews in one pool, "
        f"{seeds} readers who like 15, 4 and 3 records of three of them: share of each interest's other "
        f"included records among the first {FIRST}. Clusters found: {', '.join(str(r[2]) for r in runs)}."
    )
    yield ""
    yield "| model | of 15 likes | of 4 | of 3 |"
    yield "| --- | --- | --- | --- |"
    for name, place in (("one for all likes", 0), ("all likes and the best cluster", 1)):
        means = np.mean([run[place] for run in runs], axis=0)
        yield f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |"
    yield ""


def read_daily() -> list[dict[str, Any]]:
    with gzip.open(SHARED / "daily" / "daily-2024-2025-tldr.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def ndcg_at_20(scores: Scores, liked: NDArray[np.bool_]) -> float:
    order = np.argsort(-scores, kind="stable")[:20]
    discounts = 1 / np.log2(np.arange(2, 22))
    ideal = discounts[: min(20, int(liked.sum()))].sum()
    return float((liked[order] * discounts[: len(order)]).sum() / ideal)


def measure_daily(papers: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Model → nDCG@20 of each reader and month."""
    months = defaultdict(list)
    for paper in papers:
        months[paper["hf_date"][:7]].append(paper)
    names = sorted(months)
    values: dict[str, list[float]] = defaultdict(list)
    random = np.random.default_rng(0)
    for month, following in pairwise(names):
        both = [*months[month], *months[following]]
        now = np.arange(len(both)) < len(months[month])
        features = extract_features(
            [paper["title"] for paper in both],
            [paper["tldr"] for paper in both],
            default_embedder(),
            Vocabulary(),
        )
        learner = Learner(features)
        for tag in sorted({tag for paper in both for tag in paper.get("tags") or []}):
            liked = np.array([tag in (paper.get("tags") or []) for paper in both])
            if (liked & now).sum() < 3 or (liked & ~now).sum() < 2 or liked[now].mean() > 0.5:
                continue
            for name, scores in _rankings(learner, features, liked, now).items():
                values[name].append(ndcg_at_20(scores[~now], liked[~now]))
            values["random order"].append(ndcg_at_20(random.random((~now).sum()), liked[~now]))
    return values


def _rankings(
    learner: Learner, features: PaperFeatures, liked: NDArray[np.bool_], now: NDArray[np.bool_]
) -> dict[str, Scores]:
    labels = Labels.of(np.flatnonzero(now).tolist(), liked[now].tolist())
    interest = learner.learn(labels)
    by_terms, by_vectors = interest.score_parts(features, ~now)
    interests = learn_interests(learner, features.vectors[labels.rows], labels)
    return {
        "Broadsheet": interest.score(features, ~now),
        "our terms alone (ASReview's settings)": by_terms,
        "our vectors alone": by_vectors,
        "all likes and the best cluster": interests.score(features, ~now),
    }


def report_daily() -> Iterator[str]:
    values = measure_daily(read_daily())
    ours = np.array(values["Broadsheet"])
    yield "## Readers of the daily lists"
    yield ""
    yield (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. {len(ours)} readers: likes of one month (a tag of the daily lists), "
        "ranking the next month, whose other papers are taken for not relevant though many are only untagged."
    )
    yield ""
    yield "| model | nDCG@20 | ours − it |"
    yield "| --- | --- | --- |"
    for name, each in values.items():
        found = paired_difference([ours - np.array(each)])
        against = (
            f"{found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}), p = {found.p_value:.2g}"
        )
        yield f"| {name} | {np.mean(each):.4f} | {'' if name == 'Broadsheet' else against} |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="write the sections of QUALITY.md")
    arguments = parser.parse_args()
    lines = [*report_apart(arguments.seeds), *report_daily()]
    print("\n".join(lines))
    if arguments.write:
        write_sections(lines, QUALITY)


if __name__ == "__main__":
    main()
