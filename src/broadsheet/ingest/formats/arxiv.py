"""Version numbers, as arXiv's own formats have them."""

import re

_VERSION = re.compile(r"v(\d{1,3})")


def version_number(text: str) -> int | None:
    """ "v2" → 2; None for anything else."""
    match = _VERSION.fullmatch(text.strip())
    return int(match.group(1)) if match else None
