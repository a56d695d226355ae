"""Attribution against closed forms, exact and sampled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.evaluation.faithfulness import measure_faithfulness
from broadsheet.search.explain.shares import (
    EXACT_UP_TO,
    Floats,
    Masks,
    Score,
    attribute,
    removal_drops,
)

unhurried = settings(deadline=None)  # the machine may be busy

SIZES = [4, EXACT_UP_TO, EXACT_UP_TO + 2, 20]


def additive(weights: Floats) -> Score:
    return lambda masks: masks @ weights


def tolerance(players: int) -> float:
    return 1e-9 if players <= EXACT_UP_TO else 0.06


@pytest.mark.parametrize("players", SIZES)
def test_additive_score(players: int) -> None:
    weights = np.linspace(-1, 2, players)
    attribution = attribute(additive(weights), players)
    shares = weights**2 / np.sum(weights**2)
    assert attribution.exact == (players <= EXACT_UP_TO)
    assert attribution.score == pytest.approx(weights.sum())
    assert attribution.empty == 0
    np.testing.assert_allclose(attribution.leave_one_out, weights, atol=1e-9)
    np.testing.assert_allclose(attribution.effects, weights, atol=1e-9)
    np.testing.assert_allclose(attribution.first_order, shares, atol=tolerance(players))
    np.testing.assert_allclose(attribution.total, shares, atol=tolerance(players))
    np.testing.assert_allclose(
        attribution.weights, np.sign(weights) * shares, atol=tolerance(players)
    )
    assert np.abs(attribution.weights).sum() == pytest.approx(1)


@pytest.mark.parametrize("players", SIZES)
def test_multiplicative_score(players: int) -> None:
    """∏ (1 + cᵢ xᵢ): E and Var of a product of independent factors."""
    factors = np.linspace(0.1, 0.8, players)
    attribution = attribute(lambda masks: np.prod(1 + factors * masks, axis=1), players)
    # Squared variation coefficient of each factor.
    variation = (factors / 2) ** 2 / (1 + factors / 2) ** 2
    variance = np.prod(1 + variation) - 1
    others = np.prod(1 + variation) / (1 + variation)
    np.testing.assert_allclose(
        attribution.first_order, variation / variance, atol=tolerance(players)
    )
    np.testing.assert_allclose(
        attribution.total, variation * others / variance, atol=tolerance(players)
    )
    assert attribution.first_order.sum() < attribution.total.sum()


@pytest.mark.parametrize("players", SIZES)
def test_interactions_alone_have_no_first_order(players: int) -> None:
    """As Ishigami's third input: s₁ s₂ + ½ s₁ s₃ of signs, nothing of any alone."""

    def score(masks: Masks) -> Floats:
        signs = 2.0 * masks[:, :3] - 1
        return signs[:, 0] * signs[:, 1] + 0.5 * signs[:, 0] * signs[:, 2]

    attribution = attribute(score, players)
    loose = 1e-9 if players <= EXACT_UP_TO else 0.12
    np.testing.assert_allclose(attribution.first_order, 0, atol=loose)
    np.testing.assert_allclose(attribution.total[:3], [1.0, 0.8, 0.2], atol=loose)
    np.testing.assert_allclose(attribution.total[3:], 0, atol=1e-12)


def test_sampling_noise_is_not_taken_for_first_order() -> None:
    """A square of a noisy mean is too large on average; the players here have none."""

    def parity(masks: Masks) -> Floats:
        return np.prod(2.0 * masks[:, :4] - 1, axis=1)

    sampled = [attribute(parity, 12, samples=32, seed=seed).first_order[:4] for seed in range(40)]
    assert np.mean(sampled) < 0.04


def test_two_words_that_say_the_same_are_both_told() -> None:
    """Leave-one-out sees neither; total indices see both."""
    attribution = attribute(lambda masks: (masks[:, 0] | masks[:, 1]) * 1.0, 3)
    assert attribution.leave_one_out.tolist() == [0, 0, 0]
    assert attribution.weights.tolist() == [0.5, 0.5, 0]
    np.testing.assert_allclose(attribution.first_order, [1 / 3, 1 / 3, 0])
    np.testing.assert_allclose(attribution.total, [2 / 3, 2 / 3, 0])


def test_a_word_that_harms_has_a_negative_weight() -> None:
    attribution = attribute(lambda masks: masks[:, 0] - 0.5 * masks[:, 1], 2)
    assert attribution.weights.tolist() == pytest.approx([0.8, -0.2])


@pytest.mark.parametrize("players", [0, 1, 5, 15])
def test_a_score_that_never_changes_is_due_to_nobody(players: int) -> None:
    attribution = attribute(lambda masks: np.full(len(masks), 0.1 + 0.2), players)
    assert attribution.score == attribution.empty == 0.1 + 0.2
    for values in (
        attribution.effects,
        attribution.first_order,
        attribution.total,
        attribution.weights,
    ):
        assert values.tolist() == [0.0] * players


def test_rounding_in_the_scores_is_no_influence() -> None:
    random = np.random.default_rng(0)
    attribution = attribute(lambda masks: 7.0 + random.normal(0, 1e-15, len(masks)), 6)
    assert attribution.weights.tolist() == [0.0] * 6


@unhurried
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_order_of_the_players_does_not_matter(weights: list[float], source) -> None:  # type: ignore[no-untyped-def]
    players = len(weights)
    order = source.sample(range(players), players)

    def score(masks: Masks) -> Floats:
        sums = masks @ np.array(weights)
        return sums + np.maximum(sums, 0) ** 2

    attribution = attribute(score, players)

    def shuffled(masks: Masks) -> Floats:
        back = np.empty_like(masks)
        back[:, order] = masks
        return score(back)

    other = attribute(shuffled, players)
    np.testing.assert_allclose(other.total, attribution.total[order], atol=1e-9)
    np.testing.assert_allclose(other.effects, attribution.effects[order], atol=1e-9)


def test_no_mask_is_scored_twice_and_the_seed_repeats() -> None:
    batches = []

    def score(masks: Masks) -> Floats:
        batches.append(masks.copy())
        return masks @ np.arange(14.0)

    first = attribute(score, 14, seed=3)
    sampled = batches[-1]
    assert len(batches) == 2
    assert len(np.unique(sampled, axis=0)) == len(sampled) <= 256 * 16
    np.testing.assert_array_equal(first.total, attribute(score, 14, seed=3).total)
    assert (first.total != attribute(score, 14, seed=4).total).any()


def test_what_cannot_be_attributed_is_refused() -> None:
    with pytest.raises(ValueError, match="41 players"):
        attribute(lambda masks: np.zeros(len(masks)), 41)
    with pytest.raises(ValueError, match="finite"):
        attribute(lambda masks: np.full(len(masks), np.nan), 3)
    with pytest.raises(ValueError, match="got shape"):
        attribute(lambda masks: np.zeros((len(masks), 1)), 3)


def test_removal_drops_of_an_additive_score() -> None:
    weights = np.array([3.0, 1.0, 2.0, 0.0])
    top, random = removal_drops(additive(weights), weights, 2)
    assert top == pytest.approx(5)
    assert random == pytest.approx(3)  # every pair once: half of the sum
    with pytest.raises(ValueError, match="some must go and some stay"):
        removal_drops(additive(weights), weights, 4)


def test_many_subsets_are_sampled_without_bias() -> None:
    weights = np.arange(20.0)
    _, random = removal_drops(additive(weights), weights, 6)
    assert random == pytest.approx(weights.sum() * 6 / 20, rel=0.05)


def explained(trusted: bool) -> list[tuple[Score, Floats]]:
    """Forty scores with interactions, and their weights or somebody's guess."""
    random = np.random.default_rng(9)
    cases = []
    for _ in range(40):
        weights = random.gamma(1.0, 1.0, 6)

        def score(masks: Masks, weights: Floats = weights) -> Floats:
            return np.sqrt(masks @ weights) + masks[:, 0] * masks[:, 1]

        told = attribute(score, 6).weights if trusted else random.normal(size=6)
        cases.append((score, told))
    return cases


@pytest.mark.parametrize("removed", [1, 2])
def test_attribution_is_faithful_and_a_guess_is_not(removed: int) -> None:
    faithful = measure_faithfulness(explained(trusted=True), removed)
    assert faithful.without_top > faithful.without_random
    assert faithful.difference.mean > 0
    assert faithful.difference.beyond_noise
    guessed = measure_faithfulness(explained(trusted=False), removed)
    assert not guessed.difference.beyond_noise
