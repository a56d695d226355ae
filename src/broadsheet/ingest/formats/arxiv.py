"""What arXiv's own formats share: version numbers."""

import re

_VERSION = re.compile(r"v(\d{1,3})")


def version_number(text: str) -> int | None:
    """"v2" → 2; None for anything else."""
    found = _VERSION.fullmatch(text.strip())
    return int(found.group(1)) if found else None
