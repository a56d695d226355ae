"""Which papers gain attention just now, by a score that needs no recomputing as time passes.

Input   for each paper the growth of its dated signals (votes, stars, citations …) within a
        window, and the growth that its age and its field lead one to expect.
Rate    r = (max(growth, 0) + PRIOR) / (expected + PRIOR), at most MOST. Expected is the
        geometric mean over the papers of the same age and field, drawn towards that of all
        (``_Expectations``), so that a crowd around one paper does not bury its neighbours. A paper of which a
        source says nothing has the rate 1: silence speaks neither for it nor against it.
Score   log10(Σ w·r / Σ w) + t / τ over the kinds of signals that speak of the paper, where t is
        the time since 1970 of its latest gain, or else of its listing, but not later than now,
        and τ is 22 h for each day of the window. So ten times the attention weighs as much as
        τ of age, and an old paper trends again if its signals grow.
Source  Time is added as in Lobsters (``Story#calculated_hotness``). The prior of 2.3 votes on
        both sides is that of Quality News, https://github.com/social-protocols/quality-news.

Because time is added, two papers keep their order until a signal changes. MOST bounds how long
a crowd can pin a paper: log10(MOST)·τ, which is less than two days for the trends of a day.
"""

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from broadsheet.domain.signals import HERE, SIGNAL_TYPES

PRIOR = 2.3
MOST = 100.0
"""The highest rate."""
HOURS_PER_DECADE = 22.0
"""Age, in hours for each day of the window, that outweighs ten times the attention."""

WEIGHTS: Mapping[str, float] = {
    "votes": 1.0,
    "votes here": 1.0,
    "comments": 0.5,
    "collections": 1.0,
    "listings": 1.0,
    "stars": 1.0,
    "citations": 0.7,
}
"""How much each kind of signal counts."""

KINDS: Mapping[str, str] = {
    each.name: f"{each.kind} here" if each.giver == HERE else each.kind
    for each in SIGNAL_TYPES.values()
    if each.kind in WEIGHTS
}
"""Kinds by the names under which sources report them."""

_AGES = (1 / 24, 2 / 24, 3 / 24, 4 / 24, 6 / 24, 0.5, 1, 3, 7, 30, 365)
"""Days at which one group of ages ends and the next begins."""
_SHRINKAGE = 20.0
"""Papers of a group that weigh as much as the larger group to which it belongs."""
_ANY_AGE = -1


@dataclass(frozen=True, slots=True)
class Growth:
    """How much one kind of signal of a paper grew within the window."""

    kind: str
    amount: float
    days: float
    """Days in which it grew so much, of those that the window has."""

    @property
    def gain(self) -> float:
        """The amount, 0 for a loss and for NaN."""
        return max(self.amount, 0.0) if math.isfinite(self.amount) else 0.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A paper that may trend."""

    key: int
    listed_at: dt.datetime
    field: str
    growths: tuple[Growth, ...]
    gained_at: dt.datetime | None = None
    """When its signals grew last; None if they did not."""

    @property
    def counts_from(self) -> dt.datetime:
        """The time that is added to its score."""
        return max(self.listed_at, self.gained_at or self.listed_at)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of signal against its expected value."""

    growth: Growth
    expected: float

    @property
    def rate(self) -> float:
        """See the module."""
        return min(MOST, (self.growth.gain + PRIOR) / (self.expected + PRIOR))


@dataclass(frozen=True, slots=True)
class Trend:
    """A paper's score and the evidence for it, the strongest first."""

    key: int
    score: float
    evidence: tuple[Evidence, ...]


def rank_trends(
    contenders: Sequence[Contender], now: dt.datetime, window_days: float
) -> list[Trend]:
    """Score ``contenders``, the highest first; ties by key, so that runs repeat exactly."""
    expect = _Expectations(contenders, now)
    trends = []
    for contender in contenders:
        evidence = tuple(
            sorted(
                (Evidence(growth, expect(contender, growth.kind)) for growth in contender.growths),
                key=lambda each: (-each.rate, each.growth.kind),
            )
        )
        score = trend_score(evidence, contender.counts_from, now, window_days)
        trends.append(Trend(contender.key, score, evidence))
    return sorted(trends, key=lambda trend: (-trend.score, trend.key))


def trend_score(
    evidence: Sequence[Evidence], counts_from: dt.datetime, now: dt.datetime, window_days: float
) -> float:
    """The score of the module; a paper without evidence has its time only."""
    weight = sum(WEIGHTS[each.growth.kind] for each in evidence)
    attention = (
        sum(WEIGHTS[each.growth.kind] * each.rate for each in evidence) / weight if weight else 1.0
    )
    hours = min(counts_from, now).timestamp() / 3600
    return math.log10(attention) + hours / (HOURS_PER_DECADE * window_days)


def tell_evidence(evidence: Evidence) -> str:
    """Compose "+38 stars in 3 days where 2 were expected", "9 votes where 3 were expected"."""
    growth, expected = evidence.growth, evidence.expected
    amount = round(growth.gain)
    if growth.kind == "listings":
        return "on a list of papers of the day"
    noun, _, place = growth.kind.partition(" ")
    what = f"{noun if amount != 1 else noun.removesuffix('s')} {place}".rstrip()
    days = f"{growth.days:.0f} days" if growth.days >= 2 else "a day"
    usual = f"{expected:.0f}" if expected >= 0.95 else "less than one"
    verb = "was" if usual in ("1", "less than one") else "were"
    if growth.kind in ("stars", "citations"):
        return f"+{amount:,} {what} in {days} where {usual} {verb} expected"
    return f"{amount:,} {what} where {usual} {verb} expected"


class _Expectations:
    """The mean growth of each kind by age and field; see the module.

    Few papers of one age say little, and would be compared with themselves: the mean of an age
    is drawn towards that of all ages, and the mean of a field towards that of its age.
    """

    def __init__(self, contenders: Iterable[Contender], now: dt.datetime) -> None:
        self._now = now
        self._sums: dict[tuple[str, int, str], float] = defaultdict(float)
        self._counts: dict[tuple[str, int, str], int] = defaultdict(int)
        for contender in contenders:
            age = self._age(contender)
            for growth in contender.growths:
                for group in ((_ANY_AGE, ""), (age, ""), (age, contender.field)):
                    self._sums[growth.kind, *group] += math.log(growth.gain + PRIOR)
                    self._counts[growth.kind, *group] += 1

    def __call__(self, contender: Contender, kind: str) -> float:
        age = self._age(contender)
        everything = (kind, _ANY_AGE, "")
        mean = self._sums[everything] / max(1, self._counts[everything])
        for group in ((kind, age, ""), (kind, age, contender.field)):
            total = self._sums[group] + _SHRINKAGE * mean
            mean = total / (self._counts[group] + _SHRINKAGE)
        return math.exp(mean) - PRIOR

    def _age(self, contender: Contender) -> int:
        days = (self._now - min(contender.listed_at, self._now)) / dt.timedelta(1)
        return sum(days >= bound for bound in _AGES)


def expected_share(rank: int) -> float:
    """The share of a list's votes that its position ``rank`` (from 1) draws by itself.

    Rank 1 of a list draws 10.2 % of the votes, rank 2 6.1 %, rank 10 2.4 %, rank 40 0.4 % (Quality
    News, measured on Hacker News); between these a straight line on logarithmic axes.
    """
    points = ((1, 0.102), (2, 0.061), (10, 0.024), (40, 0.004))
    rank = max(1, rank)
    for (low, share), (high, other) in itertools.pairwise(points):
        if rank <= high or high == points[-1][0]:
            slope = math.log(other / share) / math.log(high / low)
            return float(share * (rank / low) ** slope)
    raise AssertionError("unreachable")


def expected_at_positions(shown: Iterable[tuple[int, float]]) -> float:
    """The votes that a paper had to expect: its positions (from 1) in the list so far, each with
    the votes that were cast on the whole list meanwhile."""
    return sum(expected_share(rank) * votes for rank, votes in shown)
