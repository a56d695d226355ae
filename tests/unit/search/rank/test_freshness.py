"""Newer papers ahead a little, and newest first, only on request."""

import numpy as np
import pytest

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.search import Mode, Order, SearchRequest
from broadsheet.search.present.notes import NOT_BY_DATE
from broadsheet.search.rank.freshness import HALF_LIFE, WEIGHT, freshness
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

PAPERS = [
    make_paper(1, "Graph kernels", "A graph kernel for molecules.", date="2014"),
    make_paper(2, "Graph kernels", "A graph kernel for molecules.", date="2024-05"),
    make_paper(3, "Graph kernels", "A graph kernel for molecules."),
    make_paper(4, "Ecology of rivers", "Rivers, and once the kernel of a graph.", date="2025"),
    make_paper(5, "Ecology of lakes", "Lakes and their shores.", date="2025-06-30"),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("freshness"), PAPERS)


def keys(searcher: Searcher, order: Order, mode: Mode = "hybrid", text: str = "graph kernels"):
    request = SearchRequest(text, order=order, mode=mode)
    return [hit.paper.key for hit in searcher.search(request).hits]


def test_it_halves_with_each_half_life() -> None:
    days = np.array([20240101, 20240101 - round(HALF_LIFE) * 10_000, 0])
    scores = np.array([1.0, 2.0, 3.0], np.float32)
    boosts = freshness(days, scores)
    assert boosts == pytest.approx([WEIGHT * scores.std(), WEIGHT * scores.std() / 2, 0.0])
    assert boosts.dtype == np.float32


def test_without_any_date_it_gives_nothing() -> None:
    assert not freshness(np.zeros(3, np.int64), np.arange(3, dtype=np.float32)).any()


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
def test_of_equal_papers_the_newer_leads_if_asked(searcher: Searcher, mode: Mode) -> None:
    assert keys(searcher, "relevance", mode)[:3] == [1, 2, 3]
    assert keys(searcher, "recent", mode)[:3] == [2, 1, 3]


def test_it_is_small(searcher: Searcher) -> None:
    """A newer paper that says little of it does not lead."""
    assert keys(searcher, "recent").index(4) > keys(searcher, "recent").index(2)


def test_newest_first_has_only_papers_with_all_the_words(searcher: Searcher) -> None:
    request = SearchRequest("graph kernels", order="date", limit=3)
    answer = searcher.search(request)
    assert [hit.paper.key for hit in answer.hits] == [4, 2, 1]
    assert answer.total == answer.matching == 4
    assert NOT_BY_DATE not in answer.notes


def test_newest_first_pages_without_gap_or_repeat(searcher: Searcher) -> None:
    pages = [
        searcher.search(SearchRequest("graph", limit=2, offset=offset, order="date")).hits
        for offset in (0, 2)
    ]
    assert [hit.paper.key for page in pages for hit in page] == [4, 2, 1, 3]
    assert [hit.rank for page in pages for hit in page] == [1, 2, 3, 4]


def test_what_has_no_order_by_date_says_so(searcher: Searcher) -> None:
    for text in ("graph shores", "like:local:1"):
        answer = searcher.search(SearchRequest(text, order="date"))
        assert NOT_BY_DATE in answer.notes
        assert answer.hits


def test_a_paper_is_explained_at_the_place_it_was_shown(searcher: Searcher) -> None:
    for order, rank in (("relevance", 2), ("recent", 1)):
        explanation = searcher.explain(SearchRequest("graph kernels", order=order), PAPERS[1])
        assert explanation.rank == rank


def test_an_unknown_order_is_refused(searcher: Searcher) -> None:
    with pytest.raises(InvalidInputError, match="relevance, recent, date"):
        keys(searcher, "newest")  # type: ignore[arg-type]
