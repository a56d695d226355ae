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
    """What a screener wants to be sure of."""

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
    """Where a rule stops on a sequence whose labels are all known."""

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
    """Return the first place at which the target is met: what no rule can know."""
    labels = np.asarray(sequence, dtype=np.bool_)
    relevant = int(labels.sum())
    needed = next(n for n in range(relevant + 1) if target.missing_to_fail(n) > relevant - n)
    read = int(np.flatnonzero(labels)[needed - 1]) + 1 if needed else 0
    return Stop("oracle", read, len(labels), needed, relevant)
