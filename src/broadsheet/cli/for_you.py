"""``broadsheet for-you``: the reader's own ranking."""

from typing import TYPE_CHECKING

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER

if TYPE_CHECKING:
    from broadsheet.domain.daily import PlacedStory


@click.command("for-you")
@click.option(
    "--since",
    default="day",
    show_default=True,
    metavar="day|week|DATE",
    help="The latest day with papers, the seven days up to it, or all days from DATE on.",
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Most papers.",
)
@json_option
@click.pass_context
def for_you_command(ctx: click.Context, since: str, limit: int, as_json: bool) -> None:
    """Print recent papers in the order of your interests, and why.

    The ranking learns from the papers that you save, vote for, or mark on the pages. The page
    /for-you/start has other ways to begin.
    """
    with open_library(ctx) as services:
        answer = services.personal.for_you(OWNER, since, limit)
    for story in answer.stories:
        if as_json:
            from broadsheet.export.record import compose_story

            print_json(compose_story(story))
        else:
            _print_story(story)
    if not answer.stories:
        click.echo(
            f"No unmarked paper is left from {answer.first} to {answer.last}."
            if answer.likes
            else "Nothing to learn from yet: save a paper on its page, or open /for-you/start in "
            "`broadsheet up`.",
            err=True,
        )
        ctx.exit(EXIT_NOTHING_FOUND)


def _print_story(story: "PlacedStory") -> None:
    from broadsheet.text.latex.plain_text import to_text

    title = click.style(to_text(story.paper.title) or "Untitled", bold=True)
    click.echo(f"{story.rank:>3}. {title}")
    for reason in story.reasons:
        click.echo(f"     {reason.words}")
    about = f"{story.paper.id}  {story.paper.listed}  {story.section}"
    click.echo(f"     {click.style(about, dim=True)}")
