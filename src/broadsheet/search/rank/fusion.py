"""Score fusion: rank papers by words and by meaning at once.

Input   two scores for each candidate of one query, however they are scaled; NaN
        where a side knows nothing of a paper.
Output  weight × z(words) + (1 − weight) × z(meaning), z over the candidates; an
        unknown score counts as the lowest of its side.
Range   unitless, about −3 to 6: compare within one query only.
Source  Score normalisation before combination: Montague & Aslam, CIKM 2001,
        doi:10.1145/502585.502657.
"""

from dataclasses import dataclass

import numpy as np

from broadsheet.index.port import Scores


@dataclass(frozen=True, slots=True)
class Scale:
    """How one side's scores are compared, learned from the candidates of one query."""

    lowest: float
    mean: float
    spread: float
    """0 where all are alike, and so tell nothing."""

    @classmethod
    def of(cls, scores: Scores) -> "Scale":
        scored = ~np.isnan(scores)
        if not scored.any():
            return cls(0.0, 0.0, 0.0)
        lowest = float(scores[scored].min())
        filled = np.where(scored, scores, lowest)
        spread = float(filled.std())
        return cls(lowest, float(filled.mean()), spread if spread >= 1e-9 else 0.0)

    def standardised(self, scores: Scores) -> Scores:
        if not self.spread:
            return np.zeros_like(scores)
        filled = np.where(np.isnan(scores), self.lowest, scores)
        return np.asarray((filled - self.mean) / self.spread, np.float32)


NOTHING = Scale(0.0, 0.0, 0.0)
"""Of scores that tell nothing."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """The scales of one query's candidates. With fixed scales it scores any other paper."""

    words: Scale
    meaning: Scale
    weight: float
    """Weight of BM25; meaning gets 1 − weight."""

    @classmethod
    def of(cls, words: Scores, meaning: Scores, weight: float) -> "Fusion":
        return cls(Scale.of(words), Scale.of(meaning), weight)

    def score(self, words: Scores, meaning: Scores) -> Scores:
        """One score each, from two arrays of the same shape (n,)."""
        by_words = self.weight * self.words.standardised(words)
        by_meaning = (1 - self.weight) * self.meaning.standardised(meaning)
        fused: Scores = (by_words + by_meaning).astype(np.float32)
        return fused
