"""How near a paper must be in meaning to be a result without any of the words.

The nearest papers of a library are near to every query, also to one that means nothing to the
model; without a floor "zyzzyva" found 200 papers. How near chance comes depends on the model and on
the number of papers. Measured for made-up words: the cosine that 2.5 of n papers reach is very
nearly linear in log n, from .115 at 60 papers to .433 at 430,000 (docs/decisions/0061). So that is
the floor, but not more than ``MOST``. A model that was not measured has none.
"""

import math
from collections.abc import Mapping

CHANCE: Mapping[str, tuple[float, float]] = {"static-1": (-0.0315, 0.0823)}
"""By the name of the model, without its content hash: the cosine at one paper, and how much it
grows when there are ten times as many."""
MOST = 0.4
NO_FLOOR = -1.0


def floor_of(embedder: str | None, papers: int) -> float:
    """Return the least cosine of a result that holds none of the words, in a library of so many
    papers.

    >>> round(floor_of("static-1-371923bf", 60_000), 3)
    0.362
    >>> floor_of("another", 60_000)
    -1.0
    """
    name = (embedder or "").rpartition("-")[0]
    if name not in CHANCE or papers < 1:
        return NO_FLOOR
    start, growth = CHANCE[name]
    return min(MOST, start + growth * math.log10(papers))
