"""Topics of test collections, and their scores under ranking settings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.search import SearchRequest
from broadsheet.evaluation.collection import Collection
from broadsheet.evaluation.evaluate import judged_names
from broadsheet.evaluation.measure import measure_queries

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)

MEASURE = "nDCG@10"
_READ = 10
"""Papers that the measure reads."""


class Topic(NamedTuple):
    """One query of one collection."""

    collection: str
    query: str


Evaluate = Callable[[S, Sequence[Topic]], Mapping[Topic, float]]
"""Settings and topics → the measure of each topic; higher is better, always the same."""


class Preparer(Protocol[S_contra]):
    """The ranking service that tuning uses: the readers' own ranking under other settings."""

    def prepare(self, request: SearchRequest) -> Callable[[S_contra], Sequence[tuple[int, float]]]:
        """Settings → (paper key, score), best first; the candidates found once."""
        ...

    def iter_identifiers(self) -> Iterable[tuple[int, Identifier]]:
        """Every (paper key, identifier)."""
        ...


def iter_topics(collections: Iterable[Collection]) -> Iterator[Topic]:
    """Every judged query, in the order of the files."""
    for collection in collections:
        for query in collection.queries:
            yield Topic(collection.name, query)


def by_collection(topics: Iterable[Topic]) -> dict[str, list[Topic]]:
    """Topics of each collection, in their order."""
    groups: dict[str, list[Topic]] = {}
    for topic in topics:
        groups.setdefault(topic.collection, []).append(topic)
    return groups


def prepare_topics(
    opened: Iterable[tuple[Preparer[S], Collection]],
    on_progress: Callable[[int, float | None], None] = lambda done, share: None,
) -> Evaluate[S]:
    """Ask every topic once as readers do, by words and meaning, and score it under any settings.

    Afterwards settings cost under a millisecond a topic.
    """
    pairs = list(opened)
    total = sum(len(collection.queries) for _, collection in pairs)
    rankers: dict[Topic, Callable[[S], Sequence[tuple[int, float]]]] = {}
    names: dict[str, dict[int, str]] = {}
    qrels = {collection.name: collection.qrels for _, collection in pairs}
    for engine, collection in pairs:
        names[collection.name] = judged_names(engine.iter_identifiers(), collection)
        for query, text in collection.queries.items():
            topic = Topic(collection.name, query)
            rankers[topic] = engine.prepare(SearchRequest(text, limit=_READ))
            on_progress(len(rankers), len(rankers) / total)

    def scores(settings: S, topics: Sequence[Topic]) -> dict[Topic, float]:
        values: dict[Topic, float] = {}
        for name, own in by_collection(topics).items():
            run = {
                topic.query: [
                    (names[name].get(key, str(key)), score)
                    for key, score in rankers[topic](settings)
                ]
                for topic in own
            }
            measured = measure_queries(qrels[name], run, MEASURE)
            values |= {topic: measured.get(topic.query, 0.0) for topic in own}
        return values

    return scores
