"""Accounts of a group: adding and inviting people, roles, tokens, bans."""

import sys
from typing import TextIO

import click

from broadsheet.cli.opening import home_settings, open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER, ROLES
from broadsheet.domain.accounts import SCOPES, AccessToken, Account, check_role

_role_option = click.option(
    "--role", type=click.Choice(ROLES[1:]), default="member", show_default=True, help="Its role."
)


@click.group("accounts")
def accounts_group() -> None:
    """Accounts of a group, for the modes private and open.

    NAME is an account's name or mail address.
    """


@accounts_group.command("add")
@click.argument("name")
@_role_option
@click.option("--address", default="", help="Mail address, which can be used to sign in.")
@click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    help="File whose first line is the password, - for standard input; else it is asked for.",
)
@json_option
@click.pass_context
def add_command(
    ctx: click.Context,
    name: str,
    role: str,
    address: str,
    password_file: TextIO | None,
    as_json: bool,
) -> None:
    """Add an account. The first one is an owner's."""
    password = _read_password(password_file)
    with open_library(ctx) as services:
        account = services.accounts.add(OWNER, name, check_role(role), password, address)
    _print_account(account, as_json)
    if home_settings(ctx).mode == "one":
        click.echo(
            'broadsheet: nobody signs in yet; set mode = "private" or "open" in broadsheet.toml',
            err=True,
        )


@accounts_group.command("list")
@json_option
@click.pass_context
def list_command(ctx: click.Context, as_json: bool) -> None:
    """List all accounts, the oldest first."""
    with open_library(ctx) as services:
        accounts = services.accounts.accounts(OWNER)
    for account in accounts:
        _print_account(account, as_json)
    if not accounts:
        click.echo("broadsheet: there are no accounts", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)


@accounts_group.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES[1:]))
@json_option
@click.pass_context
def role_command(ctx: click.Context, name: str, role: str, as_json: bool) -> None:
    """Change the role of an account, effective at its next request."""
    with open_library(ctx) as services:
        _print_account(services.accounts.set_role(OWNER, name, check_role(role)), as_json)


@accounts_group.command("invite")
@_role_option
@click.option("--days", default=7, show_default=True, help="The link works so long, and once.")
@json_option
@click.pass_context
def invite_command(ctx: click.Context, role: str, days: int, as_json: bool) -> None:
    """Make a link with which somebody makes an account."""
    settings = home_settings(ctx)
    with open_library(ctx) as services:
        token = services.accounts.invite(OWNER, check_role(role), days)
    base = (settings.public_url or f"http://localhost:{settings.port}").rstrip("/")
    link = f"{base}/invitations/{token}"
    if as_json:
        print_json({"role": role, "days": days, "link": link})
    else:
        click.echo(link)


@accounts_group.command("tokens")
@click.argument("name")
@click.option("--add", "token_name", help="Make a token of this name and print it.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What a new token permits."
)
@json_option
@click.pass_context
def tokens_command(
    ctx: click.Context, name: str, token_name: str | None, scopes: tuple[str, ...], as_json: bool
) -> None:
    """List the access tokens of an account, or make one."""
    with open_library(ctx) as services:
        if token_name:
            token, secret = services.accounts.create_token_for(
                OWNER, name, token_name, scopes or ("read",)
            )
            if as_json:
                print_json(_token_object(token) | {"token": secret})
            else:
                click.echo(secret)
            return
        tokens = services.accounts.tokens(services.accounts.get(OWNER, name).principal)
    for token in tokens:
        if as_json:
            print_json(_token_object(token))
        else:
            click.echo(f"{token.id}  {token.name}  {', '.join(token.scopes)}  {token.created_at}")
    if not tokens:
        ctx.exit(EXIT_NOTHING_FOUND)


@accounts_group.command("ban")
@click.argument("name")
@click.option("--reason", required=True, help="Why; everybody can read it.")
@json_option
@click.pass_context
def ban_command(ctx: click.Context, name: str, reason: str, as_json: bool) -> None:
    """Ban an account: its sessions and tokens end, its votes are withdrawn."""
    with open_library(ctx) as services:
        _print_account(services.accounts.ban(OWNER, name, reason), as_json)


@accounts_group.command("unban")
@click.argument("name")
@json_option
@click.pass_context
def unban_command(ctx: click.Context, name: str, as_json: bool) -> None:
    """Lift a ban. Votes that were withdrawn do not come back."""
    with open_library(ctx) as services:
        _print_account(services.accounts.unban(OWNER, name), as_json)


@accounts_group.command("password")
@click.argument("name")
@click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    help="File whose first line is the password, - for standard input; else it is asked for.",
)
@click.pass_context
def password_command(ctx: click.Context, name: str, password_file: TextIO | None) -> None:
    """Give an account a new password; its sessions end."""
    password = _read_password(password_file)
    with open_library(ctx) as services:
        services.accounts.reset_password(OWNER, name, password)


@accounts_group.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def delete_command(ctx: click.Context, name: str, yes: bool) -> None:
    """Delete an account and all it stored here. This cannot be undone."""
    if not yes:
        click.confirm(f"Delete {name} and everything that it kept here?", abort=True)
    with open_library(ctx) as services:
        services.accounts.delete(OWNER, name)


def _read_password(file: TextIO | None) -> str:
    if file is not None:
        return file.readline().rstrip("\r\n")
    return str(
        click.prompt("Password", hide_input=True, confirmation_prompt=sys.stdin.isatty(), err=True)
    )


def _print_account(account: Account, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "name": account.name,
                "role": account.role,
                "address": account.address,
                "created_at": account.created_at.isoformat(),
                "banned": account.banned,
                "reason": account.reason,
            }
        )
        return
    banned = f"  banned: {account.reason}" if account.banned else ""
    click.echo(f"{account.name}  {account.role}  {account.address}{banned}".rstrip())


def _token_object(token: AccessToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "created_at": token.created_at.isoformat(),
    }
