"""Which story leads, and in which order the others follow.

Input   stories with their measurements (``Measured``), in any order.
Score   a sum of points, each with its reason:
          votes        log10((votes + 2.3) / (expected + 2.3)), expected being the mean of the
                       issue over the papers whose source counts votes
          featured     0.5 for a paper on a list curated elsewhere or here
          newsworthy   0.5 × the learned score (in standard deviations), within ±1
          code         0.15 if code is linked
          citations    0.3 × log10(1 + citations a year)
          novelty      1 × (1 − cosine to the nearest earlier paper − 0.4), within 0 … 0.3
          interest     the reader's own interest, if it is known, within ±1
Order   by score; then votes, then the time it was added, the earlier first.
Top     the first ten are chosen one after the other by maximal marginal relevance: the score
        less 0.9 × the highest cosine above 0.5 to a story already chosen, so that one topic does
        not fill the front page.
Source  Carbonell & Goldstein, "The use of MMR", SIGIR 1998, doi:10.1145/290941.291025. The prior
        of 2.3 votes is that of Quality News.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.daily import Reason

PRIOR = 2.3
FEATURED = 0.5
NEWSWORTHY = 0.5
CODE = 0.15
CITATIONS = 0.3
NOVEL_FROM = 0.4
"""Distance (1 − cosine) to the nearest earlier paper from which a paper counts as novel."""
NOVEL_MOST = 0.3
FRONT = 10
"""Stories that are diversified."""
ALIKE_FROM = 0.5
"""Cosine from which two stories count as being about one topic."""
ALIKE_COST = 0.9

_CONSIDERED = 80
"""Stories from which the first ten are chosen."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements by which a story is placed."""

    votes: int | None
    """None if its source counts no votes."""
    featured_by: str = ""
    """The list that featured it, in words; "" for none."""
    newsworthiness: float = 0.0
    """Standard deviations; 0 if nothing learned applies."""
    has_code: bool = False
    citations_per_year: float = 0.0
    distance: float | None = None
    """1 − cosine to the nearest earlier paper; None if it was not measured."""
    interest: float = 0.0


def expected_votes(stories: Sequence[Measured]) -> float:
    """The mean of the votes over the stories whose source counts some."""
    counted = [max(story.votes, 0) for story in stories if story.votes is not None]
    return sum(counted) / len(counted) if counted else 0.0


def weigh(story: Measured, expected: float) -> tuple[Reason, ...]:
    """Return the points of a story with their reasons, the largest first, without zeros."""
    reasons = []
    if story.votes:
        points = math.log10((max(story.votes, 0) + PRIOR) / (expected + PRIOR))
        usual = f"{expected:.0f}" if expected >= 1 else "less than one"
        word = "vote" if story.votes == 1 else "votes"
        words = f"{story.votes:,} {word} where {usual} is usual for this issue"
        reasons.append(Reason("votes", points, words))
    if story.featured_by:
        reasons.append(Reason("featured", FEATURED, f"featured by {story.featured_by}"))
    if news := max(-1.0, min(1.0, NEWSWORTHY * story.newsworthiness)):
        words = "its text is like that of papers that lists of the day choose"
        if news < 0:
            words = "its text is unlike that of papers that lists of the day choose"
        reasons.append(Reason("newsworthy", news, words))
    if story.has_code:
        reasons.append(Reason("code", CODE, "code is available"))
    if story.citations_per_year > 0:
        points = CITATIONS * math.log10(1 + story.citations_per_year)
        words = f"cited {story.citations_per_year:,.0f} times a year"
        if story.citations_per_year < 1:
            words = "cited less than once a year"
        reasons.append(Reason("citations", points, words))
    if story.distance is not None and story.distance > NOVEL_FROM:
        points = min(NOVEL_MOST, story.distance - NOVEL_FROM)
        reasons.append(Reason("novelty", points, "far from every earlier paper of the library"))
    if story.interest:
        interest = max(-1.0, min(1.0, story.interest))
        reasons.append(Reason("interest", interest, "near to what you read"))
    return tuple(sorted(reasons, key=lambda reason: (-reason.points, reason.name)))


def diversify(
    scores: Sequence[float], vectors: NDArray[np.float32], front: int = FRONT
) -> list[int]:
    """Positions of all stories, the first ``front`` chosen by maximal marginal relevance.

    ``scores`` are in descending order; ``vectors`` has a row of unit length (or of zeros) for
    each of the first ``_CONSIDERED`` at least.
    """
    considered = min(len(scores), _CONSIDERED, len(vectors))
    near = vectors[:considered] @ vectors[:considered].T
    cost = ALIKE_COST * np.maximum(near - ALIKE_FROM, 0.0)
    left = np.array(scores[:considered], np.float64)
    penalty = np.zeros(considered)
    order: list[int] = []
    for _ in range(min(front, considered)):
        place = int(np.argmax(left - penalty))
        order.append(place)
        left[place] = -np.inf
        penalty = np.maximum(penalty, cost[place])
    used = set(order)
    return order + [place for place in range(len(scores)) if place not in used]
