"""Spelling suggestions keep the query's shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.index.spelled_words import SpelledWords, edit_distance
from broadsheet.search.query.parse import parse
from broadsheet.search.query.spelling import SpellingAdviser

WORDS = {"divergence": 30, "graph": 50, "surrogate": 9, "shannon": 4, "diverge": 2, "three": 5}


def spelled(letter: str, fewest: int) -> SpelledWords:
    words = WORDS.items()
    return SpelledWords(pair for pair in words if pair[0].startswith(letter) and pair[1] >= fewest)


def suggest(text: str) -> str:
    return SpellingAdviser(spelled, lambda word: WORDS.get(word, 0)).suggest(parse(text).query)


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("divergance", "divergence"),
        ("idvergence", "divergence"),
        ("Shanon divergence", "shannon divergence"),
        ('"surogate graph" -grpah cat:grap', '"surrogate graph" -graph cat:grap'),
        ("graph", ""),
        ("zzzzzz", ""),
        ("grp", ""),
        ("divirgance", "divergence"),
        ("divorce", ""),
    ],
)
def test_suggests_the_nearest_word(typed: str, better: str) -> None:
    assert suggest(typed) == better


def test_what_was_mended_is_suggested_as_it_was_ranked_by() -> None:
    mended = {"divergence": "diverge", "divergance": "diverge"}
    adviser = SpellingAdviser(spelled, lambda word: WORDS.get(word, 0), mended=mended)
    assert adviser.suggest(parse("divergance grpah").query) == "diverge graph"


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbcd", 2), ("", "ab", 2)],
)
def test_edit_distance(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second, 9) == distance


@given(st.text("abc", min_size=1, max_size=6), st.lists(st.text("abcdé1", max_size=6)))
def test_near_words_are_those_within_the_distance(word: str, others: list[str]) -> None:
    counted = [(other, at) for at, other in enumerate(others)]
    for wrong in (1, 2):
        expected = [pair for pair in counted if edit_distance(word, pair[0], 9) <= wrong]
        assert SpelledWords(counted).near(word, wrong) == expected
