"""``broadsheet sync``: fetch new records from sources, and print the state of sources."""

import datetime as dt
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.completing import names_from
from broadsheet.cli.opening import open_library
from broadsheet.cli.output import (
    EXIT_ERROR,
    EXIT_NOTHING_FOUND,
    CommandWithChoices,
    json_option,
    print_json,
    progress_bar,
)
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError, SyncRunningError
from broadsheet.domain.sync import FAILURES, SourceRun, SourceStatus
from broadsheet.services.choices import source_names

if TYPE_CHECKING:
    from broadsheet.domain.services import Services


class SyncCommand(CommandWithChoices):
    """Lists the sources in its help."""

    choices = ("Sources", source_names)


@click.command("sync", cls=SyncCommand)
@click.argument("sources", nargs=-1, metavar="[SOURCE]…", shell_complete=names_from(source_names))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="From this day (UTC) on, as 2024-06-30, instead of where each source left off.",
)
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C, each source on its schedule.")
@json_option
@click.pass_context
def sync_command(
    ctx: click.Context,
    sources: tuple[str, ...],
    since: dt.datetime | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Fetch new records from SOURCEs, or from all sources that the settings switch on.

    Exit status: 0 new records, 1 nothing new, 2 error (earlier pages are stored, and the next run
    continues from there).
    """
    if watch and since:
        raise InvalidInputError("--since is for one run; give it without --watch")
    day = since.date() if since else None
    if day and day > dt.datetime.now(dt.UTC).date():
        raise InvalidInputError(f"--since {day}: that day is still to come")
    with open_library(ctx) as services:
        if watch:
            _watch(services, sources, as_json)
            return
        status = _sync(services, sources, day, as_json)
    ctx.exit(status)


def _sync(services: "Services", names: Sequence[str], since: dt.date | None, as_json: bool) -> int:
    """The exit status: an error counts more than something new, that more than nothing."""
    any_new, failed = False, False
    bars = _Bars()
    with bars:
        for run in services.sources.sync(OWNER, names, since, bars.advance):
            bars.close()
            if isinstance(run, SyncRunningError):
                click.echo(f"broadsheet: {run}", err=True)
                failed = True
                continue
            print_run(run, as_json)
            failed |= run.outcome in FAILURES
            any_new |= run.outcome == "done"
    if failed:
        return EXIT_ERROR
    return 0 if any_new else EXIT_NOTHING_FOUND


class _Bars(ExitStack):
    """A progress bar for each source in turn; closed, it is gone from the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._advance: Callable[[int, float | None], None] = lambda done, share: None

    def advance(self, title: str, done: int, share: float | None) -> None:
        if title != self._title:
            self.close()
            self._title = title
            self._advance = self.enter_context(progress_bar(title, "records"))
        self._advance(done, share)


def _watch(services: "Services", names: Sequence[str], as_json: bool) -> None:
    """Until Ctrl-C or SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        services.sources.watch(OWNER, names, lambda run: print_run(run, as_json))
        click.echo("Watching; Ctrl-C stops.", err=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def run_as_json(run: SourceRun) -> dict[str, Any]:
    """A run on one level; times as ISO 8601 in UTC."""
    counts = run.counts
    return {
        "source": run.source,
        "outcome": run.outcome,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "read": counts.read,
        "new": counts.new,
        "updated": counts.updated,
        "duplicates": counts.duplicates,
        "rejected": counts.rejected,
        "message": run.message,
        "failures": run.failures,
        "retry_at": run.retry_at.isoformat() if run.retry_at else None,
    }


def source_as_json(status: SourceStatus) -> dict[str, Any]:
    """A source and its last run."""
    return {
        "source": status.name,
        "title": status.title,
        "on": status.on,
        "rhythm": status.rhythm,
        "problem": status.problem or None,
        "next_at": status.next_at.isoformat() if status.next_at else None,
        "last_run": run_as_json(status.last_run) if status.last_run else None,
    }


def print_run(run: SourceRun, as_json: bool) -> None:
    """One run: an object a line for programs, a line or two for people."""
    if as_json:
        print_json(run_as_json(run))
        return
    click.echo(f"{run.source}: {outcome_in_words(run)}")
    if run.message and run.outcome != "unchanged":
        click.echo(f"  {run.message}", err=run.outcome in FAILURES)


def outcome_in_words(run: SourceRun) -> str:
    """As in "3 new, 1 updated, 20 duplicates, 0 rejected"."""
    counts = run.counts
    words = (
        f"{counts.new:,} new, {counts.updated:,} updated, "
        f"{counts.duplicates:,} duplicates, {counts.rejected:,} rejected"
    )
    if run.outcome == "unchanged":
        return run.message or "nothing new"
    if run.outcome in FAILURES:
        return f"failed ({run.outcome}); {words}"
    return words if run.outcome == "done" else f"{run.outcome}; {words}"


def print_sources(statuses: Sequence[SourceStatus]) -> None:
    """Each with its last and next run, or why its settings cannot be used."""
    for status in statuses:
        last = status.last_run
        if status.problem:
            click.echo(f"{status.name}: not used\n  {status.problem}")
            continue
        click.echo(f"{status.name}: {status.rhythm if status.on else 'switched off'}")
        if last:
            click.echo(f"  last run {last.started_at:%Y-%m-%d %H:%M} UTC: {outcome_in_words(last)}")
            if last.message and last.outcome != "unchanged":
                click.echo(f"  {last.message}")
        if status.next_at:
            click.echo(f"  next run {status.next_at:%Y-%m-%d %H:%M} UTC")
