"""When to stop screening: rules that decide from the labels read so far.

Input   the labels in the order in which the records were read, and the size of the pool.
Output  an upper bound of the probability to be below the target recall; a rule says "stop" once
        that is below 1 − confidence.

Let r of s records read be relevant, and U = N − s be unread. Recall is below the target if at
least d records are missing, d being the smallest whole number with r / (r + d) < target. Suppose
just d are missing. For every place after which reading may be taken for a draw from an urn (the
start, and each relevant record that was read), the urn holds the M records from there on, k = d + the
relevant ones read since. The probability that at least d of the k are among the U left in it is
hypergeometric if order says nothing; a model that puts relevant records first makes it smaller still,
so the rule errs on the safe side. This is the rule of Callaghan & Müller-Hansen, "Statistical
stopping criteria for automated screening in systematic reviews", Systematic Reviews 9, 2020,
doi:10.1186/s13643-020-01521-4, with all places tried. Places other than those can be left out:
between two relevant records an earlier place has a larger urn with the same k and U, so a smaller
probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.discovery import hypergeometric

Labels = NDArray[np.bool_]
"""Shape (records read,), in reading order: whether each is relevant."""


@dataclass(frozen=True, slots=True)
class Target:
    """A screener's required recall and confidence."""

    recall: float = 0.95
    """Share of the relevant records to find; 0 < recall < 1."""
    confidence: float = 0.95
    """Probability with which at least that share has been found; 0 < confidence < 1."""

    def __post_init__(self) -> None:
        if not (0 < self.recall < 1 and 0 < self.confidence < 1):
            raise ValueError("recall and confidence must lie between 0 and 1")

    def missing_to_fail(self, relevant_read: int) -> int:
        """Return how many relevant records must be missing for recall to be below the target.

        Exact: .95 of 20 is 19, whatever binary fractions make of it.
        """
        recall = Fraction(repr(self.recall))
        return math.floor(relevant_read / recall) + 1 - relevant_read


class StoppingRule(Protocol):
    """Decides from labels alone; pure."""

    @property
    def name(self) -> str:
        """Short name for tables and JSON."""
        ...

    def may_stop(self, labels: Labels, pool: int) -> bool:
        """Whether to stop after these labels, the pool holding ``pool`` records in all."""
        ...


@dataclass(frozen=True, slots=True)
class HypergeometricRule:
    """The rule of Callaghan & Müller-Hansen; assumes only that no order is worse than a random one."""

    target: Target = Target()
    name: str = "hypergeometric"

    def may_stop(self, labels: Labels, pool: int) -> bool:
        """Whether the probability to be below the target is small enough.

        Never before a relevant record was read, except at the end of the pool.
        """
        return self.failure_probability(labels, pool) < 1 - self.target.confidence

    def failure_probability(self, labels: Labels, pool: int) -> float:
        """Return the largest probability of these labels, over all urns, if recall is too low.

        1.0 while no relevant record was read; 0.0 if as many as must be missing are not unread.
        """
        urns = Urns.of(labels, pool, self.target)
        if urns is None:
            return 1.0 if len(labels) < pool else 0.0
        if urns.unread < urns.missing:
            return 0.0
        within = hypergeometric.cdf(urns.missing - 1, urns.sizes, urns.relevant, urns.unread)
        return max(0.0, 1.0 - float(within.max()))


@dataclass(frozen=True, slots=True)
class ArrivalRule:
    """Predict how many relevant records are still to come from when the others came.

    Model    relevant records come as a Poisson process over reading places x, at a rate in proportion to
             (1 − β) (x + c)^−p / F + β / N; F makes the first part integrate to 1 over the N places. p
             says how good the order is (0: random), c how long it stays good, β which share
             of the relevant records it cannot tell from others.
    Belief   β is .03; p and c are taken from a grid, each pair as likely as any other before
             reading; the rate has the prior 1 / rate. Given r arrivals by place s, the number still to
             come is then negative binomial: r failures with chance G(s) / G(N) of stopping each.
    Rule     stop if the probability of at least d more is below 1 − confidence; from 10 relevant on.
    Source   Stevenson & Bin-Hezam, ACM Transactions on Information Systems 42, 2023,
             doi:10.1145/3631990, who fit such rates; the random share, the averaging over p and c and the
             closed form are ours: docs/personal-ranking.md.

    It assumes more than ``HypergeometricRule`` and reads less. Random order makes it fall back to
    reading nearly everything.
    """

    target: Target = Target()
    name: str = "arrivals"

    def may_stop(self, labels: Labels, pool: int) -> bool:
        """Whether few enough relevant records are expected among the unread ones."""
        return self.failure_probability(labels, pool) < 1 - self.target.confidence

    def failure_probability(self, labels: Labels, pool: int) -> float:
        """Return the probability that recall is below the target; 1.0 before 10 relevant ones."""
        places = np.flatnonzero(labels) + 1.0
        count = len(places)
        missing = self.target.missing_to_fail(count)
        if pool - len(labels) < missing:
            return 0.0
        if count < LEAST_ARRIVALS:
            return 1.0
        whole = _power_integral(float(pool))
        now = (1 - RANDOM_SHARE) * _power_integral(float(len(labels))) / whole
        now = now + RANDOM_SHARE * len(labels) / pool
        rates = (1 - RANDOM_SHARE) * (places[:, None] + _DELAYS) ** -_POWERS / whole
        likelihood = np.log(rates + RANDOM_SHARE / pool).sum(axis=0) - count * np.log(now)
        weights = np.exp(likelihood - likelihood.max())
        return float(weights @ _negative_binomial_tail(missing, count, now) / weights.sum())


LEAST_ARRIVALS = 10
"""Relevant records before ``ArrivalRule`` says anything."""
RANDOM_SHARE = 0.03
"""Of the relevant records, those that come in random order: mislabelled ones, those without text."""
_POWERS, _DELAYS = (
    grid.ravel()
    for grid in np.meshgrid(
        np.linspace(0, 8, 13), [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0], indexing="ij"
    )
)


def _power_integral(end: float) -> NDArray[np.float64]:
    """Return ∫₀^end (x + c)^−p dx for each pair of the grid."""
    flat = np.abs(_POWERS - 1) < 1e-9
    up = np.where(flat, 1.0, 1 - _POWERS)
    powers = ((end + _DELAYS) ** up - _DELAYS**up) / up
    return np.asarray(np.where(flat, np.log1p(end / _DELAYS), powers), np.float64)


def _negative_binomial_tail(
    least: int, failures: int, chance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return P(X ≥ least), X successes before so many failures, each with this chance."""
    each = np.arange(least)
    ways = np.array([math.lgamma(failures + k) - math.lgamma(k + 1) for k in each]) - math.lgamma(
        failures
    )
    success = np.log1p(-np.minimum(chance, 1 - 1e-16))
    terms = ways + failures * np.log(chance)[:, None] + each * success[:, None]
    return np.asarray(np.maximum(0, 1 - np.exp(terms).sum(axis=1)), np.float64)


@dataclass(frozen=True, slots=True)
class Urns:
    """The urns that reading so far may be seen as draws from; arrays of one length."""

    missing: int
    """Relevant records that must be missing for recall to be below the target."""
    unread: int
    sizes: NDArray[np.int64]
    """Records in each urn before the draw."""
    relevant: NDArray[np.int64]
    """Relevant ones among them if just ``missing`` are missing."""

    @classmethod
    def of(cls, labels: Labels, pool: int, target: Target) -> Urns | None:
        """None while no relevant record was read."""
        places = np.flatnonzero(labels)
        count = len(places)
        if not count:
            return None
        missing = target.missing_to_fail(count)
        sizes = pool - np.concatenate([[0], places + 1])
        relevant = missing + np.arange(count, -1, -1)
        possible = relevant <= sizes
        return cls(missing, pool - len(labels), sizes[possible], relevant[possible])


@dataclass(frozen=True, slots=True)
class IrrelevantInARow:
    """Stop after so many irrelevant records in a row: in common use, and without any guarantee."""

    count: int = 50

    @property
    def name(self) -> str:
        """Such as ``50 irrelevant in a row``."""
        return f"{self.count} irrelevant in a row"

    def may_stop(self, labels: Labels, pool: int) -> bool:
        """Whether the last ``count`` labels are all irrelevant."""
        return len(labels) >= self.count and not labels[-self.count :].any()


@dataclass(frozen=True, slots=True)
class Stop:
    """The place at which a rule stops on a sequence whose labels are all known."""

    rule: str
    read: int
    records: int
    relevant_read: int
    relevant: int

    @property
    def recall(self) -> float:
        """True recall at the stop; 1.0 if nothing is relevant."""
        return self.relevant_read / self.relevant if self.relevant else 1.0

    @property
    def share_read(self) -> float:
        """Of all records."""
        return self.read / self.records if self.records else 0.0


def find_stop(rule: StoppingRule, sequence: Sequence[bool] | Labels, every: int = 1) -> Stop:
    """Apply a rule to a whole sequence, looking after each ``every`` labels."""
    labels = np.asarray(sequence, dtype=np.bool_)
    records = len(labels)
    read = next(
        (s for s in range(every, records, every) if rule.may_stop(labels[:s], records)), records
    )
    return Stop(rule.name, read, records, int(labels[:read].sum()), int(labels.sum()))


def oracle_stop(sequence: Sequence[bool] | Labels, target: Target) -> Stop:
    """Return the first place at which the target is met; no rule can know it."""
    labels = np.asarray(sequence, dtype=np.bool_)
    relevant = int(labels.sum())
    needed = next(n for n in range(relevant + 1) if target.missing_to_fail(n) > relevant - n)
    read = int(np.flatnonzero(labels)[needed - 1]) + 1 if needed else 0
    return Stop("oracle", read, len(labels), needed, relevant)
