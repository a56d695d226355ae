"""Shared by the three arXiv sources: request limits, and legal categories."""

from collections.abc import Sequence

from broadsheet.sources.announcements import explain_quiet
from broadsheet.sources.schedule import ARXIV
from broadsheet.sources.source import Policy
from broadsheet.text.arxiv_sets import GROUPS, PHYSICS, set_of_category

POLICY = Policy(
    spacing=3.0, daily_budget=5_000, shared="arxiv", rhythm=ARXIV, explain_quiet=explain_quiet
)
"""arXiv asks for 3 s between requests and one connection, over all ways to reach it."""


def checked_categories(categories: Sequence[str]) -> list[str]:
    """Return ``categories``, stripped, each once. Raises ValueError for unknown ones."""
    names = [name.strip() for name in categories]
    unknown = [name for name in names if set_of_category(name) is None]
    if unknown:
        raise ValueError(
            f"arXiv has no category {', '.join(map(repr, unknown))}; give names like cs.LG or "
            f"hep-th, or a whole archive: {', '.join((*GROUPS, *PHYSICS))}"
        )
    return list(dict.fromkeys(names))
