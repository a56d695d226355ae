"""Submitting papers to the group, and featuring them."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.periods import Period

if TYPE_CHECKING:
    from broadsheet.domain.paper import Paper
    from broadsheet.domain.submissions import Submission


@click.command("submit")
@click.argument("address")
@click.option("--note", default="", help="Why others should read it.")
@json_option
@click.pass_context
def submit_command(ctx: click.Context, address: str, note: str, as_json: bool) -> None:
    """Submit the paper at ADDRESS: an arXiv id, a DOI, or the address of a paper or its PDF.

    It is fetched at once. Without a network the submission waits, and `broadsheet up` tries again.
    """
    with open_library(ctx) as services:
        submission = services.submissions.submit(OWNER, address, note)
        if submission.state == "pending":
            submission = services.submissions.fetch(OWNER, submission.number)
        papers = services.library.get_papers([submission.paper] if submission.paper else [])
    paper = papers[0] if papers else None
    if as_json:
        print_json(_as_object(submission, paper))
    else:
        click.echo(_describe(submission, paper))
    if submission.state == "failed":
        ctx.exit(EXIT_NOTHING_FOUND)


@click.command("submissions")
@json_option
@click.pass_context
def submissions_command(ctx: click.Context, as_json: bool) -> None:
    """Print what was submitted, the newest first."""
    with open_library(ctx) as services:
        submissions = services.submissions.submissions(OWNER)
    for submission, paper in submissions:
        if as_json:
            print_json(_as_object(submission, paper))
        else:
            click.echo(f"{submission.number:>4}  {_describe(submission, paper)}")
    if not submissions:
        click.echo("Nothing was submitted: `broadsheet submit ADDRESS`.", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)


@click.command("feature")
@click.argument("name", metavar="ID")
@click.option("--because", "reason", default="", help="The reason, which everybody can read.")
@click.option("--day", default="", metavar="DATE", help="In the issue of this day; else today's.")
@click.option("--move", type=int, default=0, help="Move it down by so many places; up if negative.")
@click.option("--remove", is_flag=True, help="Feature it no longer.")
@click.pass_context
def feature_command(
    ctx: click.Context, name: str, reason: str, day: str, move: int, remove: bool
) -> None:
    """Feature the paper ID in the edition Featured, with a reason."""
    period = Period.parse("day", day) if day else None
    if day and period is None:
        raise InvalidInputError(f"{day[:40]!r} is no date; write for instance 2026-11-02")
    if sum((bool(reason), bool(move), remove)) != 1:
        raise InvalidInputError("give one of --because REASON, --move PLACES and --remove")
    with open_library(ctx) as services:
        if remove:
            services.submissions.remove_feature(OWNER, name)
        elif move:
            services.submissions.move_feature(OWNER, name, move)
        else:
            chosen: dt.date | None = period.first if period else None
            feature = services.submissions.feature(OWNER, name, reason, chosen)
            click.echo(f"Featured on {feature.day}, place {feature.place}.")


def _describe(submission: "Submission", paper: "Paper | None") -> str:
    from broadsheet.text.latex.plain_text import to_text

    note = f" ({submission.note})" if submission.note else ""
    if paper is not None:
        return f"{paper.id}  {to_text(paper.title)}{note}"
    state = "kept, and tried again" if submission.state == "pending" else "not fetched"
    problem = f": {submission.problem}" if submission.problem else ""
    return f"{submission.address}{note}  {state}{problem}"


def _as_object(submission: "Submission", paper: "Paper | None") -> dict[str, Any]:
    return {
        "number": submission.number,
        "by": submission.name,
        "address": submission.address,
        "note": submission.note,
        "state": submission.state,
        "paper": paper.id if paper else None,
        "problem": submission.problem or None,
        "at": submission.created_at.isoformat(),
        "listed_on": submission.listed_on.isoformat() if submission.listed_on else None,
    }
