"""Plain words for a reader whose search found little or nothing."""

from broadsheet.domain.query import EMPTY, Query
from broadsheet.index.port import WordIndex
from broadsheet.search.query.plan import Plan, conjuncts

FILTERS_ONLY = "Only filters were given, so the newest papers come first."
NOT_BY_DATE = (
    "Only papers that hold all of the words can be ordered by date; these come best first."
)
NOTHING_ASKED = "Nothing was asked for; these are the newest papers."


def explain_nothing(plan: Plan, words: WordIndex) -> list[str]:
    """Why the answer is empty: the library, a filter, all filters together, the words."""
    if not words.count_papers():
        return ["The library has no papers yet, or they are not indexed yet."]
    parts = conjuncts(plan.where)
    alone = [part for part in parts if not words.count(part)]
    if alone:
        return [f"No paper in the library passes {part}." for part in alone]
    if parts and not words.count(plan.where):
        together = ", ".join(str(part) for part in parts)
        return [f"Each filter has papers, but none passes all of them: {together}."]
    if parts and plan.terms:
        return ["No paper that passes the filters holds any of the words."]
    if plan.terms:
        return ["None of the words occurs in the library."]
    return ["The query holds no word to search for."]


def explain_order(query: Query, plan: Plan) -> list[str]:
    """Why papers come newest first."""
    if plan.terms or plan.likes:
        return []
    return [NOTHING_ASKED if query == EMPTY else FILTERS_ONLY]


def explain_loose(plan: Plan, matching: int, found: int) -> list[str]:
    """Said when no paper holds all the words, and others are shown for it."""
    if matching or not found or len(plan.soft) < 2 or len(plan.soft) > 8:
        return []
    return ["No paper holds all of the words; these hold some of them or are near in meaning."]
