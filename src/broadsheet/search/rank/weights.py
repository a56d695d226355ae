"""How much each part of a ranking counts: the settings of the table ``[ranking]``.

Chosen on the odd topics of Cranfield, CISI and NPL, on every second query of the known
items and on the collections of ``benchmarks.development``; see benchmarks/QUALITY.md.
Standard library only: the settings import it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Weights:
    """Scores are standardised over a query's candidates before they are weighted."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    words: float = 0.55
    """Weight of BM25; nearness in meaning gets 1 − weight."""
    feedback: float = 0.4
    """Of nearness to the papers that are best so far; see ``feedback``."""
    feedback_papers: int = 10
    closeness: float = 0.2
    """Of the query's words standing near each other; see ``closeness``."""

    def __post_init__(self) -> None:
        """Raise ValueError for weights that make no ranking."""
        if not 0 <= self.words <= 1:
            raise ValueError(f"words is {self.words}; it must be between 0 and 1")
        for name, weight in (("feedback", self.feedback), ("closeness", self.closeness)):
            if not (math.isfinite(weight) and weight >= 0):
                raise ValueError(f"{name} is {weight}; it must be 0 or more")
        if self.feedback_papers < 1:
            raise ValueError(f"feedback_papers is {self.feedback_papers}; it must be 1 or more")


SHIPPED = Weights()
"""Weights of a library where nothing else is set."""

TUNED: Mapping[str, tuple[float, float]] = {
    "words": (0.2, 0.9),
    "feedback": (0.0, 1.0),
    "feedback_papers": (3, 30),
    "closeness": (0.0, 0.8),
}
"""Where ``broadsheet tune`` looks for each weight: lowest, highest."""
