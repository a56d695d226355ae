"""Opening the engine for a command, with the home directory it was given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.engine import Engine
    from broadsheet.home import Home


@contextmanager
def opened_engine(ctx: click.Context) -> "Iterator[Engine]":
    """The engine over ``--home``; closed when the command ends."""
    from broadsheet.wiring import open_engine

    with open_engine(_home(ctx).create()) as engine:
        yield engine


def home_settings(ctx: click.Context) -> "Settings":
    """The settings of ``--home``, which need not be there."""
    from broadsheet.config import load_settings

    return load_settings(_home(ctx))


def _home(ctx: click.Context) -> "Home":
    from broadsheet.home import Home, default_home

    path: Path | None = ctx.obj
    return Home(path or default_home())
