"""Rank papers of a library for one reader, with the reasons of each.

Pool     recent papers, the labelled ones and the reader's texts: n rows, in this order. Weights of
         terms and the centre of vectors are taken over it, so it should hold some hundred papers.
Labels   papers with a signed weight; texts are likes. Without a dislike, recent papers stand in.
Score    that of ``Interests``, plus ``score_edits``, plus the same amounts for pinned and unwanted
         authors.
Reasons  those of ``explain_score`` for the model of all likes; points are standard deviations.

Nothing is kept of a reader: features are a pure function of the papers, and the model is trained anew.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from broadsheet.discovery.personal.explain import (
    PIN,
    UNWANTED,
    Edits,
    Scale,
    explain_score,
    list_terms,
    mute_terms,
    score_edits,
)
from broadsheet.discovery.personal.features import (
    Keys,
    PaperFeatures,
    Vocabulary,
    combine_features,
)
from broadsheet.discovery.personal.interests import Interests, learn_interests
from broadsheet.discovery.personal.model import (
    Floats,
    Interest,
    Labels,
    Learner,
    Mask,
    add_background,
)
from broadsheet.domain.paper import Paper
from broadsheet.domain.personal import ProfileEdit
from broadsheet.embed.embedder import Vectors
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.index.port import IndexStore
from broadsheet.text.analysis import STOP_WORDS
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.names import fold_name

ReadPapers = Callable[[Sequence[int]], Mapping[int, Paper]]
Texts = tuple[tuple[str, str], ...]
"""(title, text) pairs."""

_POOLS = 6
"""Pools whose features are remembered."""
_MOST_WORDS = 400_000
"""Different words after which the vocabulary is begun anew."""
_WORTH_NAMING = 0.3
"""Share of the largest part below which a part is not named as a reason."""
_MOST_PARTS = 200
"""Parts of one score among which those worth naming are looked for."""
_SUGGESTED_AMONG = 1_500
"""Recent papers from which informative ones are chosen."""


@dataclass(frozen=True)
class Signals:
    """Signals of a reader. Hashable; equal signals give equal rankings."""

    papers: tuple[tuple[int, float], ...] = ()
    """Keys with weights, by key; below 0 for a dislike, never 0."""
    texts: Texts = ()
    """Each a like of weight 1."""
    edits: tuple[ProfileEdit, ...] = ()

    @property
    def likes(self) -> int:
        """Number of liked papers and texts."""
        return sum(weight > 0 for _, weight in self.papers) + len(self.texts)

    @property
    def dislikes(self) -> int:
        """Number of disliked papers."""
        return sum(weight < 0 for _, weight in self.papers)


@dataclass(frozen=True)
class PaperReasons:
    """Parts of one paper's score in standard deviations, the largest first."""

    terms: Sequence[tuple[str, float]] = ()
    papers: Sequence[tuple[int, float]] = ()
    """Keys of labelled papers, whose likeness speaks for or against."""
    texts: Sequence[tuple[int, float]] = ()
    """Places of the reader's texts among ``Signals.texts``."""
    pinned: Sequence[str] = ()
    """Pinned terms that the paper has."""
    unwanted: Sequence[str] = ()
    pinned_authors: Sequence[str] = ()
    unwanted_authors: Sequence[str] = ()
    interest: int | None = None
    """Number of the interest it fits best, if there are several."""


@dataclass(frozen=True)
class _Pool:
    """The features of the papers of one ranking."""

    keys: Sequence[int]
    row_of: Mapping[int, int]
    recent: int
    """Rows of recent papers: the first ones."""
    texts: int
    """Rows of texts: the last ones."""
    features: PaperFeatures
    authors: Sequence[Mapping[str, str]]
    """Of each row: names by folded name."""
    vocabulary: Vocabulary
    learner: Learner
    lock: threading.Lock = field(default_factory=threading.Lock)
    """The learner serves one thread at a time."""


class PersonalRanker:
    """Rank papers by readers' signals. Thread-safe."""

    def __init__(
        self, index: IndexStore, embedders: EmbedderRegistry, read_papers: ReadPapers
    ) -> None:
        self._index = index
        self._embedders = embedders
        self._read_papers = read_papers
        self._words = _WordCache()
        self._pools: OrderedDict[object, _Pool] = OrderedDict()
        self._lock = threading.Lock()

    def rank(self, recent: Sequence[int], signals: Signals, state: object) -> PersonalRanking:
        """Learn from the signals and score the recent papers (keys).

        ``state`` names the state of the library: features are remembered as long as it stays.
        """
        return PersonalRanking(self._pool(recent, signals, state), signals)

    def choose_informative(self, recent: Sequence[int], limit: int) -> list[int]:
        """Return keys of papers that together are near to as many recent papers as possible.

        Each next one adds the most to Σ max cosine (facility location, chosen greedily: Nemhauser,
        Wolsey & Fisher 1978, doi:10.1007/BF01588971, at least 63 % of the best choice).
        """
        keys = np.array(recent[:_SUGGESTED_AMONG], np.int64)
        vectors = self._index.snapshot().documents(keys, {"vector"}).vectors
        indexed = np.any(vectors != 0, axis=1)
        keys, vectors = keys[indexed], vectors[indexed]
        nearness = np.maximum(vectors @ vectors.T, 0)
        covered = np.zeros(len(keys), np.float32)
        chosen: list[int] = []
        for _ in range(min(limit, len(keys))):
            gains = np.maximum(nearness - covered, 0).sum(axis=1)
            gains[chosen] = -1
            best = int(np.argmax(gains))
            chosen.append(best)
            covered = np.maximum(covered, nearness[best])
        return [int(keys[place]) for place in chosen]

    def _pool(self, recent: Sequence[int], signals: Signals, state: object) -> _Pool:
        known = set(recent)
        labelled = [key for key, _ in signals.papers if key not in known]
        keys = (*recent, *labelled)
        name = (state, self._index.snapshot().applied, keys, signals.texts)
        with self._lock:
            if pool := self._pools.get(name):
                self._pools.move_to_end(name)
                return pool
        pool = self._make_pool(keys, len(recent), signals.texts)
        with self._lock:
            self._pools[name] = pool
            while len(self._pools) > _POOLS:
                self._pools.popitem(last=False)
        return pool

    def _make_pool(self, keys: Sequence[int], recent: int, texts: Texts) -> _Pool:
        papers = self._read_papers(keys)
        titles = [
            (papers[key].title, papers[key].abstract) if key in papers else ("", "") for key in keys
        ]
        vocabulary, words = self._words.encode([*titles, *texts])
        features = combine_features(self._vectors(keys, texts), words)
        authors = [
            {fold_name(author.name): author.name for author in papers[key].authors}
            if key in papers
            else {}
            for key in keys
        ]
        return _Pool(
            keys,
            {key: row for row, key in enumerate(keys)},
            recent,
            len(texts),
            features,
            [*authors, *({} for _ in texts)],
            vocabulary,
            Learner(features),
        )

    def _vectors(self, keys: Sequence[int], texts: Texts) -> Vectors:
        snapshot = self._index.snapshot()
        vectors = snapshot.documents(np.array(keys, np.int64), {"vector"}).vectors
        if not texts:
            return vectors
        added = np.zeros((len(texts), vectors.shape[1]), np.float32)
        embedder = self._embedders.for_vectors(snapshot.embedder)
        if embedder.name == snapshot.embedder:
            added = embedder.encode_documents(
                [title for title, _ in texts], [text for _, text in texts]
            )
        return np.concatenate([vectors, added])


class _WordCache:
    """The words of texts as numbers of one vocabulary. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vocabulary = Vocabulary()
        self._words: dict[tuple[str, str], Keys] = {}

    def encode(self, texts: Sequence[tuple[str, str]]) -> tuple[Vocabulary, list[Keys]]:
        """Return the vocabulary and the words of each (title, abstract)."""
        with self._lock:
            if len(self._vocabulary) > _MOST_WORDS:
                self._vocabulary, self._words = Vocabulary(), {}
            vocabulary, known = self._vocabulary, self._words
            for title, abstract in texts:
                if (title, abstract) not in known:
                    known[title, abstract] = vocabulary.encode(
                        f"{to_text(title)} {to_text(abstract)}"
                    )
            return vocabulary, [known[text] for text in texts]


class PersonalRanking:
    """The scores of recent papers for one reader, and their reasons."""

    def __init__(self, pool: _Pool, signals: Signals) -> None:
        self._pool = pool
        self.signals = signals
        features = pool.features
        self._unread = self._find_unread()
        self._edits = _Edits.of(signals.edits, pool.vocabulary)
        with pool.lock:
            self._interests = self._learn()
        if self._interests is None:
            self.scores: Floats = np.zeros(pool.recent, np.float32)
            return
        edited = score_edits(features, self._edits.terms) + self._score_authors()
        scores = self._interests.score(features, self._unread) + edited
        self.scores = np.asarray(scores[: pool.recent], np.float32)

    @property
    def has_learned(self) -> bool:
        """Whether there is a like to learn from, and a paper that can be ranked."""
        return self._interests is not None

    def score_of(self, key: int) -> float:
        """Return the score of a recent paper; 0 if it is none."""
        row = self._pool.row_of.get(key, self._pool.recent)
        return float(self.scores[row]) if row < self._pool.recent else 0.0

    def explain(self, key: int, limit: int = 5) -> PaperReasons:
        """Return the largest parts of a paper's score."""
        pool, row = self._pool, self._pool.row_of.get(key)
        if row is None or self._interests is None:
            return PaperReasons()
        whole = self._interests.whole
        reasons = explain_score(
            whole, pool.features, row, pool.vocabulary, _MOST_PARTS, self._scale
        )
        labelled = self._name_labelled(reasons.papers)
        first_text = len(pool.keys)
        of_row = self._terms_of(row)
        authors = pool.authors[row]
        return PaperReasons(
            _choose_telling(reasons.terms)[:limit],
            [(pool.keys[each], part) for each, part in labelled if each < first_text][:limit],
            [(each - first_text, part) for each, part in labelled if each >= first_text][:limit],
            [name for name, term in self._edits.pinned if term in of_row],
            [name for name, term in self._edits.unwanted if term in of_row],
            [authors[name] for name in self._edits.pinned_authors if name in authors],
            [authors[name] for name in self._edits.unwanted_authors if name in authors],
            int(np.argmax(self._fits[:, row])) if len(self._fits) else None,
        )

    def _name_labelled(self, parts: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """Leave out papers that stand in for dislikes, and small parts."""
        first_text = len(self._pool.keys)
        said = {self._pool.row_of[key] for key, _ in self.signals.papers}
        parts = [(row, part) for row, part in parts if row in said or row >= first_text]
        largest = max((abs(part) for _, part in parts), default=0.0)
        return [(row, part) for row, part in parts if abs(part) > _WORTH_NAMING * largest]

    def list_terms(self, limit: int) -> list[tuple[str, float]]:
        """Return the telling terms with the largest learned weights, relative to the largest."""
        if self._interests is None:
            return []
        return self._telling_terms(self._interests.whole, limit)

    def list_influences(self) -> dict[int, float]:
        """Return each labelled paper's weight in the model, as a share of the largest."""
        if self._interests is None:
            return {}
        whole = self._interests.whole
        sizes = np.abs(whole.term_shares) + whole.vector_share * np.abs(whole.vector_shares)
        size_of = dict(zip(whole.labels.rows.tolist(), sizes.tolist(), strict=True))
        influences = {key: size_of[self._pool.row_of[key]] for key, _ in self.signals.papers}
        largest = max(influences.values(), default=0.0) or 1.0
        return {key: size / largest for key, size in influences.items()}

    def list_interests(self, terms: int = 5) -> list[tuple[int, list[str]]]:
        """Return likes and strongest terms of each interest; [] if they are one."""
        if self._interests is None or len(self._interests.each) < 2:
            return []
        return [
            (
                int(np.count_nonzero(interest.labels.liked)),
                [name for name, weight in self._telling_terms(interest, terms) if weight > 0],
            )
            for interest in self._interests.each
        ]

    # Learning

    def _find_unread(self) -> Mask:
        """The rows that are ranked: recent ones without a label."""
        unread = np.zeros(len(self._pool.features), np.bool_)
        unread[: self._pool.recent] = True
        for key, _ in self.signals.papers:
            unread[self._pool.row_of[key]] = False
        return unread

    def _learn(self) -> Interests | None:
        pool, signals = self._pool, self.signals
        if not signals.likes:
            return None
        rows = [pool.row_of[key] for key, _ in signals.papers]
        weights = [weight for _, weight in signals.papers]
        first_text = len(pool.features) - pool.texts
        rows += range(first_text, len(pool.features))
        weights += [1.0] * pool.texts
        labels = Labels(
            np.array(rows, np.int64),
            np.array(weights) > 0,
            np.abs(np.array(weights)).astype(np.float32),
        )
        labels = add_background(labels, pool.recent)
        if labels.liked.all():
            return None
        vectors = pool.features.vectors[labels.rows]
        interests = learn_interests(pool.learner, vectors, labels)
        edits = self._edits.terms
        return Interests(
            mute_terms(interests.whole, pool.features, edits),
            tuple(mute_terms(each, pool.features, edits) for each in interests.each),
        )

    def _score_authors(self) -> Floats:
        pinned, unwanted = self._edits.pinned_authors, self._edits.unwanted_authors
        return np.array(
            [
                PIN * (not pinned.isdisjoint(names)) - UNWANTED * (not unwanted.isdisjoint(names))
                for names in self._pool.authors
            ],
            np.float32,
        )

    # Explaining

    def _terms_of(self, row: int) -> set[int]:
        terms = self._pool.features.terms
        columns = terms.columns[terms.starts[row] : terms.starts[row + 1]]
        return set(self._pool.features.term_keys[columns].tolist())

    @functools.cached_property
    def _scale(self) -> Scale:
        assert self._interests is not None
        return Scale.of(self._interests.whole, self._pool.features, self._unread)

    @functools.cached_property
    def _fits(self) -> Floats:
        """The score of each row by each interest; empty if there are not several."""
        if self._interests is None or len(self._interests.each) < 2:
            return np.zeros((0, len(self._pool.features)), np.float32)
        return self._interests.score_each(self._pool.features, self._unread)

    def _telling_terms(self, interest: Interest, limit: int) -> list[tuple[str, float]]:
        pool = self._pool
        terms = list_terms(interest, pool.features, pool.vocabulary, 6 * limit)
        telling = _choose_telling(terms)[:limit]
        largest = max((abs(weight) for _, weight in telling), default=1.0)
        return [(name, weight / largest) for name, weight in telling if weight]


@dataclass(frozen=True)
class _Edits:
    """A reader's edits as keys of the vocabulary and folded names."""

    terms: Edits
    pinned: Sequence[tuple[str, int]]
    unwanted: Sequence[tuple[str, int]]
    pinned_authors: frozenset[str]
    unwanted_authors: frozenset[str]

    @classmethod
    def of(cls, edits: Sequence[ProfileEdit], vocabulary: Vocabulary) -> _Edits:
        def terms(decision: str) -> list[tuple[str, int]]:
            names = [
                each.name for each in edits if (each.kind, each.decision) == ("term", decision)
            ]
            keys = [(name, vocabulary.find_key(name)) for name in names]
            return [(name, key) for name, key in keys if key is not None]

        def authors(decision: str) -> frozenset[str]:
            return frozenset(
                fold_name(each.name)
                for each in edits
                if (each.kind, each.decision) == ("author", decision)
            )

        muted, pinned, unwanted = terms("muted"), terms("pinned"), terms("unwanted")
        return cls(
            Edits(*(frozenset(key for _, key in each) for each in (muted, pinned, unwanted))),
            pinned,
            unwanted,
            authors("pinned"),
            authors("unwanted"),
        )


def _choose_telling(terms: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Leave out function words, numbers, and words of a pair that is named with the same sign."""
    telling = [
        (name, weight)
        for name, weight in terms
        if not any(word in STOP_WORDS or word.isdigit() for word in name.split())
    ]
    pairs = {(word, weight > 0) for name, weight in telling if " " in name for word in name.split()}
    return [
        (name, weight) for name, weight in telling if " " in name or (name, weight > 0) not in pairs
    ]
