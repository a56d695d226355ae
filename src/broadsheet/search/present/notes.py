"""Plain words for a reader whose search found little or nothing."""

from broadsheet.domain.query import EMPTY, Query, conjuncts
from broadsheet.index.port import IndexSnapshot, Selection
from broadsheet.search.query.plan import QueryPlan
from broadsheet.text.languages import find_language, find_script, has_foreign_ending

FILTERS_ONLY = "Only filters were given, so the newest papers come first."
NOT_BY_DATE = (
    "Only papers that hold all of the words can be ordered by date; these come best first."
)
NOTHING_ASKED = "Nothing was asked for; these are the newest papers."


def explain_nothing(plan: QueryPlan, snapshot: IndexSnapshot) -> list[str]:
    """Say why the answer is empty: the library, a filter, all filters together, or the words."""
    if not snapshot.papers:
        return ["The library has no papers yet, or they are not indexed yet."]
    parts = conjuncts(plan.where)
    if parts:
        *alone, together = snapshot.count(
            [*(Selection(part) for part in parts), Selection(plan.where)]
        )
        empty = [part for part, papers in zip(parts, alone, strict=True) if not papers]
        if empty:
            return [f"No paper in the library passes {part}." for part in empty]
        if not together:
            listed = ", ".join(str(part) for part in parts)
            return [f"Each filter has papers, but none passes all of them: {listed}."]
    if parts and plan.terms:
        return ["No paper that passes the filters holds any of the words."]
    if plan.terms:
        return ["None of the words occurs in the library, and no paper is near to them in meaning."]
    return ["The query holds no word to search for."]


def explain_order(query: Query, plan: QueryPlan) -> list[str]:
    """Say why papers come newest first."""
    if plan.terms or plan.likes:
        return []
    return [NOTHING_ASKED if query == EMPTY else FILTERS_ONLY]


def explain_loose(plan: QueryPlan, matching: int, total: int) -> list[str]:
    """Say that no paper has all the words, if others are shown instead."""
    if matching or not total or len(plan.soft) < 2 or len(plan.soft) > 8:
        return []
    return ["No paper holds all of the words; these hold some of them or are near in meaning."]


def explain_language(text: str) -> list[str]:
    """Say that a query is in a language that the shipped model of meaning does not know."""
    typed = text.lower().split()
    language = find_language(text) or find_script(text)
    if language is None:
        if not typed or not all(map(has_foreign_ending, typed)):
            return []
        language = "in another language than English"
    return [
        f"The query seems to be {language}. The model of meaning knows English only, and no paper "
        "holds all of the words: English words may find more."
    ]
