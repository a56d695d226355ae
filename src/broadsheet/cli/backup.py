"""Commands that save a library to a file and restore it."""

from pathlib import Path

import click

from broadsheet.cli.opening import home_of
from broadsheet.cli.output import human_bytes, json_option, print_json

_file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command("backup")
@_file_argument
@click.option(
    "--include-secrets",
    is_flag=True,
    help="Also save the signing key, and passwords and keys in the settings, unencrypted.",
)
@json_option
@click.pass_context
def backup_command(ctx: click.Context, file: Path, include_secrets: bool, as_json: bool) -> None:
    """Save the library and its settings to the new file FILE.

    The library may be in use meanwhile. The index is left out; it is built again from the library.
    """
    from broadsheet.wiring import back_up

    backup = back_up(home_of(ctx), file, include_secrets)
    if as_json:
        print_json({"file": str(file), "bytes": backup.bytes, "left_out": backup.left_out})
        return
    click.echo(f"saved {file} ({human_bytes(backup.bytes)})")
    if backup.left_out:
        click.echo(
            f"left out, because they are secret: {', '.join(backup.left_out)}; --include-secrets "
            "saves them too",
            err=True,
        )


@click.command("restore")
@_file_argument
@json_option
@click.pass_context
def restore_command(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Restore the backup FILE into the home directory, which must be new or empty.

    A library goes into the database that BROADSHEET_DATABASE_URL or the saved settings name,
    which must be empty too, else into the home directory.
    """
    from broadsheet.wiring import restore

    home = home_of(ctx)
    place = restore(file, home)
    if as_json:
        print_json({"file": str(file), "home": str(home.path), "database": place})
        return
    click.echo(f"restored {file} to {place}")
    click.echo(f"the index is built at the next start: broadsheet --home {home.path} up")
