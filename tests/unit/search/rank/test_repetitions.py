"""Near-duplicates are told from papers on the same subject."""

import numpy as np
import pytest

from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.search.rank.duplicates import find_repetitions

TITLE = "Surrogate models for expensive simulations of turbulent flow"
ABSTRACT = (
    "Simulating turbulent flow takes weeks. We train a small network on few runs of the "
    "simulation and choose further runs where it is unsure. On three geometries the surrogate "
    "needs a tenth of the runs that a grid needs and keeps the error of drag below two percent."
)
REVISED = ABSTRACT.replace("two percent", "one percent").replace("three", "four")
REWRITTEN = (
    "Turbulent flow is costly to simulate. A surrogate network, trained on few runs, asks for "
    "the simulation only where it is unsure, and so saves nine of ten runs over a grid at equal "
    "error of drag. We show it on geometries from aviation and from shipping, beside kriging."
)


def repetitions(*papers: tuple[str, str]) -> list[int]:
    titles, abstracts = zip(*papers, strict=True)
    vectors = default_embedder().encode_documents(titles, abstracts)

    def tokens(places):
        rows = places.tolist()
        return default_tokeniser().encode_papers(
            [titles[at] for at in rows], [abstracts[at] for at in rows]
        )

    return find_repetitions(vectors, tokens).tolist()


@pytest.mark.parametrize(
    "second",
    [
        (TITLE, ABSTRACT),
        (TITLE.upper(), ABSTRACT),
        ("Learning where to simulate turbulence", REVISED),
        (TITLE, REVISED.replace("Simulating turbulent flow takes weeks.", "")),
    ],
)
def test_the_same_text_again_is_found(second: tuple[str, str]) -> None:
    assert repetitions((TITLE, ABSTRACT), second) == [0, 0]


@pytest.mark.parametrize(
    "second",
    [
        (TITLE, REWRITTEN),  # the same title over another text
        ("Surrogates for turbulent flow", REWRITTEN),
        (TITLE, ""),
    ],
)
def test_the_same_subject_is_no_repetition(second: tuple[str, str]) -> None:
    assert repetitions((TITLE, ABSTRACT), second) == [0, 1]


def test_each_repeats_the_first_one_and_short_texts_none() -> None:
    short = ("Erratum", "See the paper.")
    other = ("Surrogates for turbulent flow", REWRITTEN)
    result = repetitions(
        (TITLE, ABSTRACT), short, (TITLE, REVISED), other, short, (TITLE, ABSTRACT)
    )
    assert result == [0, 1, 0, 3, 4, 0]


def test_no_papers_repeat_nothing() -> None:
    assert not len(find_repetitions(np.zeros((0, 4), np.float32), pytest.fail))
