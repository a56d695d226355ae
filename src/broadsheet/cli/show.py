"""``broadsheet show``: one paper, and where its fields come from."""

import click

from broadsheet.cli.opening import open_library
from broadsheet.domain.errors import InvalidInputError


@click.command("show")
@click.argument("paper_id", metavar="ID")
@click.option(
    "-f",
    "--format",
    "format_name",
    default="text",
    show_default=True,
    help="text, json, bibtex, cite, ris, csl-json or markdown.",
)
@click.option(
    "--provenance", is_flag=True, help="Say where each field comes from, and list the records."
)
@click.option("--signals", is_flag=True, help="Say how citations, votes and stars changed.")
@click.pass_context
def show_command(
    ctx: click.Context, paper_id: str, format_name: str, provenance: bool, signals: bool
) -> None:
    """Show one paper, by its id or any identifier."""
    if (provenance or signals) and format_name not in ("text", "json"):
        raise InvalidInputError("--provenance and --signals go with --format text or json")
    with open_library(ctx) as services:
        if not provenance and not signals:
            click.echo(services.library.export([paper_id], format_name).rstrip("\n"))
        as_json = format_name == "json"
        if provenance or signals:
            from broadsheet.cli.origins import print_provenance, print_signals
        if provenance:
            print_provenance(paper_id, services.library.get_provenance(paper_id), as_json)
        if signals:
            print_signals(services.library.get_signals(paper_id), as_json)
