"""Commands that save a library to a file and restore it."""

from pathlib import Path

import click

from broadsheet.cli.opening import home_of
from broadsheet.cli.output import human_bytes, json_option, print_json

_file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File whose first line is the passphrase; else BROADSHEET_BACKUP_PASSPHRASE, if set.",
)


@click.command("backup")
@_file_argument
@click.option(
    "--include-secrets",
    is_flag=True,
    help="Also save the signing key, and passwords and keys in the settings, unencrypted.",
)
@_passphrase_option
@json_option
@click.pass_context
def backup_command(
    ctx: click.Context,
    file: Path,
    include_secrets: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Save the library and its settings to the new file FILE.

    The library may be in use meanwhile. The index is left out; it is built again from the library.
    With a passphrase the file is encrypted in the format of `age`, and holds secrets too.
    """
    from broadsheet.services.backup import read_passphrase
    from broadsheet.wiring import back_up

    passphrase = read_passphrase(passphrase_file)
    backup = back_up(home_of(ctx), file, include_secrets, passphrase)
    if as_json:
        print_json(
            {
                "file": str(file),
                "bytes": backup.bytes,
                "encrypted": bool(passphrase),
                "left_out": backup.left_out,
            }
        )
        return
    click.echo(f"saved {file} ({human_bytes(backup.bytes)}{', encrypted' if passphrase else ''})")
    if backup.left_out:
        click.echo(
            f"left out, because they are secret: {', '.join(backup.left_out)}; --include-secrets "
            "saves them too",
            err=True,
        )


@click.command("restore")
@_file_argument
@_passphrase_option
@json_option
@click.pass_context
def restore_command(
    ctx: click.Context, file: Path, passphrase_file: Path | None, as_json: bool
) -> None:
    """Restore the backup FILE into the home directory, which must be new or empty.

    A library goes into the database that BROADSHEET_DATABASE_URL or the saved settings name,
    which must be empty too, else into the home directory.
    """
    from broadsheet.services.backup import read_passphrase
    from broadsheet.wiring import restore

    home = home_of(ctx)
    place = restore(file, home, read_passphrase(passphrase_file))
    if as_json:
        print_json({"file": str(file), "home": str(home.path), "database": place})
        return
    click.echo(f"restored {file} to {place}")
    click.echo(f"the index is built at the next start: broadsheet --home {home.path} up")
