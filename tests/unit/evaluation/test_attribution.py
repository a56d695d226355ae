"""Attribution against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.evaluation.faithfulness import measure_faithfulness
from broadsheet.search.explain.shares import (
    Floats,
    Masks,
    Score,
    attribute,
    removal_drops,
)

unhurried = settings(deadline=None)  # the machine may be busy

SIZES = [1, 4, 20]


def additive(weights: Floats) -> Score:
    return lambda masks: masks @ weights


@pytest.mark.parametrize("players", SIZES)
def test_additive_score(players: int) -> None:
    weights = np.linspace(-1, 2, players)
    attribution = attribute(additive(weights), players)
    assert attribution.score == pytest.approx(weights.sum())
    np.testing.assert_allclose(attribution.drops, weights, atol=1e-9)
    np.testing.assert_allclose(attribution.shares, weights / np.abs(weights).sum(), atol=1e-9)
    assert np.abs(attribution.shares).sum() == pytest.approx(1)


def test_multiplicative_score() -> None:
    """∏ (1 + cᵢ xᵢ) loses cᵢ / (1 + cᵢ) of itself without player i."""
    factors = np.array([0.1, 0.8, 0.3])
    attribution = attribute(lambda masks: np.prod(1 + factors * masks, axis=1), 3)
    np.testing.assert_allclose(attribution.drops / attribution.score, factors / (1 + factors))


def test_two_words_that_say_the_same_get_no_share() -> None:
    attribution = attribute(lambda masks: (masks[:, 0] | masks[:, 1]) + masks[:, 2] * 0.5, 3)
    assert attribution.shares.tolist() == [0, 0, 1]


def test_a_word_that_harms_has_a_negative_share() -> None:
    attribution = attribute(lambda masks: masks[:, 0] - 0.25 * masks[:, 1], 2)
    assert attribution.shares.tolist() == pytest.approx([0.8, -0.2])


@pytest.mark.parametrize("players", [0, 1, 5, 15])
def test_a_score_that_never_changes_is_due_to_nobody(players: int) -> None:
    attribution = attribute(lambda masks: np.full(len(masks), 0.1 + 0.2), players)
    assert attribution.score == 0.1 + 0.2
    assert attribution.drops.tolist() == attribution.shares.tolist() == [0.0] * players


def test_rounding_in_the_scores_is_no_influence() -> None:
    random = np.random.default_rng(0)
    attribution = attribute(lambda masks: 7.0 + random.normal(0, 1e-15, len(masks)), 6)
    assert attribution.shares.tolist() == [0.0] * 6


@unhurried
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_order_of_the_players_does_not_matter(weights: list[float], source) -> None:  # type: ignore[no-untyped-def]
    players = len(weights)
    order = source.sample(range(players), players)

    def score(masks: Masks) -> Floats:
        sums = masks @ np.array(weights)
        return sums + np.maximum(sums, 0) ** 2

    def shuffled(masks: Masks) -> Floats:
        back = np.empty_like(masks)
        back[:, order] = masks
        return score(back)

    attribution, other = attribute(score, players), attribute(shuffled, players)
    np.testing.assert_allclose(other.drops, attribution.drops[order], atol=1e-9)


def test_each_part_is_left_out_once() -> None:
    batches = []

    def score(masks: Masks) -> Floats:
        batches.append(masks.copy())
        return masks @ np.arange(14.0)

    attribute(score, 14)
    (masks,) = batches
    assert masks.sum(axis=1).tolist() == [13] * 14 + [14]


def test_what_cannot_be_attributed_is_refused() -> None:
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

        told = attribute(score, 6).shares if trusted else random.normal(size=6)
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
