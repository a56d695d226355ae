"""Weights of the ranking: the effect of each, and that tuning ranks as readers do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.search import MODES, Mode, SearchRequest
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.index.indexer import Indexer
from broadsheet.search.rank.weights import SHIPPED, Weights
from broadsheet.search.service import Searcher
from memory_library import MemoryLibrary, make_paper

FILLER = "The rest of this abstract tells of other things at some length and of nothing else."
PAPERS = [
    make_paper(1, "Apart", f"Graph methods. {FILLER} {FILLER} Then a kernel of another kind."),
    make_paper(2, "Together", f"A graph kernel for molecules. {FILLER} {FILLER}"),
    make_paper(3, "Chemistry of molecules", "Bonds and atoms of molecules, and their charges."),
    make_paper(4, "Cooking for two", "Soups and stews of the season, with bread, and a graph."),
    make_paper(5, "Graph colouring", f"Colours for every vertex of a graph. {FILLER}"),
]

Open = Callable[[Weights], Searcher]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Open:
    library = MemoryLibrary(PAPERS)
    embedders = EmbedderRegistry(default_embedder())
    store = LocalIndexStore(Path(tmp_path_factory.mktemp("weights")) / "index")
    Indexer(library, library, store, embedders).catch_up()
    return lambda weights: Searcher(store, embedders, library, weights)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text", ["graph kernel", "molecules -graph", "like:4 graph", "", "graph after:2000"]
)
@pytest.mark.parametrize(
    "weights",
    [SHIPPED, Weights(words=0.9, feedback=0, closeness=0), Weights(0.1, 1.0, 2, 0.7)],
)
def test_a_prepared_query_ranks_as_a_reader_with_these_weights_would(
    opened: Open, text: str, mode: Mode, weights: Weights
) -> None:
    request = SearchRequest(text, mode=mode)
    prepared = opened(Weights(words=0.5)).prepare(request)
    prepared(Weights(words=0.3, closeness=0.9))  # leaves nothing behind
    assert prepared(weights) == opened(weights).rank(request)
    ranking = [(hit.paper.key, hit.score) for hit in opened(weights).search(request).hits]
    assert prepared(weights) == ranking


def ranked(searcher: Searcher, text: str) -> dict[int, float]:
    return dict(searcher.rank(SearchRequest(text)))


def test_closeness_favours_words_that_stand_together(opened: Open) -> None:
    def lead(weight: float) -> float:
        order = ranked(opened(Weights(feedback=0, closeness=weight)), "graph kernel")
        return order[2] - order[1]

    assert lead(0.5) > lead(0.2) > lead(0.0)


def test_feedback_favours_what_is_near_the_best(opened: Open) -> None:
    """The best is on molecules: chemistry gains on cooking."""

    def lead(weight: float) -> float:
        weights = Weights(words=1.0, feedback=weight, feedback_papers=1, closeness=0)
        order = ranked(opened(weights), "graph kernel molecules")
        assert max(order, key=lambda key: order[key]) == 2
        return order[3] - order[4]

    assert lead(0.8) > lead(0.4) > lead(0.0)


@pytest.mark.parametrize(
    "weights",
    [
        {"words": -0.1},
        {"words": float("nan")},
        {"feedback": float("inf")},
        {"closeness": -1.0},
        {"feedback_papers": 0},
    ],
)
def test_what_makes_no_ranking_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(weights))} is"):
        Weights(**weights)  # type: ignore[arg-type]
