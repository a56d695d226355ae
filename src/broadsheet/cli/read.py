"""Commands that find and show papers."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from broadsheet.cli.opening import opened_engine
from broadsheet.cli.origins import print_provenance, print_signals
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import MARKS
from broadsheet.domain.search import MODES, Hit, Mode, SearchRequest

limit_option = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most results."
)


def print_hits(hits: Sequence[Hit], as_json: bool) -> None:
    """One result a line for programs, two or three lines for people."""
    from broadsheet.text.latex import to_text

    for hit in hits:
        paper = hit.paper
        date = str(paper.published) if paper.published else ""
        if as_json:
            print_json(
                {
                    "rank": hit.rank,
                    "id": paper.id,
                    "title": to_text(paper.title),
                    "score": round(hit.score, 6),
                    "date": date or None,
                    "url": paper.url or None,
                    "status": paper.status or None,
                }
            )
            continue
        mark = f"[{paper.status}] " if paper.status in MARKS else ""
        click.echo(f"{hit.rank:>3}. {mark}{click.style(to_text(paper.title), bold=True)}")
        names = ", ".join(author.name for author in paper.authors[:3])
        more = f" and {len(paper.authors) - 3} more" if len(paper.authors) > 3 else ""
        about = "  ".join(part for part in (paper.id, date, names + more) if part)
        click.echo(f"     {click.style(about, dim=True)}")
        snippet = "".join(
            click.style(part.text, bold=True) if part.matched else part.text for part in hit.snippet
        )
        if snippet:
            click.echo(f"     {snippet}")


@click.command("search")
@click.argument("query", nargs=-1, required=True, metavar="QUERY")
@limit_option
@click.option("--mode", type=click.Choice(MODES), default="hybrid", show_default=True)
@json_option
@click.pass_context
def search_command(
    ctx: click.Context, query: tuple[str, ...], limit: int, mode: Mode, as_json: bool
) -> None:
    """Find papers by words and meaning.

    Words, "phrases", -not, AND OR NOT ( ), title: abs: author: cat: source:
    venue: id:, after:2024-01 before:2024-06, has:code, like:ID.
    """
    with opened_engine(ctx) as engine:
        answer = engine.search(SearchRequest(" ".join(query), limit=limit, mode=mode))
    for note in answer.notes:
        click.echo(note, err=True)
    if answer.suggestion:
        click.echo(f"Did you mean: {answer.suggestion}", err=True)
    print_hits(answer.hits, as_json)
    if not answer.hits:
        ctx.exit(EXIT_NOTHING_FOUND)


@click.command("similar")
@click.argument("paper_id", required=False, metavar="[ID]")
@click.option("--text", "text_file", metavar="FILE", help="Like this text instead (- reads stdin).")
@limit_option
@json_option
@click.pass_context
def similar_command(
    ctx: click.Context, paper_id: str | None, text_file: str | None, limit: int, as_json: bool
) -> None:
    """Find papers like the paper ID, or like a text."""
    if (paper_id is None) == (text_file is None):
        raise InvalidInputError("give either a paper's ID or --text FILE")
    with opened_engine(ctx) as engine:
        if paper_id is not None:
            hits = engine.similar(paper_id, limit)
        else:
            hits = engine.similar_to_text(_read_text(str(text_file)), limit)
    print_hits(hits, as_json)
    if not hits:
        ctx.exit(EXIT_NOTHING_FOUND)


def _read_text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InvalidInputError(f"{name}: {error.strerror}") from error


@click.command("show")
@click.argument("paper_id", metavar="ID")
@click.option(
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
    with opened_engine(ctx) as engine:
        if not provenance and not signals:
            click.echo(engine.export([paper_id], format_name).rstrip("\n"))
        as_json = format_name == "json"
        if provenance:
            print_provenance(paper_id, engine.get_provenance(paper_id), as_json)
        if signals:
            print_signals(engine.get_signals(paper_id), as_json)
