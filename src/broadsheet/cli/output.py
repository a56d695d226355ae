"""Printing for people and for programs; progress on a terminal's stderr only."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

EXIT_DONE = 0
EXIT_NOTHING_FOUND = 1
EXIT_ERROR = 2

json_option = click.option(
    "-j", "--json", "as_json", is_flag=True, help="JSON lines for programs, one object a line."
)


def print_json(values: dict[str, Any]) -> None:
    """One object on a line of its own, UTF-8 unescaped."""
    click.echo(json.dumps(values, ensure_ascii=False, default=str))


class CommandWithChoices(click.Command):
    """A command whose help ends with names that are looked up only when the help is printed."""

    choices: tuple[str, Callable[[], str]] | None = None
    """The heading, and the function that returns the names."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names below their heading."""
        if self.choices:
            heading, names = self.choices
            with formatter.section(heading):
                formatter.write_text(names())


def human_bytes(count: int) -> str:
    """1536 → "1.5 KiB"."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


@contextmanager
def progress_bar(label: str, unit: str) -> Iterator[Callable[[int, float | None], None]]:
    """Show a progress bar with rate and remaining time, if stderr is a terminal.

    Yields ``advance(done, fraction)``: the units done so far, and their share of the whole from 0
    to 1, or None if the whole is unknown.
    """
    if not sys.stderr.isatty():
        yield lambda done, fraction: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None, detail="")

        def advance(done: int, fraction: float | None) -> None:
            rate = done / max(time.monotonic() - started, 1e-6)
            progress.update(
                task,
                total=None if fraction is None else 1.0,
                completed=fraction or 0.0,
                detail=f"{done:,} {unit}, {rate:,.0f}/s",
            )

        yield advance


def counted(advance: Callable[[int, float | None], None]) -> Callable[[int, int], None]:
    """``advance`` for a caller that reports (done, total) counts."""
    return lambda done, total: advance(done, done / total if total else None)
