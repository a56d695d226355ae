import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.text.names import (
    family_and_given,
    given_first,
    split_author_list,
    split_bibtex_authors,
)
from broadsheet.text.titles import names_match, normalise_title, title_words_overlap


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('Schr\\"odinger Bridges', "SCHRÖDINGER BRIDGES."),
        ("$\\epsilon$-greedy: A Study", "Epsilon-Greedy – a study"),
        ("H$_2$ in H_2", "h2 in H₂"),
        ("``Quoted'' Titles", "“Quoted” titles"),
        ("Łojasiewicz", "{\\L}ojasiewicz"),
    ],
)
def test_spellings_of_one_title_are_one_key(one: str, other: str) -> None:
    assert normalise_title(one) == normalise_title(other) != ""


def test_key_of_a_title() -> None:
    assert normalise_title("  Attention Is\nAll You Need!  ") == "attention is all you need"
    assert normalise_title("深度 学习") == "深度 学习"
    assert normalise_title("?!") == ""


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(title: str) -> None:
    key = normalise_title(title)
    assert key == " ".join(key.split())
    assert all(char.isalnum() for char in key.replace(" ", ""))


def test_overlap_is_shared_words_among_all_words() -> None:
    assert title_words_overlap("a b c", "B c d") == pytest.approx(0.5)
    assert title_words_overlap("a", "") == 0.0
    assert title_words_overlap("A, B", "b a") == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J. von Neumann", "John von Neumann"),
        ("Smith, John", "John Smith"),
        ('Schr\\"odinger, E.', "Erwin Schrödinger"),
        ("Wei Zhang", "Zhang Wei"),
        ("Chris Manning", "Christopher D. Manning"),
        ("Jean-Pierre Serre", "J.-P. Serre"),
        ("Martin Luther King Jr.", "King, Martin"),
        ("King, Jr.", "Martin King"),
        ("Plato", "Plato"),
    ],
)
def test_names_of_one_person_match(one: str, other: str) -> None:
    assert names_match(one, other)
    assert names_match(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jane Smith", "John Smith"), ("John Smith", "John Smyth"), ("", "John"), ("Jo Li", "Ju Li")],
)
def test_names_of_two_people_do_not_match(one: str, other: str) -> None:
    assert not names_match(one, other)


def test_spoken_order() -> None:
    assert given_first("von Neumann, John") == "John von Neumann"
    assert given_first("King, Jr., Martin") == "Martin King Jr."
    assert given_first("Bal{\\'a}zs, C.") == "C. Balázs"
    assert given_first("John Smith") == "John Smith"


def test_family_and_given() -> None:
    assert family_and_given("John von Neumann") == ("von Neumann", "John")
    assert family_and_given("Ludwig van der Rohe") == ("van der Rohe", "Ludwig")
    assert family_and_given("Martin Luther King Jr.") == ("King", "Martin Luther Jr.")
    assert family_and_given("Plato") == ("Plato", "")
    assert family_and_given("") == ("", "")


def test_bibtex_authors() -> None:
    field = r"Erd{\H o}s, Paul and {Barnes and Noble, Inc.} and John von Neumann and others"
    assert split_bibtex_authors(field) == [
        "Paul Erdős",
        "Barnes and Noble, Inc.",
        "John von Neumann",
    ]
    assert split_bibtex_authors("") == []


def test_author_lists_of_the_snapshot() -> None:
    text = "C. Bal\\'azs, E. L. Berger (Argonne, IL (USA)), M. King, Jr., P. M. Nadolsky and C.-P. Yuan"
    assert split_author_list(text) == [
        "C. Balázs",
        "E. L. Berger",
        "M. King Jr.",
        "P. M. Nadolsky",
        "C.-P. Yuan",
    ]
    assert split_author_list("Smith, J.; Roe, R.") == ["J. Smith", "R. Roe"]
