"""What an address asks for, read and checked the same way by every page that searches."""

from starlette.exceptions import HTTPException

from broadsheet.domain.search import MODES, Mode


def clean_query(text: str) -> str:
    """The query without control characters and with single spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def read_mode(text: str) -> Mode:
    """The mode named, hybrid where none is. Raises HTTPException (400) for another."""
    for mode in MODES:
        if mode == (text or "hybrid"):
            return mode
    raise HTTPException(400, f"There is no mode “{text[:40]}”: use {', '.join(MODES)}.")
