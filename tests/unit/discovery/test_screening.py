"""Stopping rules: against the published formula, tried on every suffix, and by simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.discovery.screening import (
    _DELAYS,
    _POWERS,
    ArrivalRule,
    HypergeometricRule,
    IrrelevantInARow,
    Target,
    _negative_binomial_tail,
    _power_integral,
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


@given(st.integers(0, 8), st.integers(1, 30), st.integers(1, 9))
def test_negative_binomial_tail_is_the_exact_sum(least: int, failures: int, tenths: int) -> None:
    chance = Fraction(tenths, 10)
    below = sum(
        (
            math.comb(failures + k - 1, k) * chance**failures * (1 - chance) ** k
            for k in range(least)
        ),
        Fraction(0),
    )
    computed = _negative_binomial_tail(least, failures, np.array([float(chance)]))
    assert computed == pytest.approx(float(1 - below), abs=1e-9)


def test_power_integral_agrees_with_numeric_integration() -> None:
    places = np.linspace(0, 300, 300_001)
    rates = (places[:, None] + _DELAYS) ** -_POWERS
    numeric = np.trapezoid(rates, places, axis=0)
    assert _power_integral(300.0) == pytest.approx(numeric, rel=1e-4)


@given(st.lists(st.booleans(), max_size=60).filter(lambda x: sum(x) < 10), st.integers(1, 500))
def test_arrivals_say_nothing_before_ten_relevant_records(labels: list[bool], unread: int) -> None:
    rule = ArrivalRule()
    probability = rule.failure_probability(np.array(labels, np.bool_), len(labels) + unread)
    # With fewer unread than would have to be missing, the target is met whatever they are.
    assert probability == float(unread >= Target().missing_to_fail(sum(labels)))


def test_arrivals_that_dried_up_allow_to_stop_sooner_than_the_urns() -> None:
    labels = np.arange(1000) < 20
    arrivals, urns = find_stop(ArrivalRule(), labels), find_stop(HypergeometricRule(), labels)
    assert arrivals.recall == urns.recall == 1.0
    assert arrivals.read < 0.6 * urns.read


def test_arrivals_in_random_order_miss_the_target_in_at_most_one_run_of_twenty() -> None:
    random = np.random.default_rng(8)
    labels = np.arange(300) < 30
    stops = [find_stop(ArrivalRule(), random.permutation(labels), every=5) for _ in range(200)]
    missed = sum(stop.recall < 0.95 for stop in stops)
    assert missed <= 18  # 10 expected at most; more than 18 has a chance of .5 %


@given(st.lists(st.booleans(), min_size=10, max_size=60), st.integers(30, 200))
def test_one_more_irrelevant_label_never_makes_missing_records_likelier(
    labels: list[bool], unread: int
) -> None:
    pool = len(labels) + unread
    for rule in (HypergeometricRule(), ArrivalRule()):
        before = rule.failure_probability(np.array(labels), pool)
        after = rule.failure_probability(np.array([*labels, False]), pool)
        assert after <= before + 1e-9
