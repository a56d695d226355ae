"""Exclusions and likenesses that a query states in plain words."""

from pathlib import Path

import pytest

from broadsheet.domain.search import SearchRequest
from broadsheet.search.query.contrast import exclusion, read_likeness
from broadsheet.search.query.parse import parse
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

SEGMENTS = "It segments objects with masks in images and detects instances in a region."
PAPERS = [
    make_paper(1, "Mask regions for instances", SEGMENTS, name="1703.06870"),
    make_paper(2, "Instances in street images", f"{SEGMENTS} Streets and cars."),
    make_paper(3, "Instances in satellite images", f"{SEGMENTS} Fields and rivers."),
    make_paper(4, "Instances in medical images", f"{SEGMENTS} Organs and tumours."),
    make_paper(5, "Medical records", "Notes of a medical ward."),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder: Path = tmp_path_factory.mktemp("contrast")
    return open_searcher(folder, PAPERS)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("without backpropagation", "-backpropagation"),
        ("training without backpropagation", "training -backpropagation"),
        ("deep nets but not overparameterized", "deep nets -overparameterized"),
        ("training without weight decay", 'training -"weight decay"'),
        ("segmentation without pixel labels for video", 'segmentation for video -"pixel labels"'),
        ("sorting except for quicksort", "sorting -quicksort"),
        ("to be or not to be", ""),
        ("learning -without", ""),
        ('"learning without forgetting"', ""),
        ("we train a large network without any labels and show that it learns", ""),
    ],
)
def test_what_is_left_out_is_offered(text: str, offered: str) -> None:
    assert exclusion(parse(text).query) == offered
    if offered:
        assert str(parse(offered).query) == offered


def test_the_offer_comes_with_the_answer(searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest("images without streets"))
    assert answer.exclusion == "images -streets"
    found = searcher.search(SearchRequest(answer.exclusion)).hits
    assert 2 not in [hit.paper.key for hit in found]
    literal = SearchRequest("images without streets", literal=True)
    assert searcher.search(literal).exclusion == ""


@pytest.mark.parametrize("text", ["like 1703.06870", "papers similar to arXiv:1703.06870v2,"])
def test_a_likeness_is_read(text: str) -> None:
    assert str(read_likeness(parse(text).query, lambda name: True)) == "like:arxiv:1703.06870"
    assert read_likeness(parse(text).query, lambda name: False) == parse(text).query


@pytest.mark.parametrize("mode", ["words", "hybrid"])
@pytest.mark.parametrize("text", ["papers like 1703.06870 but medical", "like:1703.06870 medical"])
def test_words_beside_a_likeness_count(searcher: Searcher, text: str, mode: str) -> None:
    answer = searcher.search(SearchRequest(text, mode=mode))  # type: ignore[arg-type]
    others = [hit.paper.key for hit in answer.hits if hit.paper.key != 1]
    assert others[0] == 4
