"""Splitting text into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.embed.static.word_table import WordTable
from broadsheet.embed.static.words import split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("State-of-the-Art", ["state", "of", "the", "art"]),
        (r"$\alpha_1$-stable laws", ["alpha", "1", "stable", "laws"]),
        ("Schrödinger’s “naïve” cat", ["schrodinger", "s", "naive", "cat"]),
        ("β-VAE — ﬁne", ["β", "vae", "fine"]),
        ("GPT-4 and ResNet50.", ["gpt", "4", "and", "resnet50"]),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert [word.decode() for word in split_words(text)] == words


@given(st.text(max_size=60))
def test_any_text_can_be_split_and_splitting_again_changes_nothing(text: str) -> None:
    words = split_words(text)
    assert all(words)
    assert split_words(b" ".join(words).decode("utf-8", "replace")) == words or not text.isascii()


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_slow_path_splits_ascii_as_the_fast_one(text: str) -> None:
    assert split_words(text + " ß") == [*split_words(text), b"ss"]


def test_pieces_are_the_longest_from_the_left() -> None:
    table = WordTable([b"un", b"under", b"##stand", b"##s", b"##tand"])
    assert table.find_piece_rows(b"understands") == (1, 2, 3)
    assert table.find_piece_rows(b"under") == (1,)
    assert table.find_piece_rows(b"xyz") == ()
    assert table.find_piece_rows(b"understandx") == ()
    assert table.find_piece_rows(b"under" * 40) == ()


def test_a_table_without_pieces_cuts_nothing() -> None:
    assert WordTable([b"un", b"do"]).find_piece_rows(b"undo") == ()
