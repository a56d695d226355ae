"""arXiv's archives, and the sets that stand for them and their categories in OAI-PMH.

A set is ``group:archive:SUBJECT`` or the beginning of one: "cs:cs:LG", "physics:hep-th", "cs".
"""

import re
from collections.abc import Iterator, Sequence

GROUPS = ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat")
"""Archives that are a group (the first part of a set's name) of their own."""

PHYSICS = (
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "physics", "quant-ph",
)  # fmt: skip
"""Archives of the group "physics"."""

_SET = re.compile(r"[a-z-]+(?::[\w-]+){1,2}")


def category_of_set(name: str) -> str:
    """The category that an OAI set stands for: "cs:cs:LG" → "cs.LG",
    "physics:hep-ph" → "hep-ph"; empty for a whole group ("cs")."""
    parts = name.split(":")
    if len(parts) == 3:
        return parts[1] if parts[1] == parts[2] else f"{parts[1]}.{parts[2]}"
    return parts[1] if len(parts) == 2 else ""


def set_of_category(category: str) -> str | None:
    """Return the OAI set of a category or whole archive, or None for an unknown one.

    "cs.LG" → "cs:cs:LG", "cs" → "cs", "hep-th" → "physics:hep-th". A set's own name stays.
    """
    archive, dot, subject = category.partition(".")
    if _SET.fullmatch(category):
        return category
    if (dot and not re.fullmatch(r"[\w-]+", subject)) or archive not in (*GROUPS, *PHYSICS):
        return None
    if archive in GROUPS:
        return f"{archive}:{archive}:{subject}" if dot else archive
    return f"physics:{archive}:{subject}" if dot else f"physics:{archive}"


def categories_of_set(name: str) -> Sequence[str] | None:
    """Return the categories and archives of a set, or None for a set that arXiv does not have.

    "cs" → ("cs",), "physics" → all archives of physics, "physics:physics" → ("physics",).
    """
    if name == "physics":
        return PHYSICS
    if name in GROUPS:
        return (name,)
    category = category_of_set(name)
    known = set_of_category(category) if category else None
    return (category,) if category and known in (name, name.partition(":")[0]) else None


def iter_sets(categories: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield all sets with the category or archive of each, groups first: ("cs", "cs"),
    ("cs:cs", "cs"), ("cs:cs:AI", "cs.AI")."""
    for group in (*GROUPS, "physics"):
        yield group, group
        for archive in PHYSICS if group == "physics" else (group,):
            yield f"{group}:{archive}", archive
            for category in categories:
                if category.startswith(f"{archive}."):
                    yield f"{group}:{archive}:{category.partition('.')[2]}", category
