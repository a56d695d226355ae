"""``broadsheet up``: fill an empty library, index, serve."""

from contextlib import suppress

import click

from broadsheet.cli.completing import complete_paths
from broadsheet.cli.library import print_summary
from broadsheet.cli.opening import home_of
from broadsheet.cli.output import counted, progress_bar
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import EmbedderMismatchError, IndexUnavailableError


@click.command("up")
@click.argument("papers", nargs=-1, metavar="[PATH]…", shell_complete=complete_paths)
@click.option("--host", help="Address to listen on; else the setting `host` (127.0.0.1).")
@click.option("--port", type=int, help="Port; 0 picks a free one; else the setting `port` (8642).")
@click.pass_context
def up_command(
    ctx: click.Context, papers: tuple[str, ...], host: str | None, port: int | None
) -> None:
    """Serve the library to a browser until Ctrl-C.

    PATHs are imported first. A new library without PATHs starts with landmark
    papers, so that there is something to read at once. Sources that the settings
    switch on run in the background, each on its schedule.
    """
    from broadsheet.api import arxiv, hub, oai, v1
    from broadsheet.config import load_settings
    from broadsheet.feeds import routes
    from broadsheet.web.reference import NativeApi
    from broadsheet.web.server import serve
    from broadsheet.wiring import open_services, starter_library

    home = home_of(ctx).create()
    settings = load_settings(home, host=host, port=port)
    with open_services(home, settings) as services:
        if papers or not services.admin.status(OWNER).papers:
            with progress_bar("Importing", "papers") as advance, starter_library() as starter:
                summary = services.library.import_paths(
                    OWNER, papers or (str(starter),), None, advance
                )
            for note in summary.notes:
                click.echo(f"broadsheet: {note}", err=True)
            print_summary(summary, as_json=False)
        unfit = (EmbedderMismatchError, IndexUnavailableError)
        with suppress(*unfit), progress_bar("Indexing", "papers") as advance:
            services.admin.index_pending(OWNER, counted(advance))
        if problem := services.admin.status(OWNER).problem:
            click.echo(f"Search has to wait until the index is made anew: {problem}", err=True)
        elif services.admin.renewal_due() == "all":
            click.echo("The embedder was changed: embedding all papers again meanwhile.", err=True)
        services.admin.start_jobs(OWNER)
        if titles := [each.title for each in services.sources.statuses(OWNER) if each.on]:
            click.echo(f"Keeping up with {', '.join(titles)}")
        serve(
            services,
            settings,
            lambda address: click.echo(f"Broadsheet is at {address} (Ctrl-C stops it)"),
            interfaces=(hub.router, arxiv.router, oai.router, v1.router, routes.router),
            native=NativeApi(v1.PREFIX, v1.compose_problem, v1.describe),
        )
    click.echo("stopped")
