"""``broadsheet sources``: list sources, switch them on and off, run them."""

import click

from broadsheet.cli.completing import names_from
from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.cli.sync import print_sources, source_as_json, sync_command
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.services.choices import source_names


@click.group("sources", invoke_without_command=True)
@click.pass_context
def sources_group(ctx: click.Context) -> None:
    """Sources on the network: list, add, remove, run."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_command)


@sources_group.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are not switched on.")
@json_option
@click.pass_context
def list_command(ctx: click.Context, everything: bool = False, as_json: bool = False) -> None:
    """List the sources that are switched on or ran before, with their last and next run."""
    with open_library(ctx) as services:
        statuses = services.sources.statuses(OWNER)
        path = services.settings.path()
    listed = [each for each in statuses if everything or each.on or each.last_run or each.problem]
    if as_json:
        for status in listed:
            print_json(source_as_json(status))
    else:
        click.echo(f"settings: {path}", err=True)
        print_sources(listed)
        if not listed:
            names = ", ".join(status.name for status in statuses)
            click.echo(
                f"No source is switched on. `broadsheet sources add NAME`; NAME is one of: {names}"
            )
    if not listed:
        ctx.exit(EXIT_NOTHING_FOUND)


@sources_group.command("add")
@click.argument("name", metavar="NAME", shell_complete=names_from(source_names))
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]…")
@click.pass_context
def add_command(ctx: click.Context, name: str, options: tuple[str, ...]) -> None:
    """Switch a source on, as in `sources add arxiv categories=cs.CL,cs.LG every=12`.

    Written to the settings file; comments in it are kept. A running server follows at its next start.
    """
    chosen_options = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key:
            raise InvalidInputError(f"{option!r}: write options as KEY=VALUE, as in every=12")
        chosen_options[key.strip()] = value.strip()
    with open_library(ctx) as services:
        services.settings.add_source(OWNER, name, chosen_options)
        click.echo(f"{name}: switched on in {services.settings.path()}")


@sources_group.command("remove")
@click.argument("name", metavar="NAME", shell_complete=names_from(source_names))
@click.pass_context
def remove_command(ctx: click.Context, name: str) -> None:
    """Switch a source off. Its options and its papers stay."""
    with open_library(ctx) as services:
        removed = services.settings.remove_source(OWNER, name)
        path = services.settings.path()
    if not removed:
        click.echo(f"{name}: was not switched on in {path}")
        ctx.exit(EXIT_NOTHING_FOUND)
    click.echo(f"{name}: switched off in {path}")


@sources_group.command("run")
@click.argument("names", nargs=-1, metavar="[NAME]…", shell_complete=names_from(source_names))
@json_option
@click.pass_context
def run_command(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Run sources now: the same as `broadsheet sync`."""
    ctx.invoke(sync_command, sources=names, since=None, watch=False, as_json=as_json)
