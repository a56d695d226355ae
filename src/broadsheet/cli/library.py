"""Commands that fill and look after a library."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import click

from broadsheet.cli.completing import complete_paths, names_from
from broadsheet.cli.opening import open_library
from broadsheet.cli.output import (
    EXIT_ERROR,
    EXIT_NOTHING_FOUND,
    CommandWithChoices,
    human_bytes,
    json_option,
    print_json,
    progress_bar,
)
from broadsheet.cli.sync import print_sources, source_as_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.ingest import ImportSummary
from broadsheet.domain.jobs import JobState
from broadsheet.domain.status import Status
from broadsheet.services.choices import import_formats


def print_jobs(jobs: Sequence[JobState]) -> None:
    """One line for the last run of each background job; its error and next try if it failed."""
    if jobs:
        click.echo("background jobs")
    for job in jobs:
        outcome = f"failed: {job.error}" if job.error else job.result
        click.echo(f"  {job.name}: {job.finished_at:%Y-%m-%d %H:%M} UTC, {outcome}")
        if job.retry_at:
            click.echo(f"    trying again at {job.retry_at:%Y-%m-%d %H:%M} UTC")


def print_summary(summary: ImportSummary, as_json: bool) -> None:
    """Print the counts of one import, and how to list rejected records if there are any."""
    if as_json:
        print_json({**dataclasses.asdict(summary), "seconds": round(summary.seconds, 3)})
        return
    rate = summary.read / summary.seconds if summary.seconds else 0
    click.echo(
        f"read {summary.read:,}: {summary.new:,} new, {summary.updated:,} updated, "
        f"{summary.duplicates:,} duplicates, {summary.rejected:,} rejected "
        f"({summary.seconds:.1f} s, {rate:,.0f}/s)"
    )
    if summary.rejected:
        click.echo("`broadsheet rejected list` says which and why.", err=True)


class ImportCommand(CommandWithChoices):
    """Lists the formats in its help."""

    choices = ("Formats", import_formats)


@click.command("import", cls=ImportCommand)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", shell_complete=complete_paths)
@click.option(
    "-f",
    "--format",
    "format_name",
    shell_complete=names_from(import_formats),
    help="Format of all inputs; else detected for each file.",
)
@json_option
@click.pass_context
def import_command(
    ctx: click.Context, paths: tuple[str, ...], format_name: str | None, as_json: bool
) -> None:
    """Import papers from files, folders or standard input (-).

    Reads saved result pages, JSON lines, the arXiv snapshot, Atom, OAI-PMH,
    BibTeX, RIS and ACL Anthology XML, also compressed (gz, zst, bz2, xz).
    """
    with open_library(ctx) as services:
        with progress_bar("Importing", "papers") as advance:
            summary = services.library.import_paths(OWNER, paths, format_name, advance)
        for note in summary.notes:
            click.echo(f"broadsheet: {note}", err=True)
        status = services.admin.status(OWNER)
    print_summary(summary, as_json)
    if not as_json and summary.new + summary.updated:
        click.echo(describe_searchability(status), err=True)
    if summary.rejected and summary.rejected == summary.read:
        ctx.exit(EXIT_ERROR)


def describe_searchability(status: Status) -> str:
    """Say whether the stored papers can be searched already."""
    if status.problem:
        return f"They cannot be searched yet: {status.problem}"
    if status.pending:
        return (
            f"{status.pending:,} changes become searchable in the background; "
            "`broadsheet status` says how far that is."
        )
    return "All papers are searchable."


@click.command("status")
@json_option
@click.pass_context
def status_command(ctx: click.Context, as_json: bool) -> None:
    """Say how the library and its sources are doing."""
    with open_library(ctx) as services:
        status = services.admin.status(OWNER)
        sources = services.sources.statuses(OWNER)
    if as_json:
        print_json(
            {**dataclasses.asdict(status), "sources": [source_as_json(each) for each in sources]}
        )
        return
    click.echo(f"{status.papers:,} papers in {status.database}")
    if status.problem:
        click.echo(f"cannot be searched: {status.problem}")
    else:
        click.echo(f"{status.indexed:,} searchable, {status.pending:,} changes waiting")
    for part, count in status.bytes.items():
        click.echo(f"  {part:<10} {human_bytes(count):>10}")
    click.echo(f"embedder {status.embedder}")
    if status.embedder_wanted:
        click.echo(
            f"  papers are to be embedded again with {status.embedder_wanted}: "
            "`broadsheet up` does so in the background, `broadsheet index rebuild` now"
        )
    if status.last_change:
        click.echo(f"last change {status.last_change:%Y-%m-%d %H:%M} UTC")
    if status.rejected:
        click.echo(f"{status.rejected:,} rejected records: `broadsheet rejected list`")
    print_sources([each for each in sources if each.on or each.last_run or each.problem])
    print_jobs(status.jobs)


@click.group("records")
def records_group() -> None:
    """The records as they arrived."""


@records_group.command("reread")
@click.option("--restart", is_flag=True, help="Begin anew where an earlier reading was cut off.")
@json_option
@click.pass_context
def records_reread(ctx: click.Context, restart: bool, as_json: bool) -> None:
    """Parse all stored records again, for example after an update of Broadsheet.

    Uses no network. If interrupted, the next call continues where this one stopped.
    """
    with open_library(ctx) as services:
        with progress_bar("Reading again", "records") as advance:
            summary = services.library.reread_records(
                OWNER, restart, lambda records: advance(records, None)
            )
        for note in summary.notes:
            click.echo(f"broadsheet: {note}", err=True)
    print_summary(summary, as_json)


@records_group.command("join")
@click.argument("paper")
@click.argument("other")
@click.pass_context
def records_join(ctx: click.Context, paper: str, other: str) -> None:
    """Make OTHER a part of PAPER: both are one work. The id of OTHER leads to PAPER from then on."""
    with open_library(ctx) as services:
        joined = services.library.join_papers(OWNER, paper, other)
    click.echo(f"{joined.id} has the records of both.")


@records_group.command("part")
@click.argument("paper")
@click.argument("records", nargs=-1, required=True, metavar="SOURCE KEY...")
@click.pass_context
def records_part(ctx: click.Context, paper: str, records: Sequence[str]) -> None:
    """Give records of PAPER to a paper of their own, because they are of another work.

    A record is named by its source and key, as `broadsheet show --provenance PAPER` prints them.
    Later imports leave the two papers apart.
    """
    if len(records) % 2:
        raise InvalidInputError("a record is named by two words: its source and its key")
    names = list(zip(records[::2], records[1::2], strict=True))
    with open_library(ctx) as services:
        new = services.library.part_records(OWNER, paper, names)
    click.echo(f"{new.id} is a paper of its own now.")


@records_group.command("apart")
@click.argument("paper")
@click.argument("other")
@click.pass_context
def records_apart(ctx: click.Context, paper: str, other: str) -> None:
    """Remember that PAPER and OTHER are two works, whatever later imports say."""
    with open_library(ctx) as services:
        services.library.keep_apart(OWNER, paper, other)
    click.echo("They stay two papers.")


@click.group("rejected")
def rejected_group() -> None:
    """Records that could not be used: list, try again, export, forget."""


@rejected_group.command("list")
@json_option
@click.pass_context
def rejected_list(ctx: click.Context, as_json: bool) -> None:
    """List each with its file, position and reason."""
    any_rejected = False
    with open_library(ctx) as services:
        for record in services.library.iter_rejected(OWNER):
            any_rejected = True
            if as_json:
                values = dataclasses.asdict(record)
                print_json({**values, "raw": record.raw.decode("utf-8", "replace")})
            else:
                click.echo(f"{record.number}  {record.origin}, {record.position}: {record.reason}")
    if not any_rejected:
        click.echo("nothing is rejected", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)


@rejected_group.command("retry")
@json_option
@click.pass_context
def rejected_retry(ctx: click.Context, as_json: bool) -> None:
    """Try all of them again with the present code."""
    with open_library(ctx) as services:
        summary = services.library.retry_rejected(OWNER)
    print_summary(summary, as_json)


@rejected_group.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def rejected_export(ctx: click.Context, folder: Path) -> None:
    """Write each as a file in FOLDER, as it came (at most 64 KiB of it)."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with open_library(ctx) as services:
        for record in services.library.iter_rejected(OWNER):
            (folder / f"{record.number:06d}.{record.format or 'raw'}").write_bytes(record.raw)
            count += 1
    click.echo(f"wrote {count:,} files to {folder}")
    if not count:
        ctx.exit(EXIT_NOTHING_FOUND)


@rejected_group.command("forget")
@click.argument("numbers", nargs=-1, type=int, required=True, metavar="NUMBER…")
@click.pass_context
def rejected_forget(ctx: click.Context, numbers: tuple[int, ...]) -> None:
    """Take records off the list, by the numbers that `list` shows."""
    with open_library(ctx) as services:
        services.library.forget_rejected(OWNER, numbers)
