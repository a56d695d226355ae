"""Mistyped words are told from rare ones, in a library that has misprints of its own."""

from pathlib import Path

import pytest

from broadsheet.domain.paper import Paper
from broadsheet.domain.search import SearchRequest
from broadsheet.search.service import Searcher
from memory_library import make_paper
from searching import open_searcher

SUBJECTS = (
    "rainfall estimation from radar",
    "causal inference under drift",
    "gaussian kernel regression",
    "sediment transport in rivers",
    "hydrological models of catchments",
    "streamflow forecasting",
    "causal inference with instruments",
)


def make_library() -> list[Paper]:
    """Hundreds of papers on few subjects, and some with what a real library has one or two of."""
    titles = [f"{subject} {number}" for number in range(60) for subject in SUBJECTS]
    titles += ["Hydrolgical models of small catchments", "Kernl regression revisited"]  # misprints
    titles += ["All You Need Is Rainfall"] * 1 + [f"What rivers need {n}" for n in range(40)]
    titles += ["Ned: a gauge network"] + [f"Notes of a casual observer {n}" for n in range(6)]
    papers = [make_paper(key, title, f"We study {title}.") for key, title in enumerate(titles, 1)]
    foreign = "Ein Modul für Abflussmodelle und Niederschlag"
    author = make_paper(len(papers) + 1, "A gauge", authors=["Ada Kernal"])
    return [*papers, author, make_paper(len(papers) + 2, foreign, foreign)]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return open_searcher(tmp_path_factory.mktemp("corrections"), make_library())


def corrected(searcher: Searcher, text: str, literal: bool = False) -> str:
    return searcher.search(SearchRequest(text, literal=literal)).corrected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hydrolgical models", "hydrological models"),  # two papers have the misprint
        ("kernl regression", "kernel regression"),
        ("rainfal estimatoin", "rainfal estimation"),  # one has the same stem
        ("sedimnet transprot", "sediment transport"),
        ("ssediment transport", "sediment transport"),
        ("SEDIMNET TRANSPORT", "SEDIMENT TRANSPORT"),
        ("Sedimnet, in rivers", "Sediment, in rivers"),
        ("streamflw", "streamflow"),
        ("sTreamflow", ""),  # the same word
        ("tSreamflow forecasting", "Streamflow forecasting"),
        ("catcments -regression", "catchments -regression"),
        ("gaussian-kernle regression", "gaussian-kernel regression"),
        ("All You Ned Is Rainfall", "All You Need Is Rainfall"),  # a name, but it makes a title
    ],
)
def test_mistyped_words_are_replaced(searcher: Searcher, typed: str, meant: str) -> None:
    assert corrected(searcher, typed) == meant
    assert not corrected(searcher, typed, literal=True)


@pytest.mark.parametrize(
    "text",
    [
        "rainfall",
        "casual observer",  # a rare word with a frequent neighbour
        "ned",
        "Kernal",  # somebody's name
        "kernels",  # a form of a frequent word
        "kernelled",
        "KERNL",  # an acronym
        "KerNl",
        "kernl2",
        "zyzzyva",
        "quixotic",
        "Modelle für Niederschlag",
        "Modul Abflussmodelle",
        "modello",
        '"kernl regression"',
        "title:kernl",
        "-kernl rainfall",
        "Kernl regression revisited",  # a title as it is
        "\u03b1-kernl\u00e9",
        "",
    ],
)
def test_other_words_stay(searcher: Searcher, text: str) -> None:
    assert corrected(searcher, text) == ""


def test_results_are_those_of_the_corrected_query(searcher: Searcher) -> None:
    def keys(text: str, literal: bool = False) -> list[int]:
        answer = searcher.search(SearchRequest(text, literal=literal))
        return [hit.paper.key for hit in answer.hits]

    assert keys("hydrolgical models") == keys("hydrological models")
    assert keys("hydrolgical models", literal=True)[0] == 421
    answer = searcher.search(SearchRequest("hydrolgical models"))
    assert answer.query == "hydrolgical models"
    assert answer.matching == searcher.search(SearchRequest("hydrological models")).matching


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ('"kernle regression"', '"kernel regression"'),
        ("title:sedimnet", "title:sediment"),
        ("casual inference", "causal inference"),
        ("kernel -catcments -gaussian", "kernel -catchments -gaussian"),
        ('"zyzzyva"', ""),
    ],
)
def test_what_may_be_meant_is_offered(searcher: Searcher, typed: str, offered: str) -> None:
    answer = searcher.search(SearchRequest(typed))
    assert (answer.corrected, answer.suggestion) == ("", offered)
    assert searcher.search(SearchRequest(typed, literal=True)).suggestion == ""


def test_an_explanation_is_of_the_corrected_query(searcher: Searcher, tmp_path: Path) -> None:
    hit = searcher.search(SearchRequest("sedimnet transport")).hits[0]
    explanation = searcher.explain(SearchRequest("sedimnet transport"), hit.paper)
    assert explanation.rank == 1
    assert {word.text for word in explanation.words} == {"sediment", "transport"}
    assert any("sediment transport" in note for note in explanation.notes)
