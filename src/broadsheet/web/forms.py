"""Forms that readers send."""

import hmac
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from broadsheet.web.principal import form_token_of

MAX_FORM_BYTES = 256 * 1024
MAX_FILE_BYTES = 4 * 1024 * 1024
"""Bytes of a form with a file."""

TOKEN_FIELD = "form-token"


async def read_form(request: Request) -> FormData:
    """The fields of a submitted form; 413 for one that is too large, 403 for one without the
    token of the session that sends it."""
    return await _read_form(request, MAX_FORM_BYTES, files=0)


async def read_form_with_file(request: Request) -> FormData:
    """The fields of a form that may hold one file. Refuses as ``read_form``."""
    return await _read_form(request, MAX_FILE_BYTES, files=1)


async def _read_form(request: Request, most_bytes: int, files: int) -> FormData:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most_bytes:
        raise HTTPException(413, "That form is too large; shorten its texts.")
    form = await request.form(max_files=files, max_fields=100, max_part_size=MAX_FORM_BYTES)
    expected = form_token_of(request)
    if expected and not hmac.compare_digest(text_of(form, TOKEN_FIELD).encode(), expected.encode()):
        raise HTTPException(
            403, "This form is of an earlier session. Go back, reload the page and try once more."
        )
    return form


Form = Annotated[FormData, Depends(read_form)]
"""A parameter of a page that receives a form: its fields."""

FormWithFile = Annotated[FormData, Depends(read_form_with_file)]
"""The same for a form that may hold a file."""


def text_of(form: FormData, name: str, default: str = "") -> str:
    """A field as text without space around it; ``default`` if it is missing or empty."""
    value = form.get(name)
    return value.strip() or default if isinstance(value, str) else default


def file_of(form: FormData, name: str) -> tuple[str, bytes]:
    """Name and content of a sent file; ("", b"") if there is none."""
    value = form.get(name)
    if not isinstance(value, UploadFile) or not value.filename:
        return "", b""
    return value.filename, value.file.read()


def own_path(text: str, default: str = "/") -> str:
    """A path of this site to go on to; ``default`` for anything that leads elsewhere.

    >>> own_path("/papers?q=x"), own_path("//evil.example"), own_path("https://evil.example")
    ('/papers?q=x', '/', '/')
    """
    plain = all(" " < character < "\x7f" and character != "\\" for character in text)
    return text if plain and text.startswith("/") and not text.startswith("//") else default


def redirect_back(form: FormData, default: str = "/") -> Response:
    """Go on to the page that the form came from, by its field ``next``."""
    return RedirectResponse(
        own_path(text_of(form, "next"), default), 303, {"Cache-Control": "no-store"}
    )
