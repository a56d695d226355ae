"""``broadsheet zotero push``: papers into a Zotero library."""

import os
from pathlib import Path

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_ERROR, EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError

KEY_VARIABLE = "BROADSHEET_ZOTERO_KEY"


@click.group("zotero")
def zotero_group() -> None:
    """Put papers into a Zotero library. The source `zotero` reads one: see `broadsheet sources`."""


@zotero_group.command("push")
@click.argument("query", nargs=-1, metavar="[QUERY]")
@click.option(
    "--list", "list_name", metavar="ID", help="The papers of a collection here: its id or title."
)
@click.option(
    "--library", required=True, metavar="users/NUMBER|groups/NUMBER", help="Library in Zotero."
)
@click.option(
    "--collection", default="", metavar="NAME", help="Collection in Zotero; made if missing."
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File with a key that may write; else {KEY_VARIABLE} has it.",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Most results of a QUERY.",
)
@click.option(
    "--endpoint",
    default="https://api.zotero.org",
    show_default=True,
    metavar="URL",
    help="Address of the API.",
)
@json_option
@click.pass_context
def push_command(
    ctx: click.Context,
    query: tuple[str, ...],
    list_name: str | None,
    library: str,
    collection: str,
    key_file: Path | None,
    limit: int,
    endpoint: str,
    as_json: bool,
) -> None:
    """Add the papers of a QUERY, or of a collection here, to a Zotero library.

    A paper that the library has already, by any identifier, is not added again; it is put into the
    collection if it is not there. So the same push may be repeated.
    """
    from broadsheet.services.selections import Choice, choose_papers
    from broadsheet.services.zotero_push import push

    if bool(query) == (list_name is not None):
        raise InvalidInputError("give either a QUERY or --list ID")
    key = _read_key(key_file)
    with open_library(ctx) as services:
        if list_name is not None:
            titles = {each.title: each.id for each in services.collections.own(OWNER)}
            entries = services.collections.papers(OWNER, titles.get(list_name, list_name))
            papers = [paper for paper, _ in entries]
        else:
            found, _ = choose_papers(services, OWNER, Choice(query=" ".join(query)), limit)
            papers = list(found)
    if not papers:
        click.echo("No papers.", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)
    pushed = push(papers, library, key, collection, endpoint)
    if as_json:
        print_json(
            {
                "added": pushed.added,
                "collected": pushed.collected,
                "present": pushed.present,
                "refused": list(pushed.refused),
            }
        )
    else:
        click.echo(
            f"{pushed.added:,} added, {pushed.collected:,} put into the collection, "
            f"{pushed.present:,} there already"
        )
    for words in pushed.refused:
        click.echo(f"broadsheet: Zotero refused {words}", err=True)
    if pushed.refused:
        ctx.exit(EXIT_ERROR)


def _read_key(file: Path | None) -> str:
    """The key of the file, else of the environment. Raises InvalidInputError without one."""
    if file is None:
        key = os.environ.get(KEY_VARIABLE, "").strip()
        place = KEY_VARIABLE
    else:
        place = str(file)
        try:
            key = file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise InvalidInputError(f"--key-file: {file}: {reason}") from error
    if not key.isalnum():
        raise InvalidInputError(
            f"{place} has no key of Zotero; make one that may write at zotero.org/settings/keys and "
            f"put it into {KEY_VARIABLE} or into the file of --key-file"
        )
    return key
