"""Commands for the embedder that adapts to the library."""

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from broadsheet.cli.opening import opened_engine
from broadsheet.cli.output import (
    EXIT_NOTHING_FOUND,
    counted,
    json_option,
    print_json,
    progress_bar,
)
from broadsheet.domain.errors import IndexLockedError
from broadsheet.domain.status import Adaptation

if TYPE_CHECKING:
    from broadsheet.engine import Engine


@click.group("embedder")
def embedder_group() -> None:
    """What turns text into vectors."""


@embedder_group.command("adapt")
@click.option("--force", is_flag=True, help="Also where the library has not grown by half since.")
@click.option(
    "--background",
    is_flag=True,
    help="Give way to other processes, end with standard input, embed nothing (for `up`).",
)
@json_option
@click.pass_context
def embedder_adapt(ctx: click.Context, force: bool, background: bool, as_json: bool) -> None:
    """Adapt the shipped embedder to the library where that helps.

    Judges on titles and abstracts that were held out, and keeps the model as it ships
    where adapting does harm. Then all papers are embedded again; search goes on
    with the old vectors meanwhile. `up` does all this in the background.
    """
    if background:
        _give_way()
    with opened_engine(ctx) as engine:
        found = engine.adapt_embedder(force)
        if found is None:
            click.echo(_why_not(engine), err=True)
            ctx.exit(EXIT_NOTHING_FOUND)
        if not background:
            _embed_again(engine)
    if as_json:
        print_json(adaptation_as_json(found))
    else:
        click.echo(describe_adaptation(found))


def adaptation_as_json(found: Adaptation) -> dict[str, object]:
    """For ``--json``."""
    return {
        "date": found.date.isoformat(timespec="seconds"),
        "papers": found.papers,
        "helps": found.helps,
        "shipped_log_rank": round(found.shipped_log_rank, 4),
        "adapted_log_rank": round(found.adapted_log_rank, 4),
        "shipped": found.shipped,
        "embedder": found.embedder,
    }


def describe_adaptation(found: Adaptation) -> str:
    """One line: what was judged, on what, and the two figures."""
    outcome = "adapted to the library" if found.helps else "served better by the shipped model"
    return (
        f"{outcome}, judged {found.date:%Y-%m-%d} on {found.papers:,} papers: from title to "
        f"abstract a mean log rank of {found.adapted_log_rank:.3f} adapted, "
        f"{found.shipped_log_rank:.3f} shipped (1 is best)"
    )


def _embed_again(engine: "Engine") -> None:
    try:
        with progress_bar("Embedding again", "papers") as advance:
            engine.renew_index(counted(advance))
    except IndexLockedError:
        click.echo("another process is indexing; a running server embeds again", err=True)


def _why_not(engine: "Engine") -> str:
    status = engine.status()
    if status.adaptation is None or status.papers < status.adaptation.papers:
        return f"{status.papers:,} papers are too few to adapt to; 200 are needed"
    return (
        f"not due: {status.papers:,} papers are not half as many more as the "
        f"{status.adaptation.papers:,} of the last judgement; --force judges all the same"
    )


def _give_way() -> None:
    """Low priority; ended by the end of standard input alone, as Ctrl-C is the server's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(19)

    def watch() -> None:
        while sys.stdin.buffer.read(1 << 16):
            pass
        os._exit(0)  # what is written so far is whole or not named yet

    threading.Thread(target=watch, daemon=True).start()
