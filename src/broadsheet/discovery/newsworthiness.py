"""Newsworthiness: how likely a paper's text is to be chosen and voted for on a daily list.

Input    papers and their vectors of the shipped embedder (see ``encode``).
Model    two linear models over the vector and a few facts of the paper, learned by
         ``training/newsworthiness.py``: *listing*, whether the daily list of 2025 took the paper
         (logistic regression), and *votes*, its rank by upvotes among the listed papers of a day
         of 2024 (ridge regression).
Score    weight · (listing + ½ votes), in standard deviations over the papers it was learned from:
         0 is a typical computing paper, +2 one that few days surpass.
Weight   1 for papers like those it was learned from, 0 for other fields, in between on the
         border. It grows with *nearness*: a linear model that tells computing papers from those
         of other fields, plus eight times the cosine to the nearest of 64 centroids of the
         training papers. If it is 0, nothing learned is used and the score is 0.
Speed    about 12 microseconds a paper; the file of 0.2 MB is read at the first use.

Facts that a paper lacks (authors, categories) count as those of a typical paper, so that a source
that leaves them out neither gains nor loses. The model card is ``docs/models/newsworthiness.md``.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.paper import Work
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.text.latex.plain_text import to_text

Floats = NDArray[np.float32]

SHIPPED_MODEL = Path(__file__).parent / "models" / "newsworthiness-1.json"
CENTROID_SHARE = 8.0
"""Weight of the cosine to the nearest centroid beside a standard deviation of the linear model."""
VOTES_SHARE = 0.5
"""Weight of a standard deviation of *votes* beside one of *listing*."""

FACTS = ("code", "project", "authors", "title_length", "subtitle", "size", "length", "question")
"""Columns of ``measure_facts``: code is linked; a project page is linked; logarithm of the number
of authors; words of the title / 10; a colon in the title; a model's size in the title ("7B");
characters of the abstract / 1,000; a title that asks."""
AUTHORS = FACTS.index("authors")

_FORMAT = 1
_MOST_AUTHORS = 60
_ABSTRACT_LIMIT = 1_000
"""Characters; some sources cut abstracts there, so longer ones count as that long."""
_SIZE = re.compile(r"\d[BMT]\b")


class NewsworthinessModelError(BroadsheetError):
    """The model file is missing or damaged."""

    code = "unavailable"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}; install broadsheet again")


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason of a score."""

    reason: str
    """In words: "code is available", "the word “agents”"."""
    value: float
    """Contribution to the score, in standard deviations, against a typical paper."""


@dataclass(frozen=True, slots=True)
class Head:
    """A linear model; its output has mean 0 and standard deviation 1 over the training papers."""

    facts: Floats
    categories: Floats
    vector: Floats
    bias: float


@dataclass(frozen=True)
class Newsworthiness:
    """The model; see the module. Threads: safe."""

    embedder: str
    """Name of the embedder whose vectors it takes."""
    categories: tuple[str, ...]
    typical_facts: Floats
    typical_categories: Floats
    listing: Head
    votes: Head
    field: Floats
    """Tells computing papers from other fields by the vector; deviation 1 over the former."""
    centroids: Floats
    """Of the training papers, unit length, a row each."""
    bounds: tuple[float, float]
    """Nearness up to which the weight is 0, and from which it is 1."""

    def score(self, papers: Sequence[Work], vectors: Vectors) -> Floats:
        """Return one score a paper, shape (n,); ``vectors`` as ``encode`` gives them."""
        listing, votes = self.score_heads(papers, vectors)
        scores: Floats = self.weigh(vectors) * (listing + VOTES_SHARE * votes)
        return scores

    def score_heads(self, papers: Sequence[Work], vectors: Vectors) -> tuple[Floats, Floats]:
        """Return *listing* and *votes* of each paper, shape (n,) each, without the weight."""
        if len(papers) != len(vectors):
            raise ValueError(f"{len(papers)} papers but {len(vectors)} vectors")
        facts = measure_facts(papers)
        missing = np.isnan(facts)
        facts[missing] = np.broadcast_to(self.typical_facts, facts.shape)[missing]
        categories = self._mark_categories(papers)
        listing, votes = (
            facts @ head.facts + categories @ head.categories + vectors @ head.vector + head.bias
            for head in (self.listing, self.votes)
        )
        return listing, votes

    def weigh(self, vectors: Vectors) -> Floats:
        """Return how far the model applies to each paper, shape (n,), from 0 to 1."""
        low, high = self.bounds
        nearness = measure_nearness(vectors, self.field, self.centroids)
        weights: Floats = np.clip((nearness - low) / (high - low), 0.0, 1.0)
        return weights

    def explain(self, paper: Work, vector: Vectors, limit: int = 3) -> list[Contribution]:
        """Return the largest contributions to a paper's score, the largest first.

        Empty if nothing learned is used for it. The parts of the vector are told by the words
        that they come from; contributions of words and facts leave a constant aside.
        """
        weight = float(self.weigh(vector[None])[0])
        if weight == 0.0:
            return []
        parts = [*self._explain_facts(paper), *self._explain_words(paper)]
        parts.sort(key=lambda part: -abs(part.value))
        return [Contribution(part.reason, weight * part.value) for part in parts[:limit]]

    def _explain_facts(self, paper: Work) -> list[Contribution]:
        coefficients = self.listing.facts + VOTES_SHARE * self.votes.facts
        facts = measure_facts([paper])[0]
        values = np.nan_to_num((facts - self.typical_facts) * coefficients)
        parts = [
            Contribution(_phrase(name, paper), float(value))
            for name, value in zip(FACTS, values, strict=True)
        ]
        marks = self._mark_categories([paper])[0]
        for column in np.flatnonzero(marks == 1.0).tolist():
            value = float(self.listing.categories[column] * (1 - self.typical_categories[column]))
            parts.append(Contribution(f"the category {self.categories[column]}", value))
        return parts

    def _explain_words(self, paper: Work) -> list[Contribution]:
        shares = default_embedder().share_by_word(
            to_text(paper.title),
            to_text(paper.abstract),
            self.listing.vector + VOTES_SHARE * self.votes.vector,
        )
        return [
            Contribution(f"the word “{word.decode()}”", value) for word, value in shares.items()
        ]

    def _mark_categories(self, papers: Sequence[Work]) -> Floats:
        """Return 1 for each category of a paper, 0 for others; shares if none is known."""
        column_of = {name: column for column, name in enumerate(self.categories)}
        marks = np.zeros((len(papers), len(self.categories)), dtype=np.float32)
        for row, paper in enumerate(papers):
            if not paper.categories:
                marks[row] = self.typical_categories
            for name in paper.categories:
                if (column := column_of.get(name)) is not None:
                    marks[row, column] = 1.0
        return marks


def measure_facts(papers: Sequence[Work]) -> Floats:
    """Return ``FACTS`` of each paper, shape (n, 8); NaN for unknown ones."""
    rows = []
    for paper in papers:
        title, count = paper.title, len(paper.authors)
        length = len(paper.abstract)
        rows.append(
            (
                bool(paper.code_url),
                bool(paper.project_url),
                math.log(min(count, _MOST_AUTHORS)) if count else math.nan,
                len(title.split()) / 10,
                ":" in title,
                _SIZE.search(title) is not None,
                min(length, _ABSTRACT_LIMIT) / _ABSTRACT_LIMIT if length else math.nan,
                title.endswith("?"),
            )
        )
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(FACTS))


def measure_nearness(vectors: Vectors, field: Floats, centroids: Floats) -> Floats:
    """Return how near each vector is to the training papers, shape (n,); see the module."""
    nearness: Floats = vectors @ field + CENTROID_SHARE * (vectors @ centroids.T).max(axis=1)
    return nearness


def encode(papers: Sequence[Work]) -> Vectors:
    """Return the shipped embedder's vector of each paper, about 8,000 papers a second.

    The index holds the same vectors if its embedder has the model's name
    (``Newsworthiness.embedder``).
    """
    return default_embedder().encode_documents(
        [to_text(paper.title) for paper in papers], [to_text(paper.abstract) for paper in papers]
    )


@functools.cache
def shipped_model() -> Newsworthiness:
    """Return the model that ships, read once; raises ``NewsworthinessModelError``."""
    return load(SHIPPED_MODEL)


def load(path: Path) -> Newsworthiness:
    """Return the model in a file; raises ``NewsworthinessModelError``."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != _FORMAT:
            raise NewsworthinessModelError(path, f"format {content['format']}, not {_FORMAT}")
        low, high = content["bounds"]
        return Newsworthiness(
            content["embedder"],
            tuple(content["categories"]),
            _floats(content["typical_facts"]),
            _floats(content["typical_categories"]),
            _head(content["listing"]),
            _head(content["votes"]),
            _floats(content["field"]),
            _floats(content["centroids"]),
            (low, high),
        )
    except FileNotFoundError as error:
        raise NewsworthinessModelError(path, "the file is missing") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NewsworthinessModelError(path, f"not a readable model ({error})") from error


def save(model: Newsworthiness, path: Path) -> None:
    """Write a model as JSON, numbers to four significant digits."""
    content: dict[str, Any] = {
        "format": _FORMAT,
        "embedder": model.embedder,
        "facts": list(FACTS),
        "categories": list(model.categories),
        "typical_facts": _numbers(model.typical_facts),
        "typical_categories": _numbers(model.typical_categories),
        "bounds": list(model.bounds),
        "field": _numbers(model.field),
    }
    for name, head in (("listing", model.listing), ("votes", model.votes)):
        content[name] = {
            "facts": _numbers(head.facts),
            "categories": _numbers(head.categories),
            "vector": _numbers(head.vector),
            "bias": head.bias,
        }
    content["centroids"] = [_numbers(row) for row in model.centroids]
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
    path.write_text("{\n" + lines + "\n}\n", "utf-8")


def _head(content: dict[str, Any]) -> Head:
    return Head(
        _floats(content["facts"]),
        _floats(content["categories"]),
        _floats(content["vector"]),
        float(content["bias"]),
    )


def _floats(numbers: Sequence[Any]) -> Floats:
    return np.array(numbers, dtype=np.float32)


def _numbers(values: Floats) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]


def _phrase(name: str, paper: Work) -> str:
    """Return a fact of a paper in words."""
    count = len(paper.authors)
    return {
        "code": "code is available" if paper.code_url else "no code is linked",
        "project": "a project page is linked" if paper.project_url else "no project page is linked",
        "authors": "one author" if count == 1 else f"{count} authors",
        "title_length": f"a title of {len(paper.title.split())} words",
        "subtitle": "a title in two parts" if ":" in paper.title else "a title in one part",
        "size": "a model’s size in the title"
        if _SIZE.search(paper.title)
        else "no model’s size in the title",
        "length": f"an abstract of {len(paper.abstract):,} characters",
        "question": "a title that asks" if paper.title.endswith("?") else "a title that states",
    }[name]
