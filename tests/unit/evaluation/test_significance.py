"""Paired tests: against hand counts, SciPy-free formulas and known coverage."""

import itertools
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.domain.errors import InvalidInputError
from broadsheet.evaluation.significance import (
    EXACT_UP_TO,
    bootstrap_interval,
    compare,
    paired_difference,
    randomisation_test,
)

unhurried = settings(deadline=None)  # the machine may be busy


def by_enumeration(differences: list[float]) -> float:
    """Every sign pattern, as the definition says."""
    observed = abs(sum(differences))
    patterns = list(itertools.product((1, -1), repeat=len(differences)))
    reached = [
        abs(sum(sign * value for sign, value in zip(pattern, differences, strict=True)))
        >= observed - 1e-9
        for pattern in patterns
    ]
    return sum(reached) / len(patterns)


@unhurried
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=9))
def test_exact_p_value_is_the_share_of_sign_patterns(tenths: list[int]) -> None:
    differences = [tenth / 10 for tenth in tenths]
    assert randomisation_test(np.array(differences)) == pytest.approx(by_enumeration(differences))


def test_topics_that_all_gain_have_the_smallest_p_value_there_is() -> None:
    assert randomisation_test(np.full(6, 0.1)) == 2 / 2**6
    assert randomisation_test(np.array([0.1] * 6 + [0.0] * 50)) == 2 / 2**6


def test_no_difference_is_no_evidence() -> None:
    assert randomisation_test(np.zeros(30)) == 1.0


def test_sampled_p_value_agrees_with_the_exact_one() -> None:
    differences = np.random.default_rng(5).normal(0.4, 1.0, EXACT_UP_TO)
    exact = randomisation_test(differences)
    # A topic too small to matter puts the test over the limit.
    sampled = randomisation_test(np.append(differences, 1e-6))
    assert 0.02 < exact < 0.5
    assert sampled == pytest.approx(exact, abs=0.01)


def test_sampled_p_value_is_never_zero_and_repeats() -> None:
    differences = np.full(100, 0.5)
    assert randomisation_test(differences, samples=999) == 1 / 1000
    noisy = np.random.default_rng(0).normal(0.1, 1, 60)
    assert randomisation_test(noisy, seed=3) == randomisation_test(noisy, seed=3)
    assert randomisation_test(noisy, seed=3) != randomisation_test(noisy, seed=4)


def test_noise_is_significant_as_often_as_promised() -> None:
    random = np.random.default_rng(7)
    p_values = [
        randomisation_test(random.normal(0, 1, 40), seed=seed, samples=999) for seed in range(400)
    ]
    # 400 tests at .05: 20 ± 4.4.
    assert 8 <= sum(p < 0.05 for p in p_values) <= 34


def test_interval_covers_the_true_mean_of_skewed_differences() -> None:
    random = np.random.default_rng(11)
    normal = NormalDist()
    true = 0.1 * normal.cdf(1 / 3) + 0.3 * normal.pdf(1 / 3)
    covered = 0
    for seed in range(300):
        differences = np.maximum(0, random.normal(0.1, 0.3, 60))
        low, high = bootstrap_interval([differences], seed=seed, samples=1000)
        covered += low <= true <= high
    # 95 % of 300 is 285 ± 3.8.
    assert 270 <= covered <= 298


def test_interval_is_about_the_normal_one_for_normal_differences() -> None:
    differences = np.random.default_rng(2).normal(0.2, 1.0, 400)
    error = differences.std(ddof=1) / 20
    low, high = bootstrap_interval([differences])
    assert low == pytest.approx(differences.mean() - 1.96 * error, abs=0.01)
    assert high == pytest.approx(differences.mean() + 1.96 * error, abs=0.01)


def test_interval_of_equal_differences_has_no_width() -> None:
    assert bootstrap_interval([np.full(9, 0.25)]) == (0.25, 0.25)


def test_collections_weigh_equally_whatever_their_size() -> None:
    large, small = np.full(90, 0.1), np.full(10, -0.3)
    difference = paired_difference([large, small])
    assert difference.mean == pytest.approx(-0.1)
    assert difference.topics == 100
    assert difference.low == pytest.approx(-0.1)
    assert paired_difference([np.concatenate((large, small))]).mean == pytest.approx(0.06)


def test_swapping_the_runs_turns_the_difference_round() -> None:
    random = np.random.default_rng(3)
    old = {f"q{i}": value for i, value in enumerate(random.uniform(0, 0.7, 50))}
    new = {name: value + random.normal(0.1, 0.1) for name, value in old.items()}
    forward, back = compare(old, new), compare(new, old)
    assert forward.mean == pytest.approx(-back.mean)
    assert forward.p_value == back.p_value
    assert forward.low == pytest.approx(-back.high, abs=0.003)
    assert forward.beyond_noise
    assert back.beyond_noise


def test_noise_is_not_beyond_noise() -> None:
    random = np.random.default_rng(4)
    old = {f"q{i}": value for i, value in enumerate(random.uniform(0, 1, 50))}
    new = {name: value + random.normal(0, 0.1) for name, value in old.items()}
    assert not compare(old, new).beyond_noise


def test_runs_of_other_topics_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"differ in 2 topics \(a, c\)"):
        compare({"a": 0.1, "b": 0.2}, {"b": 0.2, "c": 0.3})


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="nothing to compare"):
        paired_difference([np.array([])])
    with pytest.raises(InvalidInputError, match="not a finite number"):
        paired_difference([np.array([0.1, np.nan])])
