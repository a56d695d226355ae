"""Adding filters to a query and taking them away, as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.web import refine

QUERIES = st.text(alphabet='ab "():-OR', max_size=30)
TERMS = st.sampled_from(["cat:cs.LG", 'venue:"ICML 2024"', "after:2024 before:2024", "has:code"])


@pytest.mark.parametrize(
    ("query", "term", "expected"),
    [
        ("deltas", "cat:cs.LG", "deltas cat:cs.LG"),
        ("deltas cat:cs.LG", "cat:cs.LG", "deltas cat:cs.LG"),
        ("", "has:code", "has:code"),
        ("river OR delta", "has:code", "(river OR delta) has:code"),
        ("(river OR delta) mud", "has:code", "(river OR delta) mud has:code"),
        ('"river delta', "has:code", '"river delta" has:code'),
        ("(river (delta", "has:code", "(river (delta)) has:code"),
    ],
)
def test_with_term(query: str, term: str, expected: str) -> None:
    assert refine.with_term(query, term) == expected


def test_filters_are_told_from_words() -> None:
    query = 'title:mud "a cat:x b" cat:cs.LG venue:"ICML 2024" -author:"Ada L" http://x.org'
    assert refine.filters_of(query) == ["cat:cs.LG", 'venue:"ICML 2024"', '-author:"Ada L"']
    assert refine.without_filters(query) == 'title:mud "a cat:x b" http://x.org'


def test_dates_replace_what_was_there() -> None:
    assert refine.with_dates("mud after:2020 before:2021", "2024", "") == "mud after:2024"
    assert refine.date_of("mud AFTER:2020", "after") == "2020"
    assert refine.date_of("mud", "after") == ""


@given(QUERIES, TERMS)
def test_a_term_added_is_there_and_one_removed_is_gone(query: str, term: str) -> None:
    narrowed = refine.with_term(query, term)
    assert refine.has_term(narrowed, term)
    assert not refine.has_term(refine.without_term(narrowed, term), term)


@given(QUERIES)
def test_cutting_loses_nothing_but_space(query: str) -> None:
    assert "".join("".join(refine.split_terms(query)).split()) == "".join(query.split())
