"""``broadsheet daily`` and ``broadsheet trending``: the paper on the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.cli.periods import choose_period
from broadsheet.domain.access import OWNER
from broadsheet.domain.daily import (
    ISSUE_ORDERS,
    WINDOWS,
    Issue,
    IssueOrder,
    IssueRequest,
    TrendingStory,
    Window,
)

if TYPE_CHECKING:
    from broadsheet.web.printing import Sheet

edition_option = click.option(
    "--edition", default="front", show_default=True, metavar="NAME", help="Edition to print."
)
field_option = click.option("--field", default="", metavar="FIELD", help='Only a field: "Vision".')


@click.command("daily")
@click.argument("date", required=False, metavar="[DATE]")
@edition_option
@field_option
@click.option("--order", type=click.Choice(ISSUE_ORDERS), help="Else the edition's own.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Most stories."
)
@click.option(
    "--pdf",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write the whole issue as a newspaper.",
)
@click.option(
    "--sheet",
    type=click.Choice(["A4", "letter"], case_sensitive=False),
    default="A4",
    show_default=True,
    help="Size of paper of the PDF.",
)
@json_option
@click.pass_context
def daily_command(
    ctx: click.Context,
    date: str | None,
    edition: str,
    field: str,
    order: IssueOrder | None,
    limit: int,
    pdf: Path | None,
    sheet: "Sheet",
    as_json: bool,
) -> None:
    """Print the issue of DATE, else of the latest day with papers.

    DATE is a day (2026-06-02 or "today"), a week (2026-W23), a month (2026-06) or a year.
    """
    with open_library(ctx) as services:
        period = choose_period(services.daily, date)
        if pdf is not None:
            from broadsheet.web.printing import write_pdf

            write_pdf(services.daily, period, edition, pdf, sheet)
            click.echo(f"{pdf}: written", err=True)
            return
        request = IssueRequest(period, edition, section=field, order=order or "front", size=limit)
        if order is None:
            own = services.daily.get_edition(edition).order
            request = IssueRequest(period, edition, section=field, order=own, size=limit)
        issue = (
            services.personal.issue(OWNER, request)
            if request.order == "for-me"
            else services.daily.issue(request)
        )
        if as_json:
            from broadsheet.export.record import compose_story

            for story in issue.stories:
                print_json(compose_story(story) | {"issue": str(period), "edition": edition})
        else:
            _print_issue(issue)
    if not issue.stories:
        ctx.exit(EXIT_NOTHING_FOUND)


def _print_issue(issue: Issue) -> None:
    from broadsheet.text.latex.plain_text import to_text

    papers = "paper" if issue.matching == 1 else "papers"
    head = f"{issue.edition.title}, {issue.period}: {issue.matching:,} {papers}"
    click.echo(click.style(head, bold=True))
    for sentence in (*issue.notes, *issue.quiet):
        click.echo(sentence)
    for story in issue.stories:
        click.echo()
        title = click.style(to_text(story.paper.title) or "Untitled", bold=True)
        click.echo(f"{story.rank:>3}. {title}")
        if story.standfirst:
            click.echo(f"     {story.standfirst}")
        reasons = "; ".join(reason.words for reason in story.reasons)
        about = "  ".join(part for part in (story.paper.id, story.section, reasons) if part)
        click.echo(f"     {click.style(about, dim=True)}")


@click.command("trending")
@click.option(
    "--since",
    type=click.Choice(list(WINDOWS)),
    default="day",
    show_default=True,
    help="Over the last day, week or month.",
)
@edition_option
@field_option
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most papers."
)
@json_option
@click.pass_context
def trending_command(
    ctx: click.Context, since: Window, edition: str, field: str, limit: int, as_json: bool
) -> None:
    """Print the papers that gain attention faster than expected, and why."""
    with open_library(ctx) as services:
        trends = services.daily.trends(since, edition, field, limit)
    for story in trends.stories:
        if as_json:
            from broadsheet.export.record import compose_trend

            span = {"since": trends.since.isoformat(), "until": trends.until.isoformat()}
            print_json(compose_trend(story) | span)
        else:
            _print_trending(story)
    if not trends.stories:
        click.echo(
            f"No votes, stars or citations were reported from {trends.since} to {trends.until}.",
            err=True,
        )
        ctx.exit(EXIT_NOTHING_FOUND)


def _print_trending(story: TrendingStory) -> None:
    from broadsheet.text.latex.plain_text import to_text

    click.echo(f"{story.rank:>3}. {click.style(to_text(story.paper.title), bold=True)}")
    click.echo(f"     {'; '.join(story.reasons)}")
    about = f"{story.paper.id}  {story.paper.listed}  {story.section}"
    click.echo(f"     {click.style(about, dim=True)}")
