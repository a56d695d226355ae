"""Agreement between screeners."""

from collections.abc import Mapping, Sequence
from itertools import combinations


def cohen_kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Return Cohen's κ of two screeners' labels of the same papers.

    κ = (pₒ − pₑ) / (1 − pₑ), with the observed share of agreement pₒ and that of two screeners who
    label independently, each as often positive as they did, pₑ. Source: Cohen 1960,
    doi:10.1177/001316446002000104. None if it is not defined: without labels, or if both gave one
    label only.

    >>> cohen_kappa(
    ...     [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    ... )
    0.4
    """
    if not pairs:
        return None
    total = len(pairs)
    observed = sum(first == second for first, second in pairs) / total
    first_share = sum(first for first, _ in pairs) / total
    second_share = sum(second for _, second in pairs) / total
    expected = first_share * second_share + (1 - first_share) * (1 - second_share)
    if expected == 1:
        return None
    return round((observed - expected) / (1 - expected), 12)


def mean_kappa(labels: Sequence[Mapping[int, bool]]) -> float | None:
    """Return the mean κ over all pairs of screeners, each over the papers that both labelled.

    ``labels`` are one mapping (paper's key to label) a screener. Source for more than two: Light
    1971, doi:10.1037/h0031643. None if no pair has one.
    """
    kappas = [
        kappa
        for first, second in combinations(labels, 2)
        if (kappa := cohen_kappa([(first[key], second[key]) for key in first if key in second]))
        is not None
    ]
    return sum(kappas) / len(kappas) if kappas else None
