"""An index in memory: every answer computed from all papers, exactly and simply.

For tests and as a specification: the contract suite and property tests compare the other
indexes with this one. It is fast enough for some thousand papers.
"""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.errors import (
    EmbedderMismatchError,
    IndexLockedError,
    IndexUnavailableError,
)
from broadsheet.domain.query import (
    After,
    And,
    Before,
    Field,
    Has,
    Like,
    Not,
    Or,
    Phrase,
    Query,
    UpdatedAfter,
    UpdatedBefore,
    Word,
)
from broadsheet.domain.query import Sequence as SideBySide
from broadsheet.embed.static.token_ids import TokenIds
from broadsheet.index.bm25 import LONGEST, MOST_COUNTED, count_words, saturate, weigh_terms
from broadsheet.index.documents import (
    IndexDocument,
    StoredText,
    category_levels,
    completions,
    ranked_texts,
)
from broadsheet.index.empty import EMPTY
from broadsheet.index.port import (
    FACETS,
    NO_KEYS,
    CandidateRequest,
    Candidates,
    CompletionRequest,
    Counted,
    DayName,
    DocumentField,
    Documents,
    FeatureRequest,
    Features,
    IndexSnapshot,
    Keys,
    Models,
    NewestPapers,
    PaperFeatures,
    Scores,
    Selection,
    Statistics,
    Vectors,
)
from broadsheet.text import words
from broadsheet.text.identifiers import parse_identifier
from broadsheet.text.names import fold_name
from broadsheet.text.person_names import name_forms, name_phrases, name_readings, spell_name

LOCATION = "the index in memory"


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of the index."""

    document: IndexDocument
    vector: Vectors
    tokens: NDArray[np.uint16]
    title_tokens: int
    counts: Mapping[str, int]
    """How often it has each term."""

    @property
    def length(self) -> int:
        return sum(self.counts.values())


class MemorySnapshot:
    """Implements ``index.port.IndexSnapshot`` over the papers of one commit."""

    def __init__(self, entries: Mapping[int, Entry], models: Models, applied: int) -> None:
        """``entries`` by key; they must not change any more."""
        self._entries = entries
        self._models = models
        self.applied = applied

    @property
    def papers(self) -> int:
        return len(self._entries)

    @property
    def embedder(self) -> str | None:
        return self._models.embedder

    @property
    def tokeniser(self) -> str | None:
        return self._models.tokeniser

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        lengths = [min(entry.length, LONGEST) for entry in self._entries.values()]
        return Statistics(
            self.papers,
            sum(lengths) / max(1, len(lengths)),
            {term: sum(term in entry.counts for entry in self._entries.values()) for term in terms},
            {name: self._author_frequency(name) for name in names},
        )

    def count(self, selections: Sequence[Selection]) -> list[int]:
        return [len(self._select(selection)) for selection in selections]

    def candidates(self, request: CandidateRequest) -> Candidates:
        passing = self._select(Selection(request.where))
        features = self._features(passing, request.terms, request.vector)
        keys_to_rank: set[int] = set()
        with_words = features["bm25"] > 0
        keys_to_rank.update(_best(passing, features["bm25"], with_words, request.by_words))
        if request.vector is not None:
            with_vector = ~np.isnan(features["cosine"])
            keys_to_rank.update(_best(passing, features["cosine"], with_vector, request.by_meaning))
        places = np.array([at for at, key in enumerate(passing) if key in keys_to_rank], np.int64)
        return Candidates(
            passing[places], {name: scores[places] for name, scores in features.items()}
        )

    def features(self, keys: Keys, request: FeatureRequest) -> PaperFeatures:
        passing = [self._select(Selection(part)) for part in request.filters]
        by_term = self._bm25(keys, request.terms)
        return PaperFeatures(
            {term: scores for term, scores in by_term.items() if scores.any()},
            [self._cosines(keys, vector) for vector in request.vectors],
            [np.isin(keys, selected) for selected in passing],
        )

    def documents(self, keys: Keys, fields: Collection[DocumentField]) -> Documents:
        entries = [self._entries.get(key) for key in keys.tolist()]
        blank = Documents.none(len(keys))
        nothing = np.zeros(self._models.dimensions, np.float32)
        vectors = [entry.vector if entry else nothing for entry in entries]
        tokens = [entry.tokens if entry else np.empty(0, np.uint16) for entry in entries]
        days = [entry.document.day if entry else 0 for entry in entries]
        texts = [StoredText.of(entry.document) if entry else None for entry in entries]
        return Documents(
            np.array(vectors).reshape(-1, self._models.dimensions)
            if "vector" in fields
            else blank.vectors,
            TokenIds(
                np.concatenate([np.empty(0, np.uint16), *tokens]),
                np.cumsum([0, *map(len, tokens)]),
                np.array([entry.title_tokens if entry else 0 for entry in entries], np.int64),
            )
            if "tokens" in fields
            else blank.tokens,
            np.array(days, np.int64) if "day" in fields else blank.days,
            texts if "text" in fields else blank.texts,
        )

    def facets(self, papers: Selection | Keys) -> Mapping[str, Counted]:
        keys = self._select(papers) if isinstance(papers, Selection) else papers
        counters: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for key in keys.tolist():
            if key in self._entries:
                _count_values(self._entries[key].document, counters)
        counts = {name: _most_frequent(counter.items()) for name, counter in counters.items()}
        counts["year"] = sorted(counts["year"], reverse=True)
        return counts

    def newest(
        self,
        selection: Selection,
        limit: int,
        offset: int = 0,
        by: DayName = "published",
        oldest_first: bool = False,
    ) -> NewestPapers:
        keys = self._select(selection)
        documents = [self._entries[key].document for key in keys.tolist()]
        days = np.array([each.day if by == "published" else each.updated for each in documents])
        ordered = keys[np.lexsort((keys, days))]
        if not oldest_first:
            ordered = ordered[::-1]
        return NewestPapers(ordered[offset : offset + max(0, limit)], len(keys))

    def complete(self, requests: Sequence[CompletionRequest]) -> list[Counted]:
        return [self._complete(request) for request in requests]

    def find_titles(self, text: str, limit: int) -> Keys:
        prefix = words.title_prefix(text)
        if not prefix:
            return NO_KEYS
        *whole, last = prefix

        def begins(title: list[str]) -> bool:
            n = len(whole)
            return any(
                title[at : at + n] == whole and title[at + n].startswith(last)
                for at in range(len(title) - n)
            )

        titles = {key: words.terms(entry.document.title) for key, entry in self._entries.items()}
        matching = [key for key, title in titles.items() if begins(title)]
        matching.sort(key=lambda key: (-self._entries[key].document.day, -key))
        return np.array(matching[: max(0, limit)], np.int64)

    def _select(self, selection: Selection) -> Keys:
        """Return the keys of a selection, ascending."""
        terms, where = set(selection.terms), selection.where
        return np.array(
            sorted(
                key
                for key, entry in self._entries.items()
                if terms <= entry.counts.keys() and (where is None or passes(entry.document, where))
            ),
            np.int64,
        )

    def _author_frequency(self, name: str) -> int:
        def has(entry: Entry, part: str) -> bool:
            return any(part in words.name_words(each) for each in _spelled_authors(entry.document))

        parts = words.name_words(name)
        entries = self._entries.values()
        return min((sum(has(entry, part) for entry in entries) for part in parts), default=0)

    def _features(self, keys: Keys, terms: Mapping[str, float], vector: Vectors | None) -> Features:
        by_term = self._bm25(keys, terms).values()
        bm25 = sum(by_term, np.zeros(len(keys), np.float32))
        unknown = np.full(len(keys), np.nan, np.float32)
        return {
            "bm25": bm25,
            "cosine": unknown if vector is None else self._cosines(keys, vector),
        }

    def _bm25(self, keys: Keys, terms: Mapping[str, float]) -> dict[str, Scores]:
        """Return the part of each counting term in each paper's score."""
        corpus = self.statistics(terms)
        entries = [self._entries.get(key) for key in keys.tolist()]
        lengths = np.array([min(e.length, LONGEST) if e else 0 for e in entries], np.int64)
        scores: dict[str, Scores] = {}
        for term, weight in weigh_terms(terms, corpus).items():
            counts = np.array([e.counts.get(term, 0) if e else 0 for e in entries], np.int64)
            factors = saturate(np.minimum(counts, MOST_COUNTED), lengths, corpus.average_length)
            scores[term] = (weight * factors).astype(np.float32)
        return scores

    def _cosines(self, keys: Keys, vector: Vectors) -> Scores:
        entries = [self._entries.get(key) for key in keys.tolist()]
        return np.array([e.vector @ vector if e else np.nan for e in entries], np.float32)

    def _complete(self, request: CompletionRequest) -> Counted:
        prefix = request.prefix if request.kind == "word" else fold_name(request.prefix)
        counter: Counter[tuple[str, str]] = Counter()
        for entry in self._entries.values():
            counter.update(_completable(entry.document, request.kind))
        exact = request.kind == "acronym"
        matching = [
            (lowered, label, papers)
            for (lowered, label), papers in counter.items()
            if papers >= request.fewest
            and (lowered == prefix if exact else lowered.startswith(prefix))
        ]
        matching.sort(key=lambda entry: (-entry[2], entry[0], entry[1]))
        return [(label, papers) for _, label, papers in matching[: request.limit]]


def passes(document: IndexDocument, query: Query) -> bool:
    """Return whether a paper matches every part of a query."""
    match query:
        case Word(text) | Phrase(text):
            return _has_phrase(ranked_texts(document), words.terms(text), words.terms)
        case Field("title", text):
            return _has_phrase([document.title], words.terms(text), words.terms)
        case Field("abs", text):
            return _has_phrase([document.abstract], words.terms(text), words.terms)
        case Field("author", text):
            return _is_by(document, text)
        case Field("venue", text):
            return _has_phrase([document.venue], words.name_words(text), words.name_words)
        case Field("comment", text):
            return _has_phrase([document.comment], words.name_words(text), words.name_words)
        case Field("report", text):
            return _has_phrase([document.report], words.name_words(text), words.name_words)
        case Field("cat", text):
            return any(text.lower() in category_levels(name) for name in document.categories)
        case Field("source", text):
            return text.lower() in map(str.lower, document.sources)
        case Field("id", text):
            return str(parse_identifier(text) or text).lower() in document.identifiers
        case After(date):
            return document.day >= _number(date.first_day())
        case Before(date):
            return 0 < document.day < _number(date.first_day())
        case UpdatedAfter(date):
            return document.updated >= _number(date.first_day())
        case UpdatedBefore(date):
            return 0 < document.updated < _number(date.first_day())
        case Has(what):
            return document.has_code if what == "code" else document.has_project
        case Not(child):
            return not passes(document, child)
        case And(children) | SideBySide(children):
            return all(passes(document, child) for child in children)
        case Or(children):
            return any(passes(document, child) for child in children)
        case Like():
            return True
    raise TypeError(f"{query!r} is no query")


def _is_by(document: IndexDocument, name: str) -> bool:
    """Return whether a person of this name is an author; everybody is of a name without letters."""
    readings, phrases = name_readings(name), name_phrases(name)
    forms = {form for author in document.authors for form in name_forms(author)}
    return (
        not (readings or phrases)
        or not forms.isdisjoint(readings)
        or any(
            _has_phrase(_spelled_authors(document), words.name_words(phrase), words.name_words)
            for phrase in phrases
        )
    )


def _spelled_authors(document: IndexDocument) -> list[str]:
    return [" ".join(spelled) for author in document.authors for spelled in spell_name(author)]


def _has_phrase(texts: Iterable[str], phrase: list[str], cut: Callable[[str], list[str]]) -> bool:
    """Return whether the words of a phrase are next to each other in one of the texts.

    A phrase without words is in every text.
    """
    n = len(phrase)
    return not phrase or any(
        tokens[at : at + n] == phrase
        for tokens in map(cut, texts)
        for at in range(len(tokens) - n + 1)
    )


def _number(day: dt.date) -> int:
    return int(f"{day:%Y%m%d}")


def _best(keys: Keys, scores: Scores, valid: NDArray[np.bool_], limit: int) -> list[int]:
    """Return the best of the valid papers, ties by key."""
    order = np.lexsort((keys, -np.where(valid, scores, -np.inf)))
    best: list[int] = keys[order[valid[order]][:limit]].tolist()
    return best


def _count_values(document: IndexDocument, counters: Mapping[str, Counter[str]]) -> None:
    counters["category"].update(document.categories)
    counters["author"].update(set(document.authors))
    counters["source"].update(source.lower() for source in document.sources)
    if document.venue:
        counters["venue"][document.venue] += 1
    if document.day:
        counters["year"][str(document.day // 10_000)] += 1
    if document.has_code:
        counters["code"]["1"] += 1


def _most_frequent(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))


def _completable(document: IndexDocument, kind: str) -> set[tuple[str, str]]:
    """Return (as typed, as shown) of a paper's completions of one kind."""
    if kind == "word":
        return {(word, word) for word in words.name_words(document.title)}
    return {(each.typed, each.shown) for each in completions(document) if each.kind == kind}


class MemoryIndexStore:
    """Implements ``index.port.IndexStore``. Thread-safe."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._snapshot: MemorySnapshot | None = None

    def snapshot(self) -> IndexSnapshot:
        current = self._snapshot
        return current if current is not None and current.applied else EMPTY

    @contextmanager
    def write(self, models: Models) -> Iterator["MemoryWriter"]:
        with self._lock():
            current = self._snapshot
            if current is not None:
                _check_models(current, models)
            yield MemoryWriter(current, models, self._publish)

    @contextmanager
    def rebuild(self, models: Models, papers: int) -> Iterator["MemoryWriter"]:
        with self._lock():
            rebuilt: list[MemorySnapshot] = []
            yield MemoryWriter(None, models, rebuilt.append)
            if rebuilt:
                self._publish(rebuilt[-1])

    def is_fragmented(self) -> bool:
        return False

    def location(self) -> str:
        return LOCATION

    def bytes_by_part(self) -> Mapping[str, int]:
        return {}

    def _publish(self, snapshot: MemorySnapshot) -> None:
        self._snapshot = snapshot

    @contextmanager
    def _lock(self) -> Iterator[None]:
        if not self._writing.acquire(blocking=False):
            raise IndexLockedError(LOCATION)
        try:
            yield
        finally:
            self._writing.release()


class MemoryWriter:
    """Implements ``index.port.IndexWriter``."""

    def __init__(
        self,
        current: MemorySnapshot | None,
        models: Models,
        publish: Callable[[MemorySnapshot], None],
    ) -> None:
        self._entries = dict(current._entries) if current else {}
        self._models = models
        self._publish = publish
        self._applied = current.applied if current else 0

    @property
    def applied(self) -> int:
        return self._applied

    def add(self, documents: Sequence[IndexDocument], vectors: Vectors, tokens: TokenIds) -> None:
        for at, document in enumerate(documents):
            self._entries[document.key] = Entry(
                document,
                vectors[at].copy(),
                tokens.ids[tokens.starts[at] : tokens.starts[at + 1]],
                int(tokens.titles[at]),
                count_words(document),
            )

    def remove(self, keys: Sequence[int]) -> None:
        for key in keys:
            self._entries.pop(key, None)

    def commit(self, applied: int) -> None:
        self._applied = applied
        self._publish(MemorySnapshot(dict(self._entries), self._models, applied))


def _check_models(snapshot: MemorySnapshot, models: Models) -> None:
    if snapshot.embedder != models.embedder:
        raise EmbedderMismatchError(LOCATION, str(snapshot.embedder), models.embedder)
    if snapshot.tokeniser != models.tokeniser:
        raise IndexUnavailableError(
            f"{LOCATION}: tokens are of {snapshot.tokeniser} and this version has "
            f"{models.tokeniser}; run `broadsheet index rebuild`"
        )
