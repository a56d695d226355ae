"""The words and the vector that stand for a paper, or a text, in a search for similar papers."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broadsheet.domain.paper import Paper
from broadsheet.index.port import Vectors
from broadsheet.search.present.hits import weigh_rarity
from broadsheet.search.view import IndexView
from broadsheet.text import words
from broadsheet.text.analysis import without_stop_words
from broadsheet.text.latex.plain_text import to_text

MOST_TERMS = 25
"""Words that stand for a paper."""


@dataclass(frozen=True, slots=True)
class LikedPaper:
    """A paper, as a query: its most telling words, and its vector."""

    key: int
    terms: dict[str, float]
    vector: Vectors
    text: str
    """Title and abstract."""


def read_liked_papers(view: IndexView, papers: Sequence[Paper]) -> list[LikedPaper]:
    """Return the words and the vector that stand for each paper.

    Raises EmbedderMismatchError if a paper has no vector yet and the model of the stored ones
    is not at hand.
    """
    if not papers:
        return []
    keys = np.array([paper.key for paper in papers], np.int64)
    vectors = view.snapshot.documents(keys, {"vector"}).vectors
    texts = [(to_text(paper.title), to_text(paper.abstract)) for paper in papers]
    counts = [count_words(f"{title} {title} {abstract}") for title, abstract in texts]
    view.frequencies.fetch(term for each in counts for term in each)
    liked: list[LikedPaper] = []
    for at, (paper, (title, abstract)) in enumerate(zip(papers, texts, strict=True)):
        vector = vectors[at] if vectors.shape[1] else None
        if vector is None or not vector.any():
            view.check_embedder()
            vector = view.embedder.encode_documents([title], [abstract])[0]
        terms = best_terms(counts[at], view)
        liked.append(LikedPaper(paper.key, terms, vector, f"{title} {abstract}"))
    return liked


def count_words(text: str) -> Counter[str]:
    """Count the words of a long text as they are indexed, without stop words."""
    return Counter(words.terms(" ".join(without_stop_words(text.split()))))


def best_terms(counts: Counter[str], view: IndexView) -> dict[str, float]:
    """Return the most telling terms of a text, by (1 + log of its count) × idf, with weights."""
    rarity = weigh_rarity(list(counts), view.snapshot, view.frequencies)
    weights = {term: 1 + math.log(count) for term, count in counts.items()}
    best = sorted(counts, key=lambda term: (-weights[term] * rarity[term], term))
    return {term: weights[term] for term in best[:MOST_TERMS]}
