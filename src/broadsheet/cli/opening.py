"""Opening the engine for a command, with the home directory it was given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from broadsheet.engine import Engine


@contextmanager
def opened_engine(ctx: click.Context) -> "Iterator[Engine]":
    """The engine over ``--home``; closed when the command ends."""
    from broadsheet.home import Home, default_home
    from broadsheet.wiring import open_engine

    path: Path | None = ctx.obj
    with open_engine(Home(path or default_home()).create()) as engine:
        yield engine
