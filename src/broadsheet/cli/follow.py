"""``broadsheet follow``: following authors, venues, fields and searches, and what is new."""

from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.follows import FOLLOW_KINDS

if TYPE_CHECKING:
    from broadsheet.domain.follows import Follow, FollowedPaper


@click.group("follow")
def follow_group() -> None:
    """Follow authors, venues, categories, fields, editions, members and searches."""


@follow_group.command("add")
@click.argument("kind", type=click.Choice(FOLLOW_KINDS))
@click.argument("value", nargs=-1, required=True)
@json_option
@click.pass_context
def add_command(ctx: click.Context, kind: str, value: tuple[str, ...], as_json: bool) -> None:
    """Follow the KIND named VALUE, as in `follow add author Ada Lovelace`."""
    with open_library(ctx) as services:
        follow = services.follows.follow(OWNER, kind, " ".join(value))
    if as_json:
        print_json(_as_object(follow))
    else:
        click.echo(f"You follow the {follow.kind} {follow.label!r}.")


@follow_group.command("remove")
@click.argument("number", type=click.IntRange(1))
@click.pass_context
def remove_command(ctx: click.Context, number: int) -> None:
    """Stop following NUMBER, as `follow list` shows it."""
    with open_library(ctx) as services:
        services.follows.unfollow(OWNER, number)


@follow_group.command("list")
@json_option
@click.pass_context
def list_command(ctx: click.Context, as_json: bool) -> None:
    """Print all that you follow, with its numbers."""
    with open_library(ctx) as services:
        follows = services.follows.follows(OWNER)
    for follow in follows:
        if as_json:
            print_json(_as_object(follow))
        else:
            click.echo(f"{follow.number:>4}  {follow.kind:<8}  {follow.label}")
    if not follows:
        click.echo("You follow nothing yet: `broadsheet follow add author NAME`.", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)


@follow_group.command("new")
@click.option(
    "--since",
    default="visit",
    show_default=True,
    metavar="visit|day|week|month|DATE",
    help="Your last visit here or on the pages, a span up to now, or a date.",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Most papers.",
)
@json_option
@click.pass_context
def new_command(ctx: click.Context, since: str, limit: int, as_json: bool) -> None:
    """Print the papers that are new from what you follow, and why each is there."""
    with open_library(ctx) as services:
        news = services.follows.news(OWNER, since, limit=limit)
    for followed in news.papers:
        if as_json:
            print_json(_paper_object(followed))
        else:
            _print_paper(followed)
    if not news.papers:
        click.echo(
            f"Nothing new since {news.since:%Y-%m-%d %H:%M} UTC."
            if news.follows
            else "You follow nothing yet: `broadsheet follow add author NAME`.",
            err=True,
        )
        ctx.exit(EXIT_NOTHING_FOUND)


def _print_paper(followed: "FollowedPaper") -> None:
    from broadsheet.text.latex.plain_text import to_text

    paper = followed.paper
    click.echo(click.style(to_text(paper.title) or "Untitled", bold=True))
    click.echo(f"  {'; '.join(followed.reasons)}")
    click.echo(f"  {click.style(f'{paper.id}  {paper.listed}', dim=True)}")


def _paper_object(followed: "FollowedPaper") -> dict[str, Any]:
    from broadsheet.text.latex.plain_text import to_text

    paper = followed.paper
    return {
        "id": paper.id,
        "title": to_text(paper.title),
        "authors": [author.name for author in paper.authors],
        "listed": str(paper.listed),
        "added_at": paper.added_at.isoformat(),
        "url": paper.url or None,
        "follows": list(followed.follows),
        "why": list(followed.reasons),
    }


def _as_object(follow: "Follow") -> dict[str, Any]:
    return {
        "number": follow.number,
        "kind": follow.kind,
        "value": follow.value,
        "label": follow.label,
        "since": follow.created_at.isoformat(),
    }
