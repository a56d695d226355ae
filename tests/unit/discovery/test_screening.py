"""Stopping rules: against the published formula, tried on every suffix, and by simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.discovery.screening import (
    HypergeometricRule,
    IrrelevantInARow,
    Target,
    find_stop,
    oracle_stop,
)

sequences = st.lists(st.booleans(), min_size=1, max_size=40)


def published_probability(labels: list[bool], pool: int, target: Target) -> float:
    """The rule as published: the least probability over all suffixes, in exact fractions."""
    read, relevant_read = len(labels), sum(labels)
    recall = Fraction(repr(target.recall))
    least = 1.0
    for size in range(1, read + 1):
        in_urn = sum(labels[read - size :])
        urn = pool - (read - size)
        relevant = math.floor(relevant_read / recall + 1 - (relevant_read - in_urn))
        if relevant > urn:
            return 0.0  # more would have to be missing than are unread
        ways = sum(
            math.comb(relevant, i) * math.comb(urn - relevant, size - i) for i in range(in_urn + 1)
        )
        least = min(least, float(Fraction(ways, math.comb(urn, size))))
    return least


@given(sequences, st.integers(0, 60), st.sampled_from([0.5, 0.8, 0.95]))
def test_hypergeometric_rule_is_the_published_one(
    labels: list[bool], unread: int, recall: float
) -> None:
    if not any(labels):
        labels = [*labels, True]
    target = Target(recall)
    pool = len(labels) + unread
    computed = HypergeometricRule(target).failure_probability(np.array(labels), pool)
    assert computed == pytest.approx(published_probability(labels, pool, target), abs=1e-9)


@given(st.integers(1, 400), st.sampled_from([0.7, 0.9, 0.95, 0.99]))
def test_missing_to_fail_is_the_smallest_number_below_the_target(read: int, recall: float) -> None:
    missing = Target(recall).missing_to_fail(read)
    exact = Fraction(repr(recall))
    assert Fraction(read, read + missing) < exact
    assert Fraction(read, read + missing - 1) >= exact


@given(st.integers(0, 50), st.integers(1, 50))
def test_nothing_relevant_read_is_no_reason_to_stop(read: int, unread: int) -> None:
    labels = np.zeros(read, dtype=np.bool_)
    assert not HypergeometricRule().may_stop(labels, read + unread)


def test_all_read_is_a_reason_to_stop() -> None:
    assert HypergeometricRule().may_stop(np.zeros(5, dtype=np.bool_), 5)
    assert HypergeometricRule().may_stop(np.ones(5, dtype=np.bool_), 5)


def test_random_order_misses_the_target_in_at_most_one_run_of_twenty() -> None:
    random = np.random.default_rng(5)
    target = Target(0.8, 0.95)
    labels = np.arange(120) < 30
    stops = [
        find_stop(HypergeometricRule(target), random.permutation(labels), every=10)
        for _ in range(400)
    ]
    missed = sum(stop.recall < target.recall for stop in stops)
    assert any(stop.read < stop.records for stop in stops)
    assert missed <= 31  # 20 expected at most; more than 31 has a chance of .5 %


def test_good_order_stops_early_and_loses_nothing() -> None:
    labels = np.arange(1000) < 100
    stop = find_stop(HypergeometricRule(), labels)
    assert stop.recall == 1.0
    assert stop.share_read < 0.5


def test_so_many_irrelevant_in_a_row() -> None:
    labels = [True, False, False, True, False, False, False, True]
    stop = find_stop(IrrelevantInARow(3), labels)
    assert (stop.read, stop.relevant_read, stop.relevant) == (7, 2, 3)


@given(sequences)
def test_oracle_stops_at_the_first_place_that_meets_the_target(labels: list[bool]) -> None:
    target = Target(0.8)
    stop = oracle_stop(labels, target)
    assert stop.recall >= 0.8
    if stop.read:
        assert sum(labels[: stop.read - 1]) / sum(labels) < 0.8


@pytest.mark.parametrize(("recall", "confidence"), [(0, 0.95), (1, 0.95), (0.95, 0), (0.95, 1)])
def test_targets_lie_between_0_and_1(recall: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Target(recall, confidence)
