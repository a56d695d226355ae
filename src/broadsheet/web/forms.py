"""Forms that readers send."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

MAX_FORM_BYTES = 256 * 1024


async def read_form(request: Request) -> FormData:
    """The fields of a submitted form; 413 for one that is too large."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
        raise HTTPException(413, "That form is too large; shorten its texts.")
    return await request.form(max_files=0, max_fields=100, max_part_size=MAX_FORM_BYTES)


Form = Annotated[FormData, Depends(read_form)]
"""A parameter of a page that receives a form: its fields."""


def text_of(form: FormData, name: str, default: str = "") -> str:
    """A field as text without space around it; ``default`` if it is missing or empty."""
    value = form.get(name)
    return value.strip() or default if isinstance(value, str) else default
