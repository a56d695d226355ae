"""Shared by arXiv's own formats: version numbers, and the OAI sets of categories."""

import re

_VERSION = re.compile(r"v(\d{1,3})")

GROUPS = ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat")
"""Archives that are a group (the first part of a set's name) of their own."""

PHYSICS = (
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "physics", "quant-ph",
)  # fmt: skip
"""Archives of the group "physics"."""

_SET = re.compile(r"[a-z-]+(?::[\w-]+){1,2}")


def version_number(text: str) -> int | None:
    """ "v2" → 2; None for anything else."""
    match = _VERSION.fullmatch(text.strip())
    return int(match.group(1)) if match else None


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
