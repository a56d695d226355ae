"""Commands for the search index."""

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import counted, progress_bar
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import IndexLockedError

if TYPE_CHECKING:
    from broadsheet.domain.services import Services
    from broadsheet.domain.status import Renewal


@click.group("index")
def index_group() -> None:
    """The search index, derived from the database."""


@index_group.command("rebuild")
@click.pass_context
def index_rebuild(ctx: click.Context) -> None:
    """Build the index anew beside the present one, then switch over."""
    with open_library(ctx) as services:
        with progress_bar("Indexing", "papers") as advance:
            services.admin.rebuild_index(OWNER, counted(advance))
        status = services.admin.status(OWNER)
    click.echo(f"{status.indexed:,} papers indexed", err=True)


@index_group.command("renew")
@click.option(
    "--background",
    is_flag=True,
    help="Give way to other processes and end with standard input; `up` starts this.",
)
@click.pass_context
def index_renew(ctx: click.Context, background: bool) -> None:
    """Rebuild the part of the index that is due; search stays available.

    Embeds all papers again if the embedder was changed. Merges the segments of the word index if
    there are many, as after a large import. `up` does both in the background.
    """
    if background:
        _give_way()
    with open_library(ctx) as services:
        done = _renew(services, patient=background)
        papers = services.admin.status(OWNER).indexed
    click.echo(_RENEWED[done].format(papers=papers))


_RENEWED = {
    "": "nothing is due",
    "words": "the words of {papers:,} papers are one segment now",
    "all": "{papers:,} papers were embedded again",
}


def _renew(services: "Services", patient: bool) -> "Renewal":
    """Rebuild the due part and return it. With ``patient``, wait while another process writes to
    the index.
    """
    while True:
        try:
            with progress_bar("Indexing", "papers") as advance:
                return services.admin.renew_index(OWNER, counted(advance))
        except IndexLockedError:
            if not patient:
                raise
            time.sleep(1)


def _give_way() -> None:
    """Low priority; ended by the end of standard input alone, as Ctrl-C is the server's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # with 19 it would starve beside any other work

    def watch() -> None:
        # Not by sys.stdin, whose lock would be held when this process ends by itself.
        while os.read(0, 1 << 16):
            pass
        os._exit(0)  # finished files are complete, unfinished ones have no name yet

    threading.Thread(target=watch, daemon=True).start()


@index_group.command("follow")
@click.pass_context
def index_follow(ctx: click.Context) -> None:
    """Keep the index up with the library until standard input ends.

    Large imports start this as a second process, to use a second core.
    """
    ended = threading.Event()

    def watch() -> None:
        while sys.stdin.buffer.read(1 << 16):
            pass
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    with open_library(ctx) as services:
        services.admin.follow(OWNER, ended.wait)
