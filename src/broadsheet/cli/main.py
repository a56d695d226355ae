"""The command ``broadsheet``. Each command imports heavy libraries only when it runs."""

import os
import sys
from pathlib import Path

import click

from broadsheet import __version__
from broadsheet.cli.daily import daily_command, trending_command
from broadsheet.cli.digest import digest_group, subscribe_command
from broadsheet.cli.evaluate import evaluate_command
from broadsheet.cli.index import index_group
from broadsheet.cli.library import (
    import_command,
    records_group,
    rejected_group,
    status_command,
)
from broadsheet.cli.output import EXIT_ERROR
from broadsheet.cli.read import search_command, show_command, similar_command
from broadsheet.cli.screen import screen_group
from broadsheet.cli.serve import up_command
from broadsheet.cli.sources import sources_group
from broadsheet.cli.sync import sync_command
from broadsheet.cli.tune import tune_command
from broadsheet.domain.errors import BroadsheetError


class BroadsheetGroup(click.Group):
    """Shows expected errors as one line on stderr and exits with status 2."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BroadsheetError as error:
            click.echo(f"broadsheet: {error}", err=True)
            ctx.exit(EXIT_ERROR)
        except KeyboardInterrupt:
            click.echo("broadsheet: stopped", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # The reader (head, less) has gone; that is its right.
            sys.stderr.close()
            ctx.exit(0)


@click.group(cls=BroadsheetGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="broadsheet")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BROADSHEET_HOME",
    help="Directory of the library; else the platform's directory for a user's data.",
)
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """Your own daily-papers service: collect, search by meaning, read.

    Exit status: 0 done, 1 nothing found, 2 error.
    """
    ctx.obj = home
    # Read when NumPy is first imported. Searches multiply small matrices, which more threads
    # only slow down, and each waits for work by taking a core from others.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


for command in (
    up_command,
    import_command,
    sync_command,
    sources_group,
    search_command,
    similar_command,
    show_command,
    daily_command,
    trending_command,
    status_command,
    subscribe_command,
    digest_group,
    records_group,
    rejected_group,
    index_group,
    evaluate_command,
    tune_command,
    screen_group,
):
    main.add_command(command)
