"""No crowd of accounts moves the trends."""

import datetime as dt
import random

import pytest

from broadsheet.discovery.voting import weigh_votes
from broadsheet.domain.community import Vote

NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=90)
RING_PAPER = 900


def vote(account: str, paper: int, joined_at: dt.datetime | None = LONG_AGO) -> Vote:
    return Vote(account, paper, NOW, joined_at)


def honest(readers: int, papers: int, chance: random.Random) -> list[Vote]:
    """Readers with 3 to 20 votes each; few papers are popular."""
    popularity = [1 / (rank + 3) for rank in range(papers)]
    return [
        vote(f"reader {reader}", paper)
        for reader in range(readers)
        for paper in set(chance.choices(range(papers), popularity, k=chance.randint(3, 20)))
    ]


@pytest.mark.parametrize("ring_papers", [1, 3, 10])
@pytest.mark.parametrize("seed", range(5))
def test_a_ring_that_votes_for_itself_gains_less_than_five_votes(
    seed: int, ring_papers: int
) -> None:
    chance = random.Random(seed)
    votes = honest(300, 200, chance)
    own = [RING_PAPER + number for number in range(ring_papers)]
    for member in range(30):
        # Not all for all: the papers of most, besides the one that they push.
        chosen = {RING_PAPER, *(paper for paper in own if chance.random() < 0.9)}
        votes += [vote(f"ring {member}", paper) for paper in chosen]
    papers = [*range(200), *own]
    weights = weigh_votes(votes, papers)
    assert weights[RING_PAPER] < 5
    plain = sum(each.paper < RING_PAPER for each in votes)
    assert sum(weights[paper] for paper in range(200)) > 0.97 * plain


def test_votes_of_the_first_day_of_an_account_count_nothing() -> None:
    young = NOW - dt.timedelta(hours=23)
    votes = [
        vote("a", 1, young),
        vote("b", 1, NOW - dt.timedelta(days=1)),
        vote("c", 1, None),
        vote("c", 2, None),
        vote("c", 4, None),
    ]
    assert weigh_votes(votes, [1, 3]) == {1: 2.0, 3: 0}


def test_a_great_crowd_is_grouped_in_bounded_time() -> None:
    votes = [vote(f"r{reader}", paper) for reader in range(2_000) for paper in (1, 10 + reader)]
    assert weigh_votes(votes, [1])[1] == 2_000
