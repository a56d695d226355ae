"""Is a difference between two rankings more than noise? Paired, topic by topic.

Test      paired randomisation: if neither ranking is better, each topic's difference
          is as likely with the other sign. Exact up to 20 differing topics, sampled
          from a seed beyond. Two-sided.
Interval  paired bootstrap of the mean difference, bias-corrected and accelerated.
Strata    several collections weigh equally: the difference is the mean of their
          means, and topics are resampled within their collection.
Sources   Fisher, The Design of Experiments, 1935, §21; Smucker, Allan & Carterette,
          CIKM 2007, doi:10.1145/1321440.1321528; Phipson & Smyth 2010,
          doi:10.2202/1544-6115.1585 (sampled p-values are never 0); Efron 1987,
          doi:10.2307/2289144 (the interval); Sakai, SIGIR 2006,
          doi:10.1145/1148170.1148261 (bootstrap over topics).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.errors import InvalidInputError

Floats = NDArray[np.float64]

EXACT_UP_TO = 20
"""Differing topics; 2²⁰ sign patterns take .1 s and 16 MB."""
RANDOMISATIONS = 20_000
"""Standard error of a p-value near .05: .0015."""
RESAMPLES = 10_000
CONFIDENCE = 0.95
SIGNIFICANT = 0.05
_CHUNK = 1 << 21
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """New minus old over the same topics; positive if new is better."""

    topics: int
    mean: float
    p_value: float
    low: float
    high: float
    """95 % confidence interval of the mean, with ``low``."""

    @property
    def beyond_noise(self) -> bool:
        """p < .05 and an interval that does not touch 0."""
        return self.p_value < SIGNIFICANT and (self.low > 0 or self.high < 0)

    def as_dict(self) -> dict[str, float | int]:
        """For ``--json`` and settings files."""
        return {
            "topics": self.topics,
            "mean": round(self.mean, 6),
            "p_value": round(self.p_value, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
        }


def randomisation_test(
    differences: Floats, *, seed: int = 0, samples: int = RANDOMISATIONS
) -> float:
    """Return the two-sided p-value that the sum of ``differences``, shape (topics,), is 0.

    Multiply the differences by their weights first if topics do not count equally. Returns 1.0 if
    all are 0.
    """
    # A zero is the same with either sign, so it does not take part.
    sizes = np.abs(differences[differences != 0])
    if sizes.size == 0:
        return 1.0
    observed = abs(float(differences.sum()))
    # Sums of the same numbers in another order differ in their last bits.
    least = observed - 1e-9 * float(sizes.sum())
    if sizes.size <= EXACT_UP_TO:
        sums = np.zeros(1)
        for size in sizes:
            sums = np.concatenate((sums + size, sums - size))
        return float(np.mean(np.abs(sums) >= least))
    random = np.random.default_rng(seed)
    reached = 0
    for rows in _chunks(samples, sizes.size):
        signs = random.integers(0, 2, (rows, sizes.size), dtype=np.int8)
        sums = 2.0 * (signs @ sizes) - sizes.sum()
        reached += int(np.count_nonzero(np.abs(sums) >= least))
    return (reached + 1) / (samples + 1)


def bootstrap_interval(
    strata: Sequence[Floats],
    *,
    confidence: float = CONFIDENCE,
    seed: int = 0,
    samples: int = RESAMPLES,
) -> tuple[float, float]:
    """Interval of the mean over ``strata`` of each one's mean difference.

    Each stratum holds the differences of one collection, shape (topics,), ≥ 1.
    One topic alone, or equal differences, give an interval of no width: look at
    the p-value too.
    """
    random = np.random.default_rng(seed)
    means = np.zeros(samples)
    for values in strata:
        parts = [
            values[random.integers(0, values.size, (rows, values.size))].mean(axis=1)
            for rows in _chunks(samples, values.size)
        ]
        means += np.concatenate(parts) / len(strata)
    centre = float(np.mean([values.mean() for values in strata]))
    # Ties count half: differences between rankings are often exactly 0.
    spread = 1e-12 * (1.0 + abs(centre))
    below = np.mean(means < centre - spread) + 0.5 * np.mean(np.abs(means - centre) <= spread)
    bias = _NORMAL.inv_cdf(float(np.clip(below, 1 / samples, 1 - 1 / samples)))
    influence = np.concatenate([(values - values.mean()) / values.size for values in strata])
    power = float(np.sum(influence**2)) ** 1.5
    acceleration = float(np.sum(influence**3)) / (6 * power) if power else 0.0

    def quantile(share: float) -> float:
        normal = bias + _NORMAL.inv_cdf(share)
        adjusted = _NORMAL.cdf(bias + normal / (1 - acceleration * normal))
        return float(np.quantile(means, adjusted))

    tail = (1 - confidence) / 2
    return quantile(tail), quantile(1 - tail)


def paired_difference(strata: Sequence[Floats], *, seed: int = 0) -> PairedDifference:
    """Return mean, p-value and interval of differences, one stratum a collection.

    Raises InvalidInputError if a stratum is empty or a difference not finite.
    """
    if not strata or any(values.size == 0 for values in strata):
        raise InvalidInputError("nothing to compare: a collection has no topic in common")
    if not all(np.isfinite(values).all() for values in strata):
        raise InvalidInputError("a measure is not a finite number; differences cannot be tested")
    weighted = np.concatenate([values / (values.size * len(strata)) for values in strata])
    low, high = bootstrap_interval(strata, seed=seed)
    return PairedDifference(
        topics=weighted.size,
        mean=float(weighted.sum()),
        p_value=randomisation_test(weighted, seed=seed),
        low=low,
        high=high,
    )


def compare(
    old: Mapping[str, float], new: Mapping[str, float], *, seed: int = 0
) -> PairedDifference:
    """Compare two runs of one collection by a measure of each topic.

    Raises InvalidInputError if the two do not cover the same topics.
    """
    if old.keys() != new.keys():
        apart = sorted(old.keys() ^ new.keys())
        raise InvalidInputError(
            f"the two runs differ in {len(apart)} topics ({', '.join(apart[:5])}); "
            "compare runs of the same topics"
        )
    return paired_difference(
        [np.array([new[topic] - old[topic] for topic in old], dtype=np.float64)], seed=seed
    )


def _chunks(samples: int, width: int) -> list[int]:
    rows = max(1, min(samples, _CHUNK // max(1, width)))
    return [min(rows, samples - start) for start in range(0, samples, rows)]
