"""What arXiv's own formats share: version numbers, and which sets mean which category."""

import re

_VERSION = re.compile(r"v(\d{1,3})")


def version_number(text: str) -> int | None:
    """ "v2" → 2; None for anything else."""
    found = _VERSION.fullmatch(text.strip())
    return int(found.group(1)) if found else None


def category_of_set(name: str) -> str:
    """The category that an OAI set stands for: "cs:cs:LG" → "cs.LG",
    "physics:hep-ph" → "hep-ph"; empty for a whole group ("cs")."""
    parts = name.split(":")
    if len(parts) == 3:
        return parts[1] if parts[1] == parts[2] else f"{parts[1]}.{parts[2]}"
    return parts[1] if len(parts) == 2 else ""
