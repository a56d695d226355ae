"""Spellings of one person's name agree; names of different people do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.text.person_names import is_named, name_forms, name_phrases, name_readings


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("Kaiming He", "He Kaiming"),
        ("Kaiming He", "He, Kaiming"),
        ("Kaiming He", "KAIMING HE"),
        ("Kaiming He", "k he"),
        ("Kaiming He", "He, K."),
        ("He Kaiming", "K. He"),
        ("Geoffrey E. Hinton", "Geoffrey Hinton"),
        ("Geoffrey Hinton", "Geoffrey E. Hinton"),
        ("Geoffrey Hinton", "G. E. Hinton"),
        ("Geoffrey E. Hinton", "GE Hinton"),
        ("Geoffrey E. Hinton", "Hinton GE"),
        ("GE Hinton", "G. E. Hinton"),
        ("Geoffrey E. Hinton", "Geoffrey Everest Hinton"),
        ("Geoffrey Everest Hinton", "Geoffrey E. Hinton"),
        ("Laurens van der Maaten", "van der Maaten, Laurens"),
        ("Laurens van der Maaten", "van der maaten laurens"),
        ("Laurens van der Maaten", "L. Van Der Maaten"),
        ("Laurens van der Maaten", "L.J.P. van der Maaten"),
        ("Luc Van Gool", "L. Van Gool"),
        ("Bernhard Schölkopf", "Bernhard Schoelkopf"),
        ("Bernhard Schölkopf", "B. Scholkopf"),
        ("Bernhard Schoelkopf", "Bernhard Schölkopf"),
        ("Li-Jia Li", "Lijia Li"),
        ("Lijia Li", "Li-Jia Li"),
        ("Li-Jia Li", "Li Jia Li"),
        ("Li-Jia Li", "L.-J. Li"),
        ("Chris Callison-Burch", "C. Callison-Burch"),
        ("Chris Callison‐Burch", "callison burch chris"),
        ("Anne O’Brien", "A. O'Brien"),
        ("Anne O'Brien", "Anne OBrien"),
        ("Rene\N{COMBINING ACUTE ACCENT} Vidal", "rené vidal"),
        ("Martin King Jr.", "Martin King"),
        ("Martin King", "King, Martin, Jr."),
        ("张 伟", "张伟"),
        ("张伟", "伟 张"),
        ("太郎 山田", "山田太郎"),
        ("Plato", "plato"),
    ],
)
def test_spellings_of_one_name(printed: str, typed: str) -> None:
    assert is_named(printed, typed)


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("K. He", "Kaiming He"),
        ("Geoffrey R. Hinton", "Geoffrey E. Hinton"),
        ("Geoffrey R. Hinton", "G. E. Hinton"),
        ("Min Jung Kim", "Min Ju Kim"),
        ("Min Jung Kim", "Min Kim"),
        ("Min Kim", "Min Jung Kim"),
        ("Leo Yu Zhang", "Yu Zhang"),
        ("Xiao-Yu Zhang", "Yu Zhang"),
        ("Laurens van der Maaten", "van der Maaten"),
        ("The Alan Turing Institute", "Alan Turing"),
        ("Kaiming He", "He"),
        ("Kaiming He", ""),
        ("", "Kaiming He"),
        ("", ""),
    ],
)
def test_names_of_different_people(printed: str, typed: str) -> None:
    assert not is_named(printed, typed)


@pytest.mark.parametrize(
    ("typed", "phrases"),
    [
        ("He", ("he",)),
        ("Müller", ("muller", "mueller")),
        ("Kaiming He", ()),
        ("Alan Turing Institute", ("alan turing institute",)),
        ("?", ()),
    ],
)
def test_single_words_and_organisations_are_looked_for_within_names(
    typed: str, phrases: tuple[str, ...]
) -> None:
    assert name_phrases(typed) == phrases


def test_a_family_name_of_several_words_is_a_form() -> None:
    assert not set(name_readings("van der Maaten")).isdisjoint(name_forms("Laurens van der Maaten"))


words = st.text("abcdeéüøß", min_size=3, max_size=9).map(str.title)


@given(st.lists(words, min_size=2, max_size=4))
def test_every_order_that_keeps_the_given_names_together_and_every_case(name: list[str]) -> None:
    printed = " ".join(name)
    *given_names, family = name
    for typed in (
        printed,
        f"{family} {' '.join(given_names)}",
        f"{family}, {' '.join(given_names)}",
    ):
        assert is_named(printed, typed)
        assert is_named(printed, typed.lower())


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_a_name(printed: str, typed: str) -> None:
    is_named(printed, typed)
    name_phrases(typed)
    assert all(form == " ".join(form.split()) for form in name_forms(printed))
