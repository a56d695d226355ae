"""Spelling suggestions keep the query's shape."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.index.empty import EmptySnapshot
from broadsheet.index.port import CompletionRequest, Counted, Statistics
from broadsheet.search.query.frequencies import Frequencies
from broadsheet.search.query.parse import parse
from broadsheet.search.query.spelled_words import SpelledWords, SpellingDictionary, edit_distance
from broadsheet.search.query.spelling import suggest
from broadsheet.text import words

WORDS = {"divergence": 30, "graph": 50, "surrogate": 9, "shannon": 4, "diverge": 2, "three": 5}


class Titles(EmptySnapshot):
    """A library whose titles have these words."""

    def __init__(self) -> None:
        self.calls = 0

    def statistics(self, terms: Collection[str], names: Collection[str] = ()) -> Statistics:
        by_term = Counter[str]()
        for word, papers in WORDS.items():
            by_term[words.terms(word)[0]] += papers
        return Statistics(100, 9.0, {term: by_term[term] for term in terms}, {})

    def complete(self, requests: Sequence[CompletionRequest]) -> list[Counted]:
        self.calls += 1
        return [
            [
                (word, papers)
                for word, papers in WORDS.items()
                if word.startswith(request.prefix) and papers >= request.fewest
            ]
            for request in requests
        ]


def suggest_for(text: str, mended: Mapping[str, str] | None = None) -> str:
    snapshot, dictionary = Titles(), SpellingDictionary()
    return suggest(
        parse(text).query,
        lambda letters, fewest: dictionary.words(snapshot, letters, fewest),
        Frequencies(snapshot),
        2,
        mended or {},
    )


def test_words_of_titles_are_fetched_once_for_a_snapshot() -> None:
    snapshot, dictionary = Titles(), SpellingDictionary()
    both = dictionary.words(snapshot, "gd", 1)
    assert both["g"].near("grap", 1) == [("graph", 50)]
    assert dictionary.words(snapshot, "g", 1)["g"] is both["g"]
    assert snapshot.calls == 1
    other = Titles()
    dictionary.words(other, "g", 1)
    assert (snapshot.calls, other.calls) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "better"),
    [
        ("divergemce", "divergence"),
        ("divergance", ""),  # has the stem of a frequent word
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
    assert suggest_for(typed) == better


def test_what_was_mended_is_suggested_as_it_was_ranked_by() -> None:
    mended = {"divergence": "diverge", "divergance": "diverge"}
    assert suggest_for("divergance grpah", mended) == "diverge graph"


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
