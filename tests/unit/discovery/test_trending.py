"""Trending: time is added, surprises count, and nothing pins or buries a paper."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.discovery.trending import (
    HOURS_PER_DECADE,
    MOST,
    Contender,
    Evidence,
    Growth,
    expected_share,
    rank_trends,
    trend_score,
)

NOW = dt.datetime(2026, 6, 2, 12, tzinfo=dt.UTC)


def contender(key: int, hours_old: float = 0.0, field: str = "Vision", **growths: float):
    listed = NOW - dt.timedelta(hours=hours_old)
    return Contender(
        key, listed, field, tuple(Growth(kind, amount, 1.0) for kind, amount in growths.items())
    )


def order(*contenders: Contender, days: float = 1.0) -> list[int]:
    return [trend.key for trend in rank_trends(contenders, NOW, days)]


def test_more_votes_at_the_same_age_come_first():
    assert order(contender(1, votes=2), contender(2, votes=30), contender(3, votes=9)) == [2, 3, 1]


def test_ten_times_the_attention_weighs_as_much_as_22_hours():
    def score(rate: float, hours_old: float) -> float:
        evidence = Evidence(Growth("votes", rate * 12.3 - 2.3, 1.0), 10.0)
        return trend_score([evidence], NOW - dt.timedelta(hours=hours_old), NOW, 1.0)

    assert score(10.0, HOURS_PER_DECADE) == pytest.approx(score(1.0, 0.0))


@given(
    first=st.floats(0, 1e6),
    second=st.floats(0, 1e6),
    hours=st.floats(0, 500),
    later=st.floats(0, 999),
)
def test_the_order_of_two_papers_does_not_change_because_time_passes(first, second, hours, later):
    def scores(now: dt.datetime) -> list[float]:
        return [
            trend_score([Evidence(Growth("votes", amount, 1.0), 3.0)], listed, now, 1.0)
            for amount, listed in ((first, NOW), (second, NOW - dt.timedelta(hours=hours)))
        ]

    one, other = scores(NOW), scores(NOW + dt.timedelta(hours=later))
    assert (one[0] > one[1]) == (other[0] > other[1])


def test_a_date_in_the_future_does_not_pin_a_paper():
    future = contender(1, hours_old=-24 * 365, votes=1)
    assert order(future, contender(2, votes=40)) == [2, 1]


def test_a_day_on_which_everything_loses_votes_is_still_ranked():
    losing = [contender(key, votes=-10.0 * key) for key in (1, 2, 3)]
    trends = rank_trends(losing, NOW, 1.0)
    assert len({trend.score for trend in trends}) == 1
    assert order(*losing, contender(4, votes=1)) == [4, 1, 2, 3]


def test_mass_votes_pin_a_paper_for_two_days_at_most():
    crowd = contender(1, hours_old=48, votes=1e9)
    usual = [contender(key, votes=3) for key in range(2, 40)]
    trends = rank_trends([crowd, *usual], NOW, 1.0)
    assert max(each.rate for each in trends[0].evidence) <= MOST
    assert trends[-1].key == 1 or trends[0].key != 1


def test_a_source_that_stops_reporting_neither_lifts_nor_buries_its_papers():
    """Stars are reported no more: a paper known by them stands like one without signals."""
    silent, other = contender(1), contender(2, votes=2)
    voted = [contender(key, votes=2) for key in range(3, 30)]
    trends = {trend.key: trend for trend in rank_trends([silent, other, *voted], NOW, 1.0)}
    assert trends[1].score == pytest.approx(trends[2].score, abs=0.01)


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_count_for_nothing(amount):
    assert order(contender(1, votes=amount), contender(2, votes=5)) == [2, 1]


def test_what_is_much_in_one_field_is_little_in_another():
    """Ten votes in a field in which most papers have one are more than in one with forty."""
    quiet = [contender(key, field="Algebra", votes=1) for key in range(100, 300)]
    loud = [contender(key, field="Vision", votes=40) for key in range(300, 500)]
    ranked = order(contender(1, field="Algebra", votes=10), contender(2, field="Vision", votes=10),
                   *quiet, *loud)  # fmt: skip
    assert ranked[0] == 1
    assert ranked.index(2) > ranked.index(300)


def test_the_first_position_of_a_list_draws_ten_times_the_votes_of_the_twentieth():
    assert expected_share(1) == pytest.approx(0.102)
    assert expected_share(2) == pytest.approx(0.061)
    assert 7 < expected_share(1) / expected_share(20) < 13
    assert expected_share(100) < expected_share(40)
