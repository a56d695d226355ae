"""Collections to measure on, and how: vectors alone and fused with BM25.

``dev``     what settings may be chosen on: odd-numbered topics of Cranfield, CISI and NPL;
            TL;DRs, sentences and review titles of held-out papers.
``report``  what is reported: even-numbered topics, and the two known-item sets.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.embed.embedder import Embedder
from training.bm25 import Bm25
from training.records import (
    KNOWN_ITEMS,
    Paper,
    is_held_out,
    iter_json_lines,
    iter_papers,
    iter_reviews,
)
from training.teacher import split_sentences

CLASSIC = ("cranfield", "cisi", "npl_vaswani")
CANDIDATES = 200


@dataclass
class Collection:
    """Documents, queries and what is relevant to each query (gain by document place)."""

    name: str
    titles: list[str]
    abstracts: list[str]
    queries: list[str]
    relevant: list[dict[int, float]]
    topics: list[str]
    known_item: bool = False
    _words: NDArray[np.float16] | None = field(default=None, repr=False)

    def word_scores(self) -> NDArray[np.float16]:
        """Return BM25 scores, shape (queries, documents); computed once."""
        if self._words is None:
            texts = [f"{t} {a}" for t, a in zip(self.titles, self.abstracts, strict=True)]
            index = Bm25(texts)
            self._words = np.concatenate(
                [
                    index.score(self.queries[start : start + 64]).astype(np.float16)
                    for start in range(0, len(self.queries), 64)
                ]
            )
        return self._words


def read_classic(data: Path, name: str) -> Collection:
    """Return one of the collections that carry their documents."""
    folder = data / "collections" / name
    documents = list(iter_json_lines(folder / "corpus.jsonl.gz"))
    place = {row["_id"]: n for n, row in enumerate(documents)}
    gains: dict[str, dict[int, float]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        topic, document, gain = line.split("\t")
        if float(gain) > 0 and document in place:
            gains.setdefault(topic, {})[place[document]] = float(gain)
    queries = [row for row in iter_json_lines(folder / "queries.jsonl") if row["_id"] in gains]
    return Collection(
        name,
        [row.get("title") or "" for row in documents],
        [row.get("text") or "" for row in documents],
        [row["text"] for row in queries],
        [gains[row["_id"]] for row in queries],
        [row["_id"] for row in queries],
    )


def read_known_item(data: Path, name: str, pool: list[Paper]) -> Collection:
    """Return a known-item collection over ``pool``; targets outside the pool are left out."""
    folder = data / "collections" / name
    place = {paper.id: n for n, paper in enumerate(pool)}
    gains: dict[str, dict[int, float]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        topic, document, _ = line.split("\t")
        if document in place:
            gains.setdefault(topic, {})[place[document]] = 1.0
    queries = [row for row in iter_json_lines(folder / "queries.jsonl") if row["_id"] in gains]
    return Collection(
        name,
        [paper.title for paper in pool],
        [paper.abstract for paper in pool],
        [row["text"] for row in queries],
        [gains[row["_id"]] for row in queries],
        [row["_id"] for row in queries],
        known_item=True,
    )


def make_pool(data: Path, size: int | None, seed: int = 7) -> list[Paper]:
    """Return a sample of the corpus that has every known-item target and held-out paper."""
    wanted = {
        line.split("\t")[1]
        for name in KNOWN_ITEMS
        for line in (data / "collections" / name / "qrels.tsv").read_text("utf-8").splitlines()
    }
    papers = list(iter_papers(data))
    if size is None:
        return papers
    kept = [paper for paper in papers if paper.id in wanted or is_held_out(paper)]
    rest = [paper for paper in papers if not (paper.id in wanted or is_held_out(paper))]
    return kept + random.Random(seed).sample(rest, max(0, size - len(kept)))


def make_dev_collections(data: Path, pool: list[Paper], most: int = 600) -> list[Collection]:
    """Return known-item collections over held-out papers: TL;DRs, sentences, review titles."""
    titles = [paper.title for paper in pool]
    abstracts = [paper.abstract for paper in pool]
    held = [(n, paper) for n, paper in enumerate(pool) if is_held_out(paper)]
    short = [(n, paper.tldrs[-1]) for n, paper in held if paper.tldrs][:most]
    tldrs = _known("dev_tldr", titles, abstracts, short)
    cut = list(abstracts)
    sentences = []
    for n, paper in held[-most:]:
        parts = split_sentences(paper.abstract)
        if len(parts) > 3:
            sentences.append((n, parts[-1]))
            cut[n] = " ".join(parts[:-1])
    reviews = list(iter_reviews(data))
    queries = [(n, paper.title) for n, paper in enumerate(reviews) if is_held_out(paper)][:most]
    return [
        tldrs,
        _known("dev_sentence", titles, cut, sentences),
        _known("dev_review", [""] * len(reviews), [paper.abstract for paper in reviews], queries),
    ]


def _known(
    name: str, titles: list[str], abstracts: list[str], queries: list[tuple[int, str]]
) -> Collection:
    """Return a known-item collection from (place of the document, query) pairs."""
    return Collection(
        name,
        titles,
        abstracts,
        [text for _, text in queries],
        [{place: 1.0} for place, _ in queries],
        [str(place) for place, _ in queries],
        known_item=True,
    )


def measure_rankings(collection: Collection, scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return nDCG@10 (linear gain), or the reciprocal rank to 10, for each query."""
    top = np.sort(np.argpartition(-scores, 10, axis=1)[:, :10], axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    discounts = 1 / np.log2(np.arange(2, 12))
    values = np.zeros(len(top))
    for n, (row, gains) in enumerate(zip(top.tolist(), collection.relevant, strict=True)):
        found = np.array([gains.get(place, 0.0) for place in row])
        if collection.known_item:
            values[n] = 1 / (1 + np.flatnonzero(found)[0]) if found.any() else 0.0
        else:
            ideal = np.sort(np.array(list(gains.values())))[::-1][:10]
            values[n] = (found * discounts).sum() / (ideal * discounts[: len(ideal)]).sum()
    return values


def fuse(
    words: NDArray[np.floating], meaning: NDArray[np.floating], weight: float
) -> NDArray[np.float32]:
    """Return z-score fused scores; documents among no ranking's first ones get -inf.

    Each query's scores are standardised over the union of both rankings' first
    ``CANDIDATES``; ``weight`` is that of meaning.
    """
    fused = np.full(words.shape, -np.inf, dtype=np.float32)
    depth = min(CANDIDATES, words.shape[1] - 1)
    for n in range(len(words)):
        w, m = words[n].astype(np.float32), meaning[n].astype(np.float32)
        places = np.union1d(np.argpartition(-w, depth)[:depth], np.argpartition(-m, depth)[:depth])
        a, b = w[places], m[places]
        a = (a - a.mean()) / (a.std() + 1e-9)
        b = (b - b.mean()) / (b.std() + 1e-9)
        fused[n, places] = (1 - weight) * a + weight * b
    return fused


def score_by_meaning(embedder: Embedder, collection: Collection) -> NDArray[np.float32]:
    """Return cosines, shape (queries, documents)."""
    documents = embedder.encode_documents(collection.titles, collection.abstracts)
    return embedder.encode_queries(collection.queries) @ documents.T


def evaluate(
    embedder: Embedder, collection: Collection, weights: tuple[float, ...] = (0.5,)
) -> dict[str, NDArray[np.float64]]:
    """Return per-query values for ``words``, ``meaning`` and ``fused@weight``."""
    words = collection.word_scores()
    meaning = score_by_meaning(embedder, collection)
    values = {
        "words": measure_rankings(collection, words.astype(np.float32)),
        "meaning": measure_rankings(collection, meaning),
    }
    for weight in weights:
        values[f"fused@{weight:g}"] = measure_rankings(collection, fuse(words, meaning, weight))
    return values


def is_odd(topic: str) -> bool:
    """Return whether a topic belongs to the development half."""
    return int(topic) % 2 == 1


def to_json(values: dict[str, float]) -> str:
    """Return figures as one JSON line, four digits."""
    return json.dumps({name: round(value, 4) for name, value in values.items()})
