"""Words found quickly are those found slowly."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.text.analysis import RANKED, prepare
from broadsheet.text.scripts import UNSPACED, other_spellings
from broadsheet.text.words import WordCutter, make_analyser

CUTTER = WordCutter()
ANALYSER = make_analyser(RANKED)
PIECES = [
    "Graph", "graphs", "skies", "lying", "studies", "only", "ability", "RL", "k", "graphical", "Dying", "aed", "a", "C++", "c#", "naïve", "cafe\u0301",
    "état", "under_score", "–", "’s", "²", "x2", "ﬁne", "Straße", "नमस्ते", "-", ".", " ", "\n",
    "β", "β-VAE", "TNFα", "ϵ", "μάθηση", "深度学习", "学", "딥러닝을", "การเรียนรู้",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20), st.data())
def test_find_gives_the_tokens_with_these_terms(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    tokens = CUTTER.tokens(text)
    terms = data.draw(st.sets(st.sampled_from([*{token.text for token in tokens}, "graph"])))
    assert CUTTER.terms(text) == [token.text for token in tokens]
    assert CUTTER.terms(text) == ANALYSER.analyze(prepare(text))
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


def test_every_letter_of_an_unspaced_script_is_one_to_the_analyser() -> None:
    letters = [chr(code) for code in range(0x0E00, 0x32400) if UNSPACED.match(chr(code))]
    assigned = [letter for letter in letters if unicodedata.category(letter) != "Cn"]
    assert len(assigned) > 100_000
    wrong = [each for each in assigned if ANALYSER.analyze(each * 2) != [each * 2]]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("深度学习在2D图像", ["深度", "度学", "学习", "习在", "2d", "图像"]),
        ("機械学習", ["機械", "械学", "学習"]),
        ("β-VAE", ["beta", "vae"]),
        ("IL-1β and ΔG", ["il", "1beta", "and", "deltag"]),
        ("ϵ-greedy, μm", ["epsilon", "greedi", "mum"]),
        ("μάθηση", ["μάθηση"]),
    ],
)
def test_scripts_are_cut_into_words(text: str, words: list[str]) -> None:
    tokens = CUTTER.tokens(text)
    assert [token.text for token in tokens] == words
    assert CUTTER.find([text], set(words)) == [tokens]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("GPT-4 beats GPT4", ["GPT4", "GPT 4"]),
        ("ResNet-50 in 3D", ["ResNet50", "3 D"]),
        ("few-shot, 10-fold, 2020-2021, p < 5", []),
        ("x-y-2 and arXiv:2401.00001", []),
    ],
)
def test_other_spellings(text: str, other: list[str]) -> None:
    assert other_spellings([text]) == other
