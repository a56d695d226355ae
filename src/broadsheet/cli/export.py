"""``broadsheet export``: papers as a bibliography, a table or JSON lines."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.cli.completing import names_from
from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, CommandWithChoices
from broadsheet.cli.periods import choose_period
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.search import MODES, ORDERS, Mode, Order, SearchRequest

if TYPE_CHECKING:
    from broadsheet.domain.paper import Paper
    from broadsheet.domain.services import Services

_ALL_MATCHES = 2**31


def _names() -> str:
    from broadsheet.export.formats import EXPORT_FORMATS

    return ", ".join(EXPORT_FORMATS)


class ExportCommand(CommandWithChoices):
    """Names the formats in its help."""

    choices = ("Formats", _names)


@click.command("export", cls=ExportCommand)
@click.argument("query", nargs=-1, metavar="[QUERY]")
@click.option("--collection", metavar="ID", help="The papers of a collection: its id or title.")
@click.option("--day", metavar="DATE", help="All papers of a day, week, month or year.")
@click.option("--edition", default="front", metavar="NAME", help="With --day: of this edition.")
@click.option("--all", "whole", is_flag=True, help="Every paper of the library.")
@click.option(
    "-f",
    "--format",
    "format_name",
    default="bibtex",
    show_default=True,
    metavar="NAME",
    shell_complete=names_from(_names),
)
@click.option("-n", "--limit", type=click.IntRange(1), help="Most results of a QUERY.")
@click.option("-m", "--mode", type=click.Choice(MODES), default="hybrid", show_default=True)
@click.option(
    "-o",
    "--order",
    type=click.Choice(ORDERS),
    default="relevance",
    show_default=True,
    help="Of a QUERY. The order by date goes through all matches, the others through the best.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write to this file instead of standard output.",
)
@click.pass_context
def export_command(
    ctx: click.Context,
    query: tuple[str, ...],
    collection: str | None,
    day: str | None,
    edition: str,
    whole: bool,
    format_name: str,
    limit: int | None,
    mode: Mode,
    order: Order,
    output: Path | None,
) -> None:
    """Write the papers of a search, a collection, a day, or all, in a format.

    JSON lines (jsonl) hold text as it came; `broadsheet import` reads them back.
    """
    from broadsheet.export.formats import get_export_format

    if (bool(query), collection is not None, day is not None, whole).count(True) != 1:
        raise InvalidInputError("give one of: a QUERY, --collection ID, --day DATE, --all")
    export_format = get_export_format(format_name)
    with open_library(ctx) as services:
        if collection is not None:
            papers = _papers_of_collection(services, collection)
        elif day is not None:
            papers = _papers_of_issue(services, day, edition)
        elif whole:
            papers = services.library.iter_papers()
        else:
            request = SearchRequest(" ".join(query), limit or _ALL_MATCHES, mode=mode, order=order)
            if order == "for-me":
                request = replace(request, reader=services.personal.interests(OWNER))
            papers = _matches(services, request)
        counter = _Counter(papers)
        with _writer(output) as write:
            for piece in export_format.pieces(counter):
                write(piece)
    if output is not None:
        click.echo(f"{output}: {counter.count:,} papers written", err=True)
    if not counter.count:
        click.echo("No papers.", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)


class _Counter:
    """Counts the papers that pass through it."""

    def __init__(self, papers: "Iterable[Paper]") -> None:
        self._papers = papers
        self.count = 0

    def __iter__(self) -> "Iterator[Paper]":
        for paper in self._papers:
            self.count += 1
            yield paper


def _matches(services: "Services", request: SearchRequest) -> "Iterable[Paper]":
    """The results of a search; says on stderr if there are more matches than results."""
    from broadsheet.services.selections import iter_matches

    answer = services.search.search(replace(request, limit=1))
    for note in answer.notes:
        click.echo(note, err=True)
    if answer.matching > answer.total and request.limit > answer.total:
        click.echo(
            f"{answer.matching:,} papers match; these are the best {answer.total:,}. "
            "`--order date` exports all.",
            err=True,
        )
    return iter_matches(services.search, request)


def _papers_of_issue(services: "Services", day: str, edition: str) -> "Iterable[Paper]":
    from broadsheet.domain.daily import IssueRequest
    from broadsheet.services.selections import iter_issue

    period = choose_period(services.daily, day)
    return iter_issue(services.daily, IssueRequest(period, edition))


def _papers_of_collection(services: "Services", name: str) -> "Iterable[Paper]":
    """Of the collection with this id, or of one's own with this title."""
    titles = {each.title: each.id for each in services.collections.own(OWNER)}
    return [paper for paper, _ in services.collections.papers(OWNER, titles.get(name, name))]


@contextmanager
def _writer(output: Path | None) -> "Iterator[Callable[[str], object]]":
    """Writes to standard output, or to a file that appears only once it is complete."""
    if output is None:
        yield lambda text: click.echo(text, nl=False)
        return
    from broadsheet.files import write_whole

    try:
        with write_whole(output) as file:
            yield file.write
    except OSError as error:
        raise InvalidInputError(f"{output}: {error.strerror}") from error
