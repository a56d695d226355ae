"""Words of scripts without spaces, Greek letters by name, and letters joined to digits are found."""

import pytest

from broadsheet.domain.search import SearchRequest
from memory_library import make_paper
from searching import open_searcher

TITLES = {
    "chinese": ("深度学习在医学图像分割中的应用研究进展", "本文综述了深度学习方法在医学图像分割领域的最新进展。"),
    "japanese": ("機械学習を用いた異常検知手法の比較", ""),
    "korean": ("딥러닝을 이용한 의료 영상 분석", ""),
    "thai": ("การเรียนรู้เชิงลึกสำหรับภาพทางการแพทย์", ""),
    "beta": ("β-VAE: learning disentangled representations", "A penalty."),
    "alpha": ("α-helix formation and TNF-α signalling by IL-1β", "Cells."),
    "gpt": ("GPT-4 in the clinic", "A study in 2D."),
    "joined": ("Prompts for GPT4", "Simulated in 2-D for COVID19."),
    "other": ("A VAE without Greek letters", "In 4 of 2 d dimensions of a GPT."),
}  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    papers = [
        make_paper(at, title, abstract) for at, (title, abstract) in enumerate(TITLES.values(), 1)
    ]
    return open_searcher(tmp_path_factory.mktemp("library"), papers)


def _matched(searcher, query):
    """Titles of the papers that have all the words, best first; they must stand before others."""
    answer = searcher.search(SearchRequest(query, mode="words", literal=True))
    matched = [hit.paper.title for hit in answer.hits][: answer.matching]
    assert len(matched) == answer.matching
    return matched


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("深度学习", ["chinese"]),
        ("图像分割", ["chinese"]),
        ("深度学习 医学", ["chinese"]),
        ("機械学習", ["japanese"]),
        ("異常検知", ["japanese"]),
        ('"異常検知手法"', ["japanese"]),
        ("딥러닝", ["korean"]),
        ("영상", ["korean"]),
        ("เรียนรู้", ["thai"]),
        ("beta-VAE", ["beta"]),
        ("β VAE", ["beta"]),
        ('"beta VAE"', ["beta"]),
        ("title:beta-VAE", ["beta"]),
        ("alpha helix", ["alpha"]),
        ("TNF-alpha", ["alpha"]),
        ("IL-1beta", ["alpha"]),
        ("COVID-19", ["joined"]),
    ],
)
def test_a_spelling_finds_the_others(searcher, query, keys):
    assert _matched(searcher, query) == [TITLES[key][0] for key in keys]


@pytest.mark.parametrize("query", ["GPT4", "GPT-4", "GPT 4"])
def test_letters_and_digits_are_found_apart_and_joined(searcher, query):
    assert {TITLES["gpt"][0], TITLES["joined"][0]} <= set(_matched(searcher, query))


@pytest.mark.parametrize("query", ["2D", "2-D", '"2 D"'])
def test_a_count_of_dimensions_is_found_apart_and_joined(searcher, query):
    assert {TITLES["gpt"][0], TITLES["joined"][0]} <= set(_matched(searcher, query))


def test_the_parts_of_a_run_that_are_found_are_marked_as_one(searcher):
    answer = searcher.search(SearchRequest("医学图像", mode="words"))
    fragments = answer.hits[0].title
    assert [each.text for each in fragments if each.matched] == ["医学图像"]
