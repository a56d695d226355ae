"""Who leads, why, and that one topic does not fill the front page."""

import numpy as np
import pytest

from broadsheet.discovery.leading import Measured, diversify, expected_votes, weigh


def points(story: Measured, expected: float = 3.0) -> float:
    return sum(reason.points for reason in weigh(story, expected))


def test_what_speaks_for_a_story_raises_it():
    plain = points(Measured(votes=None))
    assert plain == 0
    for better in (
        Measured(votes=40),
        Measured(votes=None, featured_by="Daily Papers"),
        Measured(votes=None, newsworthiness=1.0),
        Measured(votes=None, has_code=True),
        Measured(votes=None, citations_per_year=12),
        Measured(votes=None, distance=0.6),
        Measured(votes=None, interest=0.5),
    ):
        assert points(better) > plain
        (reason,) = weigh(better, 3.0)
        assert reason.words


def test_votes_count_against_what_is_usual():
    assert points(Measured(votes=10), expected=2) > points(Measured(votes=10), expected=40)
    assert expected_votes([Measured(votes=4), Measured(votes=0), Measured(votes=None)]) == 2


def test_nothing_counts_without_bound():
    assert points(Measured(votes=None, newsworthiness=50.0)) == 1.0
    assert points(Measured(votes=None, distance=1.9)) == pytest.approx(0.3)
    assert points(Measured(votes=10**9), expected=3.0) < 9


def test_one_topic_does_not_fill_the_front_page():
    """Twelve stories of one topic lead by score; each of four others follows closely."""
    rng = np.random.default_rng(1)
    topic = rng.normal(size=32)
    alike = [topic + rng.normal(scale=0.1, size=32) for _ in range(12)]
    others = [rng.normal(size=32) for _ in range(4)]
    vectors = np.array(alike + others, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = [2.0 - 0.01 * place for place in range(12)] + [1.7, 1.69, 1.68, 1.67]
    order = diversify(scores, vectors)
    assert order[0] == 0
    assert set(order[1:5]) == {12, 13, 14, 15}
    assert sorted(order) == list(range(16))


def test_an_order_needs_neither_stories_nor_vectors():
    assert diversify([], np.zeros((0, 4), np.float32)) == []
    assert diversify([3.0, 2.0], np.zeros((2, 4), np.float32)) == [0, 1]
