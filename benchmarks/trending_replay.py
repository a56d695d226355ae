"""Replay the daily lists of 2024: do the first six hours tell the day's final top three?

    python -m benchmarks.trending_replay ../shared/data/daily/daily-2024-upvotes.jsonl.gz

Only the final votes of each (day, paper) are known, so arrival is simulated:

*   each paper is listed at a random time of the first four hours;
*   each of its votes comes after its listing with a delay from an exponential distribution of
    mean 12 h, so that a paper's true votes are a sample of its final ones;
*   with positions, every hour the list is ordered by the votes so far, and a vote is cast with
    a probability in proportion to ``expected_share`` of the paper's position: what stands high
    gets more votes than it deserves, what stands low less. The votes that remain unseen within
    the day are lost, but the truth to be told stays that of the final votes.

Measures precision at 3: which share of the final top three is among the first three after six
hours, over all days with ten papers at least and ``SEEDS`` draws.
"""

import datetime as dt
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean

from broadsheet.discovery.trending import (
    Contender,
    Evidence,
    Growth,
    expected_at_positions,
    expected_share,
    rank_trends,
    trend_score,
)

SEEDS = 20
HOURS = 6
LISTED_WITHIN = 4.0
MEAN_DELAY = 12.0
MIDNIGHT = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def read_days(path: str) -> Mapping[str, Sequence[int]]:
    """Final votes of the papers of each day."""
    days: dict[str, list[int]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            days[row["hf_date"]].append(int(row["upvotes"]))
    return {day: votes for day, votes in sorted(days.items()) if len(votes) >= 10}


def replay(final: Sequence[int], draw: random.Random, positions: bool) -> dict[str, float]:
    """Precision at 3 of each method after six hours of one simulated day."""
    papers = range(len(final))
    listed = [draw.uniform(0, LISTED_WITHIN) for _ in papers]
    arrivals = sorted(
        (listed[paper] + draw.expovariate(1 / MEAN_DELAY), paper)
        for paper in papers
        for _ in range(final[paper])
    )
    votes = [0] * len(final)
    shown: list[list[tuple[int, float]]] = [[] for _ in papers]
    for hour in range(HOURS):
        present = [paper for paper in papers if listed[paper] <= hour]
        order = sorted(present, key=lambda paper: (-votes[paper], listed[paper]))
        rank_of = {paper: rank for rank, paper in enumerate(order, 1)}
        cast = 0
        for moment, paper in arrivals:
            if not hour <= moment < hour + 1:
                continue
            if positions:
                rank = rank_of.get(paper, len(order) + 1)
                if draw.random() > expected_share(rank) / expected_share(1):
                    continue
            votes[paper] += 1
            cast += 1
        for paper, rank in rank_of.items():
            shown[paper].append((rank, cast))
    top = set(sorted(papers, key=lambda paper: -final[paper])[:3])
    now = MIDNIGHT + dt.timedelta(hours=HOURS)
    moments = [MIDNIGHT + dt.timedelta(hours=each) for each in listed]

    def exposed(paper: int) -> float:
        growth = Growth("votes", votes[paper], 1.0)
        evidence = Evidence(growth, expected_at_positions(shown[paper]))
        return trend_score([evidence], moments[paper], now, 1.0)

    contenders = [
        Contender(paper, moments[paper], "", (Growth("votes", votes[paper], 1.0),))
        for paper in papers
    ]
    rankings = {
        "raw counts": sorted(papers, key=lambda paper: -votes[paper]),
        "by age and field": [trend.key for trend in rank_trends(contenders, now, 1.0)],
        "by positions shown": sorted(papers, key=lambda paper: -exposed(paper)),
    }
    return {name: len(top & set(ranking[:3])) / 3 for name, ranking in rankings.items()}


def main() -> None:
    days = read_days(sys.argv[1])
    for positions in (False, True):
        scores: dict[str, list[float]] = defaultdict(list)
        for seed in range(SEEDS):
            for day, final in days.items():
                draw = random.Random(f"{seed} {day}")
                for name, score in replay(final, draw, positions).items():
                    scores[name].append(score)
        about = "with positions" if positions else "without positions"
        told = ", ".join(f"{name} {mean(values):.3f}" for name, values in scores.items())
        print(f"{about}: {len(days)} days, {SEEDS} draws: {told}")


if __name__ == "__main__":
    main()
