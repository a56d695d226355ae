"""Opening the library for a command: the one in a home directory, or one that a server has."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.domain.services import Services
    from broadsheet.home import Home

TOKEN_VARIABLE = "BROADSHEET_TOKEN"
_MOST_TOKEN = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the library of a command is."""

    home: Path | None = None
    """The home directory; None for the usual one."""
    server: str = ""
    """The address of the service that has the library; "" for a library here."""
    token_file: Path | None = None


@contextmanager
def open_library(ctx: click.Context) -> "Iterator[Services]":
    """Open the library of ``--home`` or ``--server``; it is closed when the command ends."""
    place = _place_of(ctx)
    if place.server:
        from broadsheet.remote import open_remote

        token = _read_token(place)
        with open_remote(place.server, token, _command_of(ctx)) as services:
            yield services
        return
    from broadsheet.wiring import open_services

    with open_services(home_of(ctx).create()) as services:
        yield services


def is_remote(ctx: click.Context) -> bool:
    """Whether a server has the library."""
    return bool(_place_of(ctx).server)


def home_settings(ctx: click.Context) -> "Settings":
    """The settings of ``--home``, which need not be there. Raises InvalidInputError with
    ``--server``."""
    from broadsheet.config import load_settings

    return load_settings(home_of(ctx))


def home_of(ctx: click.Context) -> "Home":
    """The home directory in ``--home`` or the default one, which need not be there. Raises
    InvalidInputError with ``--server``."""
    from broadsheet.home import Home, default_home

    place = _place_of(ctx)
    if place.server:
        from broadsheet.remote import refuse_remote

        raise refuse_remote(_command_of(ctx), place.server)
    return Home(place.home or default_home())


def _command_of(ctx: click.Context) -> str:
    """The command's name with its groups, as "broadsheet index rebuild"."""
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, at.info_name or "")
        at = at.parent
    return " ".join(("broadsheet", *names))


def _place_of(ctx: click.Context) -> Place:
    place: Place = ctx.obj
    return place


def _read_token(place: Place) -> str:
    """The access token for the server: of the file, else of the environment; "" without one."""
    if place.token_file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        with place.token_file.open(encoding="ascii") as file:
            token = file.read(_MOST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InvalidInputError(f"--token-file: {place.token_file}: {reason}") from error
    if not token or len(token.split()) != 1:
        raise InvalidInputError(
            f"--token-file: {place.token_file} must hold one access token and nothing else"
        )
    return token
