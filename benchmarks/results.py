"""benchmarks/RESULTS.md: sections that several measurements write, each its own."""

import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")

_HEADING = re.compile(r"^## .*$", re.MULTILINE)


def write_sections(lines: Sequence[str], path: Path = RESULTS) -> None:
    """Put the sections in ``lines`` (each begins with "## …") in place of those of the same
    heading; new ones go to the end. What stands before the first replaces the top."""
    top, given = _parted("\n".join(lines).strip() + "\n")
    old_top, kept = _parted(path.read_text(encoding="utf-8") if path.exists() else "")
    sections = {**kept, **given}
    parts = [top or old_top, *sections.values()]
    path.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def _parted(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section, and the sections by heading."""
    starts = [found.start() for found in _HEADING.finditer(text)]
    if not starts:
        return text.strip(), {}
    ends = [*starts[1:], len(text)]
    sections = (text[start:end] for start, end in zip(starts, ends, strict=True))
    return text[: starts[0]].strip(), {each.splitlines()[0]: each for each in sections}
