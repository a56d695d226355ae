"""Are explanations true? Leaving out what they rank first must cost most.

Source  DeYoung et al., ERASER, ACL 2020, doi:10.18653/v1/2020.acl-main.408
        (comprehensiveness), against random words of the same query.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from broadsheet.evaluation.significance import PairedDifference, paired_difference
from broadsheet.search.explain import Floats, Score, removal_drops


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Mean fall of the score over queries, and the paired difference of the two."""

    removed: int
    without_top: float
    without_random: float
    difference: PairedDifference
    """Top minus random; faithful where it is above 0 and ``beyond_noise``."""


def measure_faithfulness(
    explained: Iterable[tuple[Score, Floats]], removed: int = 1, *, seed: int = 0
) -> Faithfulness:
    """Compare removals over (score, weights) of each query or paper explained.

    Those with too few players to leave any in are passed over. Raises
    InvalidInputError where none is left.
    """
    top, random = [], []
    for score, weights in explained:
        if weights.size <= removed:
            continue
        without_top, without_random = removal_drops(score, weights, removed, seed=seed)
        top.append(without_top)
        random.append(without_random)
    difference = paired_difference([np.array(top) - np.array(random)], seed=seed)
    return Faithfulness(removed, float(np.mean(top)), float(np.mean(random)), difference)
