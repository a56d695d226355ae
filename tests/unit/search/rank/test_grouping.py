"""Near-duplicates are shown with the best of them, on one page and over pages."""

import pytest

from broadsheet.domain.search import SearchRequest
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

TEXT = (
    "Simulating turbulent flow takes weeks. We train a small network on few runs of the "
    "simulation and choose further runs where it is unsure. On three geometries the surrogate "
    "needs a tenth of the runs that a grid needs and keeps the error of drag below two percent."
)
OTHER = (
    "Kriging interpolates turbulent measurements between masts. Wind farms plan with it, and we "
    "ask how many masts suffice on hills, near coasts and over forests when the flow is unsteady."
)
PAPERS = [
    make_paper(1, "Surrogates for turbulent flow", TEXT),
    make_paper(2, "Kriging turbulent flow", OTHER),
    make_paper(3, "Surrogates for turbulent flow (extended)", TEXT.replace("two", "one")),
    make_paper(4, "Turbulent flow, learned", TEXT.replace("three", "four")),
    *[make_paper(n, f"Turbulent flow {n}", f"Flow in pipe {n}.") for n in range(5, 12)],
]
TURBULENT = "surrogate turbulent flow"


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("grouping"), PAPERS)


@pytest.mark.parametrize("mode", ["hybrid", "words", "meaning"])
def test_nearly_the_same_texts_are_one_result(searcher: Searcher, mode: str) -> None:
    answer = searcher.search(SearchRequest(TURBULENT, mode=mode))
    alike = {hit.paper.key: [paper.key for paper in hit.alike] for hit in answer.hits}
    (leader,) = (key for key, others in alike.items() if others)
    assert {leader, *alike[leader]} == {1, 3, 4}
    assert alike[2] == []
    assert answer.total == len(answer.hits) == len(PAPERS) - 2


def test_pages_hold_every_paper_once(searcher: Searcher) -> None:
    pages = [
        searcher.search(SearchRequest(TURBULENT, limit=2, offset=offset)).hits
        for offset in range(0, 10, 2)
    ]
    keys = [paper.key for page in pages for hit in page for paper in (hit.paper, *hit.alike)]
    assert sorted(keys) == sorted(paper.key for paper in PAPERS)


def test_what_is_measured_is_not_grouped(searcher: Searcher) -> None:
    ranked = searcher.rank(SearchRequest(TURBULENT, limit=len(PAPERS)))
    assert len(ranked) == len(PAPERS)


def test_an_explanation_says_with_which_it_is_shown(searcher: Searcher) -> None:
    request = SearchRequest(TURBULENT)
    places = {
        paper.key: hit.rank
        for hit in searcher.search(request).hits
        for paper in (hit.paper, *hit.alike)
    }
    for paper in PAPERS:
        explanation = searcher.explain(request, paper)
        assert explanation.rank == places[paper.key]
        leads = any(hit.paper.key == paper.key for hit in searcher.search(request).hits)
        assert leads != any("nearly the same text" in note for note in explanation.notes)


def test_newest_first_groups_nothing(searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest("turbulent flow", order="date"))
    assert answer.total == len(answer.hits) == len(PAPERS)
