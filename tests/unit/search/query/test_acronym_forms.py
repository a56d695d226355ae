"""Acronyms are offered in their other form if the library defines them."""

import pytest

from broadsheet.domain.search import SearchRequest
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

PAPERS = [
    *[
        make_paper(n, f"Samplers {n}", "A Generative Adversarial Network (GAN) draws samples.")
        for n in range(1, 7)
    ],
    *[
        make_paper(n, f"Painters {n}", "Some generative adversarial networks (GANs) paint.")
        for n in range(7, 10)
    ],
    *[make_paper(n, f"Cats {n}", "A cat sleeps.") for n in range(10, 50)],
    make_paper(50, "Tests", "A computerized adaptive test (CAT) saves time."),
    make_paper(51, "More tests", "The computerized adaptive test (CAT) again."),
    make_paper(52, "Regression", "With a Gaussian process (GP)."),
    make_paper(53, "Evolution", "By genetic programming (GP)."),
    make_paper(54, "Kriging", "By Gaussian processes (GPs), also known as kriging."),
    make_paper(55, "Programs", "Using genetic programming (GP) twice."),
    make_paper(56, "Once", "A single odd paper (SOP)."),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("acronyms"), PAPERS)


def offered(searcher: Searcher, text: str) -> list[tuple[str, str, int, str]]:
    found = searcher.search(SearchRequest(text, other_forms=True)).other_forms
    return [(form.typed, form.other, form.papers, form.query) for form in found]


@pytest.mark.parametrize(
    ("text", "typed", "other", "query"),
    [
        ("gan", "gan", "generative adversarial networks", 'gan OR "generative adversarial networks"'),
        ("GANs cat:cs.LG", "GANs", "generative adversarial networks",
         '(GANs OR "generative adversarial networks") cat:cs.LG'),
        ("training generative adversarial network", "generative adversarial network", "GAN",
         'training ("generative adversarial network" OR GAN)'),
    ],
)  # fmt: skip
def test_either_way(searcher: Searcher, text: str, typed: str, other: str, query: str) -> None:
    assert offered(searcher, text) == [(typed, other, 9, query)]


def test_what_is_offered_finds_both_forms(searcher: Searcher) -> None:
    (_, _, _, query), *_ = offered(searcher, "generative adversarial networks")
    assert searcher.search(SearchRequest(query)).matching == 9


def test_what_stands_for_two_things_is_offered_as_both(searcher: Searcher) -> None:
    assert [(other, papers) for _, other, papers, _ in offered(searcher, "GP")] == [
        ("Gaussian process", 2),
        ("genetic programming", 2),
    ]


@pytest.mark.parametrize(
    "text", ["cat", "SOP", "gans", '"gan"', "-gan", "one two three four five six seven eight gan"]
)
def test_what_is_a_word_or_hardly_known_is_left_alone(searcher: Searcher, text: str) -> None:
    assert offered(searcher, text) == []


def test_capitals_say_that_an_acronym_is_meant(searcher: Searcher) -> None:
    assert offered(searcher, "CAT")[0][1] == "computerized adaptive test"


def test_nothing_is_looked_up_unasked(searcher: Searcher) -> None:
    assert searcher.search(SearchRequest("gan")).other_forms == ()
