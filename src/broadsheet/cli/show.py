"""``broadsheet show``: papers, and where their fields come from."""

import click

from broadsheet.cli.completing import names_from
from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError

_FORMATS = "text, jsonl, bibtex, biblatex, cite, ris, csl-json, markdown, csv"


@click.command("show")
@click.argument("names", nargs=-1, required=True, metavar="ID…")
@click.option(
    "-f",
    "--format",
    "format_name",
    default="text",
    show_default=True,
    metavar="NAME",
    shell_complete=names_from(lambda: _FORMATS),
    help=f"One of {_FORMATS}.",
)
@click.option(
    "--provenance", is_flag=True, help="Say where each field comes from, and list the records."
)
@click.option("--signals", is_flag=True, help="Say how citations, votes and stars changed.")
@json_option
@click.pass_context
def show_command(
    ctx: click.Context,
    names: tuple[str, ...],
    format_name: str,
    provenance: bool,
    signals: bool,
    as_json: bool,
) -> None:
    """Show papers, each by its id or any identifier.

    With --json text is readable, as in `search --json`; with --format jsonl it is as it came, for
    `broadsheet import`.
    """
    if (provenance or signals or as_json) and format_name != "text":
        raise InvalidInputError("--provenance, --signals and --json go without --format")
    with open_library(ctx) as services:
        papers, unknown = [], []
        for name in names:
            try:
                papers.append(services.library.get_paper(name))
            except PaperNotFoundError as error:
                unknown.append(str(error))
        if provenance or signals:
            from broadsheet.cli.origins import print_provenance, print_signals

            for paper in papers:
                if provenance:
                    origins = services.library.get_provenance(paper.id)
                    print_provenance(paper.id, origins, as_json)
                if signals:
                    print_signals(services.library.get_signals(paper.id), as_json)
        elif as_json:
            from broadsheet.export.record import compose_reading

            for paper in papers:
                print_json(compose_reading(paper))
        elif papers:
            ids = [paper.id for paper in papers]
            click.echo(services.library.export(ids, format_name).rstrip("\n"))
    for words in unknown:
        click.echo(f"broadsheet: {words}", err=True)
    if unknown:
        ctx.exit(EXIT_NOTHING_FOUND)
