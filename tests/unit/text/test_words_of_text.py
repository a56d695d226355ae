"""Words found quickly are those found slowly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.text.words import WordCutter

CUTTER = WordCutter()
PIECES = [
    "Graph", "graphs", "skies", "lying", "studies", "only", "ability", "RL", "k", "graphical", "Dying", "aed", "a", "C++", "c#", "naïve", "cafe\u0301",
    "état", "under_score", "–", "’s", "²", "x2", "ﬁne", "Straße", "नमस्ते", "-", ".", " ", "\n",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20), st.data())
def test_find_gives_the_tokens_with_these_terms(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    tokens = CUTTER.tokens(text)
    terms = data.draw(st.sets(st.sampled_from([*{token.text for token in tokens}, "graph"])))
    assert CUTTER.terms(text) == [token.text for token in tokens]
    other = "Graphs of “dying” états, and graphical models"
    expected = [[t for t in CUTTER.tokens(each) if t.text in terms] for each in (text, other, text)]
    assert CUTTER.find([text, other, text], terms) == expected


@pytest.mark.parametrize("name", ["C#", "c++"])
def test_names_with_signs_are_words_of_their_own(name: str) -> None:
    text = f"In {name}, and in C"
    (matches,) = CUTTER.find([text], {CUTTER.tokens(name)[0].text})
    assert [text[token.start : token.end] for token in matches] == [name]


@pytest.mark.parametrize("joined", ["graph_of", "of–graph", "graph’s", "(graph)"])
def test_punctuation_parts_words(joined: str) -> None:
    (matches,) = CUTTER.find([joined], {"graph"})
    assert [joined[token.start : token.end] for token in matches] == ["graph"]


def test_places_after_a_combining_sign_are_those_of_the_words() -> None:
    text = "Where x\u0302 and β\u0302 are far, the estimates hold"
    words = [text[token.start : token.end] for token in CUTTER.tokens(text)]
    assert words == ["Where", "x", "and", "β", "are", "far", "the", "estimates", "hold"]
