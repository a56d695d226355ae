"""Usual slips cost less than rare ones; derived words are no slips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.search.query.slips import is_other_form, slip_cost

WORDS = st.text("abcdefghij", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("usual", "rare", "meant"),
    [
        ("kenrel", "kezrel", "kernel"),  # swapped, two letters replaced
        ("kernnel", "kernqel", "kernel"),  # doubled, a letter from elsewhere
        ("kwrnel", "kmrnel", "kernel"),  # the key beside, another key
        ("karnel", "kbrnel", "kernel"),  # another vowel, a consonant for a vowel
        ("kenel", "ernel", "kernel"),  # within the word, at its beginning
        ("comitee", "committ", "committee"),
        ("kernl", "kenl", "kernel"),  # one slip, two
    ],
)
def test_usual_slips_cost_less(usual: str, rare: str, meant: str) -> None:
    assert slip_cost(usual, meant) < slip_cost(rare, meant)


@given(WORDS, WORDS)
def test_every_slip_costs_and_no_slip_does_not(first: str, second: str) -> None:
    assert (slip_cost(first, second) > 0) == (first != second) or first == second


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("unbiased", "biased"),
        ("transforms", "transformer"),
        ("submodel", "model"),
        ("optimiser", "optimised"),
    ],
)
def test_derived_words_are_other_forms(first: str, second: str) -> None:
    assert is_other_form(first, second)
    assert is_other_form(second, first)


@pytest.mark.parametrize(
    ("first", "second"), [("kernl", "kernel"), ("modle", "model"), ("learnig", "learning")]
)
def test_slips_are_no_other_forms(first: str, second: str) -> None:
    assert not is_other_form(first, second)
