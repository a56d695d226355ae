"""Opening the library for a command, in the home directory that it was given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.domain.services import Services
    from broadsheet.home import Home


@contextmanager
def open_library(ctx: click.Context) -> "Iterator[Services]":
    """Open the library in ``--home``; it is closed when the command ends."""
    from broadsheet.wiring import open_services

    with open_services(home_of(ctx).create()) as services:
        yield services


def home_settings(ctx: click.Context) -> "Settings":
    """The settings of ``--home``, which need not be there."""
    from broadsheet.config import load_settings

    return load_settings(home_of(ctx))


def home_of(ctx: click.Context) -> "Home":
    """The home directory in ``--home`` or the default one, which need not be there."""
    from broadsheet.home import Home, default_home

    path: Path | None = ctx.obj
    return Home(path or default_home())
