"""A search makes few calls to the index, so that an engine on another machine can be one."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.search import MODES, ORDERS, SearchRequest
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.index.indexer import Indexer
from broadsheet.index.port import IndexSnapshot
from broadsheet.search.service import Searcher
from memory_library import MemoryLibrary, make_paper

MOST_CALLS = 15
FOR_CORRECTIONS = 5
"""More calls if words are mistyped."""
TEXT = (
    "A Generative Adversarial Network (GAN) draws samples of turbulent flow. We train it on few "
    "runs of the simulation and choose further runs where it is unsure, on three geometries."
)
PAPERS = [
    make_paper(1, "Surrogates for turbulent flow", TEXT, authors=["Émilie Oriel"], date="2024"),
    make_paper(2, "Surrogates of turbulent flow", TEXT + " Again.", authors=["Émilie Oriel"]),
    *[
        make_paper(key, f"Turbulent flow in pipe {key}", TEXT.replace("few", f"pipe {key}"))
        for key in range(3, 40)
    ],
    make_paper(40, "Counting birds", "Birds are counted by their songs.", categories=["q-bio.PE"]),
]
QUERIES = [
    "turbulent flow",
    "surrogates for turbulent flow",  # a title
    "emilie oriel turbulent flow",  # an author
    "gan turbulent simulation runs",  # an acronym
    "generative adversarial network",
    "turbulnet flwo simluation",  # typing errors
    "turbulnet birds sonsg emilie oriel gan",  # all at once
    "birds -turbulent cat:q-bio has:code",  # nothing found
    'turbulent "pipe 7" -author:oriel -title:surrogates source:test',
    "like:local:1 birds",
    "",
]


class CountingStore(LocalIndexStore):
    """Counts the calls of snapshots by name."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.calls: Counter[str] = Counter()

    def snapshot(self) -> IndexSnapshot:
        return CountingSnapshot(super().snapshot(), self.calls)  # type: ignore[return-value]


class CountingSnapshot:
    def __init__(self, snapshot: IndexSnapshot, calls: Counter[str]) -> None:
        self._snapshot = snapshot
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._snapshot, name)
        if not callable(value):
            return value

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._calls[name] += 1
            return value(*args, **kwargs)

        return counted


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Searcher, CountingStore]:
    library = MemoryLibrary(PAPERS)
    store = CountingStore(tmp_path_factory.mktemp("calls") / "index")
    embedders = EmbedderRegistry(default_embedder())
    Indexer(library, library, store, embedders).catch_up()
    return Searcher(store, embedders, library), store


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("text", QUERIES)
def test_a_full_page_of_results_makes_few_calls(
    opened: tuple[Searcher, CountingStore], text: str, order: str, mode: str
) -> None:
    searcher, store = opened
    store.calls.clear()
    request = SearchRequest(text, mode=mode, order=order, facets=True, other_forms=True)  # type: ignore[arg-type]
    answer = searcher.search(request)
    assert answer.hits or "cat:q-bio" in text
    most = MOST_CALLS + (FOR_CORRECTIONS if answer.corrected else 0)
    assert 2 < store.calls.total() <= most, store.calls


def test_an_explanation_makes_few_calls(opened: tuple[Searcher, CountingStore]) -> None:
    searcher, store = opened
    store.calls.clear()
    explanation = searcher.explain(
        SearchRequest("emilie oriel turbulent flow after:2020"), PAPERS[0]
    )
    assert explanation.words
    assert store.calls.total() <= MOST_CALLS, store.calls
