"""Words near to another one are found among the words of titles."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.index.empty import EmptySnapshot
from broadsheet.index.port import CompletionRequest, Counted
from broadsheet.search.query.spelled_words import SpelledWords, SpellingDictionary, edit_distance

WORDS = {"divergence": 30, "graph": 50, "surrogate": 9, "diverge": 2}


class Titles(EmptySnapshot):
    """A library whose titles have these words."""

    def __init__(self) -> None:
        self.calls = 0

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
