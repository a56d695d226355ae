"""``broadsheet help``, and the message of ``broadsheet`` alone."""

from pathlib import Path

import click

from broadsheet.cli.completing import complete_commands
from broadsheet.domain.errors import InvalidInputError

EMPTY_HOME = """\
There is no library yet. To begin:

  broadsheet up              open a starter library in the browser
  broadsheet import PATH…    import papers from files or folders
  broadsheet sources add arxiv categories=cs.CL && broadsheet sync
"""
FILLED_HOME = """\
Often used:

  broadsheet up              read in the browser
  broadsheet search QUERY    find papers
  broadsheet daily           the latest issue
  broadsheet sync            fetch new papers
"""


def next_steps(home: Path | None) -> str:
    """The next step, with a library or without one."""
    from broadsheet.home import Home, default_home

    steps = FILLED_HOME if Home(home or default_home()).database.exists() else EMPTY_HOME
    return f"{steps}\n`broadsheet help` lists all commands, `broadsheet help COMMAND` explains one."


@click.command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]…", shell_complete=complete_commands)
@click.option("--man", is_flag=True, help="Print the manual page, for: man -l FILE.")
@click.pass_context
def help_command(ctx: click.Context, names: tuple[str, ...], man: bool) -> None:
    """Explain a command, as in `help index rebuild`; else list all."""
    if ctx.parent is None:
        return
    root = ctx.parent.command
    if man and isinstance(root, click.Group):
        from broadsheet.cli.manual import compose_manual

        click.echo(compose_manual(root), nl=False)
        return
    context, command = ctx.parent, ctx.parent.command
    for name in names:
        inner = command.get_command(context, name) if isinstance(command, click.Group) else None
        if inner is None:
            raise InvalidInputError(
                f"there is no command {' '.join(names)!r}; `broadsheet help` lists them"
            )
        command, context = inner, click.Context(inner, context, name)
    click.echo(command.get_help(context))
