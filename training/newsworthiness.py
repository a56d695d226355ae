"""Learn the shipped newsworthiness model and print how good it is.

``python -m training.newsworthiness --data ../shared/data --out build/newsworthiness.json``

*listing* is learned from computing papers of 2025 up to August, by whether a daily list took them, and
measured on September to December; *votes* from the daily lists of 2024 up to August by the ranks of
upvotes within a day, and measured on later days; the field from computing papers against those of
other fields. What is written is the model that was measured. Everything is learned from the first
1,000 characters of abstracts, because some sources cut them there.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from broadsheet.discovery.newsworthiness import (
    AUTHORS,
    FACTS,
    Head,
    Newsworthiness,
    encode,
    measure_facts,
    measure_nearness,
    save,
)
from broadsheet.domain.paper import Author, Work
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.text.links import find_links
from training.records import iter_json_lines

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

LISTING_FROM, LISTING_TEST = "2024-12", "2025-09"
VOTES_TEST = "2024-09"
CUT = 1_000
SMALLEST_CATEGORY = 300
RIDGE = 10.0
"""Chosen on June to August 2024 with models of the months before."""
CENTROIDS = 64
FIRST = 10
HISTORY_GAP = dt.timedelta(14)
"""Listings count as an author's history after so long: dates of papers may lie days behind."""


@dataclass
class Candidates:
    """Papers with days and, beside the model's input, what they are measured by."""

    papers: list[Work]
    days: NDArray[np.str_]
    ids: list[str]
    sources: list[tuple[str, ...]]
    vectors: Floats


def is_computing(categories: Sequence[str]) -> bool:
    """Return whether one of the categories is of computing."""
    return any(name.startswith(("cs.", "eess.", "stat.ML")) for name in categories)


def work_of(row: dict[str, Any]) -> Work:
    """Return what a library would know of a corpus row: links of the whole text, text cut."""
    abstract = row.get("abstract") or ""
    links = find_links(abstract)
    return Work(
        title=row["title"],
        abstract=abstract[:CUT],
        authors=tuple(Author(name) for name in row.get("authors") or ()),
        categories=tuple(name for name in row.get("categories") or () if name[0].islower()),
        code_url=row.get("code_url") or next(iter(links.code), ""),
        project_url=row.get("project_url") or next(iter(links.project), ""),
    )


def read_candidates(data: Path) -> Candidates:
    """Return the computing papers of the corpus dated to a day of the time in question."""
    papers, days, ids, sources = [], [], [], []
    for row in iter_json_lines(data / "corpus" / "papers-ml.jsonl.zst"):
        day = row.get("date") or ""
        if len(day) != 10 or not LISTING_FROM <= day < "2026" or not row.get("abstract"):
            continue
        if is_computing(row.get("categories") or ()):
            papers.append(work_of(row))
            days.append(day)
            ids.append(row["id"])
            sources.append(tuple(row["sources"]))
    return Candidates(papers, np.array(days), ids, sources, encode(papers).astype(np.float64))


def read_listed(data: Path) -> dict[str, str]:
    """Return the listing day of each listed paper by its id."""
    rows = iter_json_lines(data / "daily" / "daily-2024-2025-tldr.jsonl.gz")
    return {row["id"]: row["hf_date"] for row in rows}


def read_votes(data: Path) -> tuple[list[Work], list[str], Floats, dict[str, list[int]]]:
    """Return papers, first days, upvotes, and the papers (by place) that each day showed.

    Weekends show Friday's list again, so a paper may stand on several days. The file has a few
    authors of each paper only; they are left out.
    """
    papers, days, votes = [], [], []
    place_of: dict[str, int] = {}
    shown: dict[str, list[int]] = defaultdict(list)
    rows = list(iter_json_lines(data / "daily" / "daily-2024-upvotes.jsonl.gz"))
    for row in sorted(rows, key=lambda row: str(row["hf_date"])):
        if row["id"] not in place_of:
            place_of[row["id"]] = len(papers)
            papers.append(replace(work_of(row), authors=()))
            days.append(row["hf_date"])
            votes.append(float(row["upvotes"]))
        shown[row["hf_date"]].append(place_of[row["id"]])
    return papers, days, np.array(votes), shown


def fill(facts: Floats, typical: Floats) -> Floats:
    """Return facts with typical ones for those that are unknown."""
    return np.where(np.isnan(facts), typical, facts)


def mark_categories(papers: Sequence[Work], names: Sequence[str], typical: Floats) -> Floats:
    """Return a column a category, as ``Newsworthiness`` makes them."""
    marks = np.zeros((len(papers), len(names)))
    for row, paper in enumerate(papers):
        marks[row] = [name in paper.categories for name in names] if paper.categories else typical
    return marks


def learn_logistic(inputs: Floats, truth: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return coefficients and bias of a logistic regression, squares of the former at ½."""
    signs = 2.0 * truth - 1

    def loss(point: Floats) -> tuple[float, Floats]:
        margins = signs * (inputs @ point[:-1] + point[-1])
        slopes = -signs / (1 + np.exp(np.clip(margins, -50, 50)))
        value = np.logaddexp(0, -margins).sum() + 0.5 * (point[:-1] ** 2).sum()
        return value, np.append(inputs.T @ slopes + point[:-1], slopes.sum())

    start = np.zeros(inputs.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return found.x[:-1], float(found.x[-1])


def learn_ridge(inputs: Floats, target: Floats, strength: float) -> Floats:
    """Return the coefficients of a ridge regression with a free constant."""
    centred = inputs - inputs.mean(axis=0)
    squares = centred.T @ centred + strength * np.eye(inputs.shape[1])
    return np.linalg.solve(squares, centred.T @ (target - target.mean()))


def rank_within_days(values: Floats, days: Sequence[str]) -> Floats:
    """Return each value's rank in its day, from -½ to ½."""
    ranks = np.zeros(len(values))
    for day in set(days):
        places = np.flatnonzero(np.array(days) == day)
        if len(places) > 1:
            ranks[places] = (rankdata(values[places]) - 1) / (len(places) - 1) - 0.5
    return ranks


def head_of(coefficients: Floats, width: int, outputs: Floats) -> Head:
    """Return a head whose output over the training papers has mean 0 and deviation 1."""
    scaled = (coefficients / outputs.std()).astype(np.float32)
    return Head(
        scaled[: len(FACTS)],
        scaled[len(FACTS) : len(FACTS) + width],
        scaled[len(FACTS) + width :],
        float(-outputs.mean() / outputs.std()),
    )


def learn_votes(data: Path, typical: Floats, width: int) -> Floats:
    """Return the coefficients of *votes*; those of authors and categories are 0."""
    papers, days, votes, _ = read_votes(data)
    early = np.array(days) < VOTES_TEST
    columns = [column for column in range(len(FACTS)) if column != AUTHORS]
    facts = fill(measure_facts(papers), typical)[:, columns]
    target = rank_within_days(votes, days)
    learned = learn_ridge(np.hstack([facts, encode(papers)])[early], target[early], RIDGE)
    coefficients = np.zeros(len(FACTS) + width + encode(papers[:1]).shape[1])
    coefficients[columns] = learned[: len(columns)]
    coefficients[len(FACTS) + width :] = learned[len(columns) :]
    return coefficients


def read_other_fields(data: Path, limit: int = 20_000) -> tuple[list[Work], list[str]]:
    """Return papers of other fields than computing and statistics, and their fields."""
    papers, fields = [], []
    for row in iter_json_lines(data / "corpus" / "papers-wide.jsonl.zst"):
        categories = row.get("categories") or []
        near = any(name.startswith(("cs.", "eess.", "stat.", "software")) for name in categories)
        if row.get("abstract") and categories and not near:
            papers.append(work_of(row))
            fields.append(categories[0].partition(".")[0])
        if len(papers) == limit:
            break
    return papers, fields


def learn_field(own: Floats, others: Floats) -> Floats32:
    """Return the coefficients that tell own papers from others, both groups counting alike."""
    repeated = np.tile(others, (len(own) // len(others) + 1, 1))
    both = np.vstack([own, repeated])
    field, _ = learn_logistic(both, np.arange(len(both)) < len(own))
    return (field / (own @ field).std()).astype(np.float32)


def find_centroids(vectors: Floats) -> Floats32:
    """Return centroids of vectors, unit length (spherical k-means, ten rounds)."""
    chooser = np.random.default_rng(0)
    centroids = vectors[chooser.choice(len(vectors), CENTROIDS, replace=False)]
    for _ in range(10):
        nearest = (vectors @ centroids.T).argmax(axis=1)
        for number in range(CENTROIDS):
            if (nearest == number).any():
                centroids[number] = vectors[nearest == number].mean(axis=0)
        centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    return centroids.astype(np.float32)


def learn(data: Path, candidates: Candidates, listed: dict[str, str]) -> Newsworthiness:
    """Return the model learned from the early papers."""
    early = candidates.days < LISTING_TEST
    papers = [paper for paper, is_early in zip(candidates.papers, early, strict=True) if is_early]
    counts = Counter(name for paper in papers for name in paper.categories)
    names = sorted(name for name, count in counts.items() if count >= SMALLEST_CATEGORY)
    raw = measure_facts(papers).astype(np.float64)
    typical_facts = np.nanmean(raw, axis=0)
    typical_marks = mark_categories([p for p in papers if p.categories], names, typical_facts)
    typical = typical_marks.mean(axis=0)
    vectors = candidates.vectors[early]
    marks = mark_categories(papers, names, typical)
    inputs = np.hstack([fill(raw, typical_facts), marks, vectors])
    truth = np.array([name in listed for name in candidates.ids])[early]
    listing, _ = learn_logistic(inputs, truth)
    votes = learn_votes(data, typical_facts, len(names))
    others, _ = read_other_fields(data)
    other_vectors = encode(others[::2])
    field = learn_field(vectors, other_vectors)
    centroids = find_centroids(vectors)
    own, other = (
        measure_nearness(group.astype(np.float32), field, centroids)
        for group in (vectors, other_vectors)
    )
    bounds = (float(np.percentile(other, 95)), float(np.percentile(own, 10)))
    return Newsworthiness(
        default_embedder().name,
        tuple(names),
        typical_facts.astype(np.float32),
        typical.astype(np.float32),
        head_of(listing, len(names), inputs @ listing),
        head_of(votes, len(names), inputs @ votes),
        field,
        centroids,
        bounds,
    )


# Measures


def area_under_curve(scores: Floats, truth: NDArray[np.bool_]) -> float:
    """Return how often a listed paper outscores another one."""
    ranks, positives = rankdata(scores), int(truth.sum())
    above = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(truth) - positives)))


def count_first(scores: Floats, truth: NDArray[np.bool_], days: NDArray[np.str_]) -> list[float]:
    """Return for each day how many listed papers are among its first ten."""
    counts = []
    for day in np.unique(days):
        places = np.flatnonzero(days == day)
        best = places[np.argsort(-scores[places], kind="stable")][:FIRST]
        counts.append(float(truth[best].sum()))
    return counts


def gain_of_votes(scores: Floats, votes: Floats, shown: dict[str, list[int]]) -> list[float]:
    """Return nDCG@5 of each late day with five papers or more, the gain ln(1 + upvotes)."""
    discounts = 1 / np.log2(np.arange(2, 7))
    gains = []
    for day, listed in sorted(shown.items()):
        if day >= VOTES_TEST and len(listed) >= 5:
            places = np.array(listed)
            gain = np.log1p(votes[places])
            order = np.argsort(-scores[places], kind="stable")[:5]
            gains.append(float(gain[order] @ discounts / (np.sort(gain)[::-1][:5] @ discounts)))
    return gains


def author_history(candidates: Candidates, listed: dict[str, str]) -> Floats:
    """Return the share of each paper's authors who were listed two weeks earlier or before."""
    authors_of = dict(zip(candidates.ids, (p.authors for p in candidates.papers), strict=True))
    first: dict[str, str] = {}
    for name, day in sorted(listed.items(), key=lambda pair: pair[1]):
        known_from = str(dt.date.fromisoformat(day) + HISTORY_GAP)
        for author in authors_of.get(name, ()):
            first.setdefault(author.name.casefold(), known_from)
    shares = [
        np.mean([first.get(author.name.casefold(), "9") <= day for author in paper.authors])
        if paper.authors
        else 0.0
        for paper, day in zip(candidates.papers, candidates.days.tolist(), strict=True)
    ]
    return np.array(shares)


def is_weekday(day: str) -> bool:
    """Return whether a day is no Saturday or Sunday."""
    return dt.date.fromisoformat(day).weekday() < 5


def print_listing(model: Newsworthiness, candidates: Candidates, listed: dict[str, str]) -> None:
    """Print how well orders of the late papers put listed ones first."""
    late = candidates.days >= LISTING_TEST
    papers = [paper for paper, is_late in zip(candidates.papers, late, strict=True) if is_late]
    ids = [name for name, is_late in zip(candidates.ids, late, strict=True) if is_late]
    days = candidates.days[late]
    truth = np.array([name in listed for name in ids])
    vectors = candidates.vectors[late]
    listing, votes = model.score_heads(papers, vectors.astype(np.float32))
    facts = measure_facts(papers)
    chance = np.random.default_rng(1).random(len(ids)) * 1e-6
    marks = mark_categories(papers, model.categories, model.typical_categories)
    orders: dict[str, Floats] = {
        "random": chance,
        "recency (arXiv number)": rankdata(ids).astype(float),
        "category": marks @ model.listing.categories + chance,
        "code first": facts[:, 0] + chance,
        "number of authors": np.nan_to_num(facts[:, AUTHORS]) + chance,
        "author history": author_history(candidates, listed)[late] + chance,
        "listing": listing,
        "listing without authors": listing - fill(facts, model.typical_facts)[:, AUTHORS]
        * model.listing.facts[AUTHORS],
        "votes": votes,
        "score": model.score(papers, vectors.astype(np.float32)),
    }  # fmt: skip
    weekday = np.array([is_weekday(day) for day in days])
    print(f"\n{len(ids)} papers, {truth.sum()} listed, {len(set(days.tolist()))} days")
    print("| order | AUC | listed among the first ten | on weekdays |\n| --- | --- | --- | --- |")
    for name, scores in orders.items():
        every = np.mean(count_first(scores, truth, days))
        working = np.mean(count_first(scores[weekday], truth[weekday], days[weekday]))
        print(f"| {name} | {area_under_curve(scores, truth):.3f} | {every:.2f} | {working:.2f} |")
    for month in sorted({day[:7] for day in days.tolist()}):
        of_month = np.array([day.startswith(month) for day in days.tolist()])
        print(month, f"AUC {area_under_curve(listing[of_month], truth[of_month]):.3f}")


def print_votes(model: Newsworthiness, data: Path) -> None:
    """Print how well orders of late daily lists put papers with many upvotes first."""
    papers, _, votes, shown = read_votes(data)
    vectors = encode(papers)
    listing, head = model.score_heads(papers, vectors)
    facts = measure_facts(papers)
    random = np.random.default_rng(1)
    print("\n| order | nDCG@5 | days |\n| --- | --- | --- |")
    orders: dict[str, Callable[[], Floats]] = {
        "random": lambda: random.random(len(papers)),
        "code first": lambda: facts[:, 0] + 1e-6 * random.random(len(papers)),
        "listing": lambda: listing,
        "votes": lambda: head,
        "listing + votes": lambda: listing + head,
        "score": lambda: model.score(papers, vectors),
    }
    for name, order in orders.items():
        runs = [gain_of_votes(order(), votes, shown) for _ in range(20)]
        error = np.std(np.mean(runs, axis=0)) / np.sqrt(len(runs[0]))
        print(f"| {name} | {np.mean(runs):.3f} ± {error:.3f} | {len(runs[0])} |")


def print_fields(model: Newsworthiness, data: Path, candidates: Candidates) -> None:
    """Print how much the model counts in which field."""
    papers, fields = read_other_fields(data)
    weights = model.weigh(encode(papers[1::2]))
    late = candidates.days >= LISTING_TEST
    own = model.weigh(candidates.vectors[late].astype(np.float32))
    print("\n| field | papers | mean weight | weight 0 | weight 1 |\n" + "| --- " * 5 + "|")
    groups = {"computing, held-out months": own}
    names = np.array(fields[1::2])
    for name, count in Counter(names.tolist()).most_common(12):
        if count >= 50:
            groups[name] = weights[names == name]
    paths = [*data.glob("likes/*.jsonl.gz"), *data.glob("collections/*/corpus.jsonl.gz")]
    for path in sorted(paths):
        rows = [row for row in iter_json_lines(path) if len(row.get("text") or "") > 200]
        works = [Work(title=row["title"] or "", abstract=row["text"]) for row in rows]
        name = path.parent.name if path.name.startswith("corpus") else path.name.partition(".")[0]
        groups[name] = model.weigh(encode(works))
    for name, values in groups.items():
        none, full = np.mean(values == 0), np.mean(values == 1)
        print(f"| {name} | {len(values)} | {values.mean():.3f} | {none:.1%} | {full:.1%} |")


def print_artefacts(model: Newsworthiness, data: Path, candidates: Candidates) -> None:
    """Print whether whole abstracts score otherwise than cut ones, and sources by themselves."""
    whole, links_lost = [], []
    wanted = {name for name, day in zip(candidates.ids, candidates.days, strict=True) if day >= LISTING_TEST}  # fmt: skip
    for row in iter_json_lines(data / "corpus" / "papers-ml.jsonl.zst"):
        if row["id"] in wanted and len(row["abstract"]) > 1_200 and len(whole) < 5_000:
            work = work_of(row)
            whole.append(replace(work, abstract=row["abstract"]))
            links = find_links(work.abstract)
            links_lost.append(replace(work, code_url=next(iter(links.code), ""), project_url=next(iter(links.project), "")))  # fmt: skip
    cut = [replace(work, abstract=work.abstract[:CUT]) for work in whole]
    of_whole = model.score(whole, encode(whole))
    print("\nabstracts of more than 1,200 characters, whole against cut at 1,000:")
    for name, works in (("links known", cut), ("links lost too", links_lost)):
        scores = model.score(works, encode(works))
        difference = scores - of_whole
        print(f"{name}: mean {difference.mean():+.3f}, deviation {difference.std():.3f}, ", end="")
        print(f"correlation {np.corrcoef(scores, of_whole)[0, 1]:.4f}, {len(works)} papers")
    listed = read_listed(data)
    plain = np.array([name not in listed for name in candidates.ids])
    scores = model.score(candidates.papers, candidates.vectors.astype(np.float32))
    print("AUC of telling a source from others by the score, papers that are not listed:")
    for source in ("arxiver", "advcs", "daily_cv_cl_dw", "reporter_csqian", "xmk"):
        of_source = np.array([source in names for names in candidates.sources])
        print(source, f"{area_under_curve(scores[plain], of_source[plain]):.3f}")


def main() -> None:
    """Read the arguments, learn, write and measure."""
    parser = argparse.ArgumentParser(description="Learn the newsworthiness model.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/newsworthiness.json"))
    args = parser.parse_args()
    candidates, listed = read_candidates(args.data), read_listed(args.data)
    model = learn(args.data, candidates, listed)
    save(model, args.out)
    print_listing(model, candidates, listed)
    print_votes(model, args.data)
    print_fields(model, args.data, candidates)
    print_artefacts(model, args.data, candidates)


if __name__ == "__main__":
    main()
