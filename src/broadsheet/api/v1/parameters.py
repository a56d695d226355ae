"""Parameters that several addresses of the API take."""

from typing import Annotated

from fastapi import Path, Query

from broadsheet.domain.errors import InvalidInputError

MOST_TEXT = 1000

Cursor = Annotated[
    str, Query(max_length=200, description="The field `next` of the page before this one.")
]
Limit = Annotated[int, Query(ge=1, le=100, description="Papers on a page.")]
EditionName = Annotated[str, Query(max_length=100, description="See /editions.")]
SectionName = Annotated[str, Query(max_length=100, description='Only this field, as "Vision".')]
QueryText = Annotated[str, Query(max_length=MOST_TEXT, description="In the query language.")]
PaperName = Annotated[
    str, Path(max_length=500, description="An id or identifier: 1706.03762, doi:10.…")
]
PeriodName = Annotated[
    str,
    Path(
        max_length=20,
        description="latest, today, a day (2026-06-02), week (2026-W23), month (2026-06) or year.",
    ),
]


def clean(text: str) -> str:
    """Return text without control characters and with single spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def checked_name(name: str) -> str:
    """Return a name if it has no characters that no name has and that databases refuse. Raises
    InvalidInputError."""
    if "\0" in name or any("\ud800" <= sign <= "\udfff" for sign in name):
        raise InvalidInputError("a name has no control characters")
    return name
