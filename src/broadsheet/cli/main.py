"""The command ``broadsheet``. Each command imports heavy libraries only when it runs."""

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from broadsheet import __version__
from broadsheet.cli.opening import Place
from broadsheet.cli.output import EXIT_ERROR, EXIT_NOTHING_FOUND
from broadsheet.domain.errors import BroadsheetError, PaperNotFoundError

COMMANDS = {
    "help": "help.help_command",
    "up": "serve.up_command",
    "import": "library.import_command",
    "sync": "sync.sync_command",
    "sources": "sources.sources_group",
    "search": "read.search_command",
    "similar": "read.similar_command",
    "show": "show.show_command",
    "export": "export.export_command",
    "daily": "daily.daily_command",
    "trending": "daily.trending_command",
    "for-you": "for_you.for_you_command",
    "follow": "follow.follow_group",
    "submit": "submit.submit_command",
    "submissions": "submit.submissions_command",
    "feature": "submit.feature_command",
    "mcp": "mcp.mcp_command",
    "status": "library.status_command",
    "doctor": "doctor.doctor_command",
    "backup": "backup.backup_command",
    "restore": "backup.restore_command",
    "completion": "completing.completion_command",
    "accounts": "accounts.accounts_group",
    "subscribe": "digest.subscribe_command",
    "digest": "digest.digest_group",
    "records": "library.records_group",
    "rejected": "library.rejected_group",
    "index": "index.index_group",
    "evaluate": "evaluate.evaluate_command",
    "tune": "tune.tune_command",
    "screen": "screen.screen_group",
    "zotero": "zotero.zotero_group",
}
"""Where in ``broadsheet.cli`` each command is; its module is imported when it is run."""


class BroadsheetGroup(click.Group):
    """Prints expected errors as one line on stderr and exits with 2, for an unknown paper with 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(".")
        command: click.Command = getattr(import_module(f"broadsheet.cli.{module}"), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BroadsheetError as error:
            click.echo(f"broadsheet: {error}", err=True)
            ctx.exit(EXIT_NOTHING_FOUND if isinstance(error, PaperNotFoundError) else EXIT_ERROR)
        except KeyboardInterrupt:
            click.echo("broadsheet: stopped", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # The reader (head, less) has gone; that is its right.
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            click.echo(
                f"broadsheet: {place}{error.strerror or error}; `broadsheet doctor` checks the disk "
                "and permissions",
                err=True,
            )
            ctx.exit(EXIT_ERROR)


@click.group(
    cls=BroadsheetGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="broadsheet")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BROADSHEET_HOME",
    help="Directory of the library; else the platform's directory for a user's data.",
)
@click.option(
    "--server",
    metavar="URL",
    default="",
    envvar="BROADSHEET_SERVER",
    help="Read the library of this Broadsheet instead of one here. An access token, if it wants "
    "one, comes from BROADSHEET_TOKEN or --token-file.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="BROADSHEET_TOKEN_FILE",
    help="File with the access token for --server.",
)
@click.pass_context
def main(ctx: click.Context, home: Path | None, server: str, token_file: Path | None) -> None:
    """Your own daily-papers service: collect, search by meaning, read.

    Exit status: 0 done, 1 nothing found, 2 error.
    """
    ctx.obj = _choose_place(ctx, home, server, token_file)
    if os.environ.get("NO_COLOR"):
        ctx.color = False  # neither bold nor dim: no-color.org
    # Read when NumPy is first imported. Searches multiply small matrices, which more threads
    # only slow down, and each waits for work by taking a core from others.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if ctx.invoked_subcommand is None:
        from broadsheet.cli.help import next_steps

        click.echo(next_steps(home))


def _choose_place(
    ctx: click.Context, home: Path | None, server: str, token_file: Path | None
) -> Place:
    """A home on the command line overrides a server of the environment, and the other way round.
    Raises a usage error if both stand in the same place."""
    typed = click.core.ParameterSource.COMMANDLINE
    home_typed = ctx.get_parameter_source("home") is typed
    server_typed = ctx.get_parameter_source("server") is typed
    if server and home_typed and server_typed:
        raise click.UsageError("give --home or --server, not both")
    if home_typed and not server_typed:
        server = ""
    return Place(home, server, token_file)
