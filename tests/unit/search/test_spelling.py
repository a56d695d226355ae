"""Spelling suggestions keep the query's shape."""

import pytest

from broadsheet.search.parse import parse
from broadsheet.search.spelling import SpellingAdviser, edit_distance

WORDS = {"divergence": 30, "graph": 50, "surrogate": 9, "shannon": 4, "diverge": 2, "three": 5}


def suggest(text: str) -> str:
    def spellings(prefix: str) -> list[tuple[str, int]]:
        return [pair for pair in WORDS.items() if pair[0].startswith(prefix)]

    return SpellingAdviser(spellings, lambda word: WORDS.get(word, 0)).suggest(parse(text).query)


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
    def spellings(prefix: str) -> list[tuple[str, int]]:
        return [pair for pair in WORDS.items() if pair[0].startswith(prefix)]

    mended = {"divergence": "diverge", "divergance": "diverge"}
    adviser = SpellingAdviser(spellings, lambda word: WORDS.get(word, 0), mended=mended)
    assert adviser.suggest(parse("divergance grpah").query) == "diverge graph"


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xbcd", 2), ("", "ab", 2)],
)
def test_edit_distance(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second, 9) == distance
