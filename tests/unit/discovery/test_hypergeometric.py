"""The hypergeometric distribution against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.discovery import hypergeometric


def exact_cdf(x: int, population: int, relevant: int, drawn: int) -> Fraction:
    ways = sum(
        math.comb(relevant, i) * math.comb(population - relevant, drawn - i)
        for i in range(min(x, drawn) + 1)
        if drawn - i <= population - relevant
    )
    return Fraction(ways, math.comb(population, drawn))


@st.composite
def urns(draw: st.DrawFn) -> tuple[int, int, int]:
    population = draw(st.integers(1, 60))
    return population, draw(st.integers(0, population)), draw(st.integers(0, population))


@given(st.integers(-1, 60), urns())
def test_cdf_is_the_exact_sum(x: int, urn: tuple[int, int, int]) -> None:
    assert hypergeometric.cdf(x, *urn) == pytest.approx(float(exact_cdf(x, *urn)), abs=1e-12)


def test_cdf_takes_many_urns_at_once() -> None:
    result = hypergeometric.cdf(1, np.array([10, 20]), np.array([3, 4]), np.array([5, 6]))
    assert result == pytest.approx([float(exact_cdf(1, 10, 3, 5)), float(exact_cdf(1, 20, 4, 6))])


def test_large_urns_keep_their_precision() -> None:
    # Two of a million are relevant, and half are drawn: both are missed in about a quarter of the draws.
    population, drawn = 1_000_000, 500_000
    exact = Fraction((population - drawn) * (population - drawn - 1), population * (population - 1))
    assert hypergeometric.cdf(0, population, 2, drawn) == pytest.approx(float(exact), rel=1e-8)
