"""A query that is a title, or the beginning of one, puts that paper ahead."""

import pytest

from broadsheet.domain.search import Mode, SearchRequest
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

GRAPHS = "We learn from graphs with deep networks, and ask what such learning is good for."
PAPERS = [
    make_paper(1, "Learning deep networks on graphs", "A study of molecules."),
    make_paper(2, "Graph-WaveNet: learning deep networks on sensor graphs", "Of traffic."),
    make_paper(3, "Étale cohomology of β-sheaves", "Nothing is said of schemes."),
    make_paper(4, "On graphs", "Little is known."),
    *[make_paper(n, f"Deep networks on graphs {n}, learning", GRAPHS) for n in range(10, 40)],
    *[make_paper(n, "Sheaves", "Étale cohomology of sheaves of β.") for n in range(40, 60)],
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("titles"), PAPERS)


def title_note(searcher: Searcher, text: str, paper: int, mode: Mode = "hybrid") -> str:
    boosts = searcher.explain(SearchRequest(text, mode=mode), PAPERS[paper - 1]).boosts
    reasons = [boost.reason for boost in boosts if boost.name == "title"]
    return "" if not reasons else "begun" if "begins" in reasons[0] else "whole"


@pytest.mark.parametrize("mode", ["hybrid", "words"])
@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("Learning deep networks on graphs", 1),
        ("learning DEEP networks on graphs.", 1),
        ('"Learning deep networks on graphs" -wavelets', 1),
        ("Learning deep networks on", 1),
        ("graph wavenet learning deep", 2),
        ("etale cohomology of β sheaves", 3),
    ],
)
def test_the_paper_of_that_title_is_first(
    searcher: Searcher, mode: str, text: str, paper: int
) -> None:
    hits = searcher.search(SearchRequest(text, mode=mode)).hits  # type: ignore[arg-type]
    assert hits[0].paper.key == paper


def test_without_its_title_it_would_not_be_first(searcher: Searcher) -> None:
    hits = searcher.search(SearchRequest("deep learning networks on graphs")).hits
    assert hits[0].paper.key != 1


def test_by_meaning_alone_a_title_is_like_any_text(searcher: Searcher) -> None:
    request = SearchRequest("learning deep networks on graphs", mode="meaning")
    scores = dict(searcher.rank(request))
    assert max(scores.values()) <= 1.0  # cosines, nothing added
    assert title_note(searcher, request.text, 1, "meaning") == ""


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Learning deep networks on graphs", "whole"),
        ("learning deep networks on", "begun"),
        ("Learning deep networks on graphs author:nobody", ""),  # not found, so put nowhere
    ],
)
def test_the_explanation_says_so(searcher: Searcher, text: str, note: str) -> None:
    assert title_note(searcher, text, 1) == note


@pytest.mark.parametrize(
    "text",
    [
        "learning deep networks",  # three words of a longer title: a topic
        "deep networks on graphs",  # not from the beginning
        "learning deep network on graphs",  # another word
        "learning deep networks on graphs " + "of molecules " * 13,  # a text
        "learning . deep",  # signs are no words
    ],
)
def test_other_queries_have_no_title_to_go_by(searcher: Searcher, text: str) -> None:
    assert title_note(searcher, text, 1) == ""


def test_two_words_are_a_topic_even_where_they_are_a_title(searcher: Searcher) -> None:
    assert title_note(searcher, "on graphs", 4) == ""
