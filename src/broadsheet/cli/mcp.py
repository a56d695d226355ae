"""``broadsheet mcp``: the library as tools for assistants."""

import click

from broadsheet.cli.opening import home_settings, is_remote, open_library
from broadsheet.domain.access import ANONYMOUS, OWNER
from broadsheet.domain.errors import InvalidInputError

_PORT = 8643


@click.command("mcp")
@click.option("--http", is_flag=True, help="Serve streamable HTTP on this machine, at /mcp.")
@click.option("--port", type=click.IntRange(1, 65535), default=_PORT, show_default=True)
@click.pass_context
def mcp_command(ctx: click.Context, http: bool, port: int) -> None:
    """Let assistants read the library over the Model Context Protocol.

    Speaks on standard input and output, as assistants that start a program expect, or with
    --http to assistants on this machine. Needs the extra broadsheet[mcp].
    """
    try:
        from mcp.server.transport_security import TransportSecuritySettings

        from broadsheet.api.mcp import make_server
    except ImportError:
        raise InvalidInputError(
            "broadsheet mcp needs the extra: pip install 'broadsheet[mcp]'"
        ) from None
    # At a server, its token decides who acts.
    mode = "one" if is_remote(ctx) else home_settings(ctx).mode
    if http and mode == "private":
        raise InvalidInputError(
            "mode = private: --http knows no accounts; use `broadsheet mcp` without it"
        )
    with open_library(ctx) as services:
        # Whoever starts a program is the owner of its files; over HTTP, as on the pages.
        principal = OWNER if not http or mode == "one" else ANONYMOUS
        server = make_server(services, principal)
        if not http:
            server.run("stdio")
            return
        names = ("127.0.0.1", "localhost")
        click.echo(f"MCP is at http://127.0.0.1:{port}/mcp (Ctrl-C stops it)", err=True)
        server.run(
            "streamable-http",
            host="127.0.0.1",
            port=port,
            stateless_http=True,
            # A page elsewhere must not reach it under a name of its own (DNS rebinding).
            transport_security=TransportSecuritySettings(
                allowed_hosts=[f"{name}:{port}" for name in names],
                allowed_origins=[f"http://{name}:{port}" for name in names],
            ),
        )
