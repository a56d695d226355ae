"""Commands for the embedder that adapts to the library."""

import click

from broadsheet.cli.opening import opened_engine
from broadsheet.cli.output import (
    EXIT_NOTHING_FOUND,
    counted,
    json_option,
    print_json,
    progress_bar,
)
from broadsheet.domain.status import Adaptation, Status


@click.group("embedder")
def embedder_group() -> None:
    """What turns text into vectors."""


@embedder_group.command("adapt")
@click.option("--force", is_flag=True, help="Also where the library has not grown by half since.")
@json_option
@click.pass_context
def embedder_adapt(ctx: click.Context, force: bool, as_json: bool) -> None:
    """Adapt the shipped embedder to the library where that helps.

    Judges on titles and abstracts that were held out, and keeps the model as it ships
    where adapting does harm. Then all papers are embedded again; search goes on
    with the old vectors meanwhile. `up` does all this in the background.
    """
    with opened_engine(ctx) as engine:
        found = engine.adapt_embedder(force)
        with progress_bar("Indexing", "papers") as advance:
            renewed = engine.renew_index(counted(advance))
        status = engine.status()
    if found is None:
        if not renewed:
            click.echo(_why_not(status), err=True)
            ctx.exit(EXIT_NOTHING_FOUND)
    elif as_json:
        print_json(adaptation_as_json(found))
    else:
        click.echo(describe_adaptation(found))


def adaptation_as_json(found: Adaptation) -> dict[str, object]:
    """For ``--json``."""
    return {
        "date": found.date.isoformat(timespec="seconds"),
        "papers": found.papers,
        "helps": found.helps,
        "shipped_log_rank": round(found.shipped_log_rank, 4),
        "adapted_log_rank": round(found.adapted_log_rank, 4),
        "shipped": found.shipped,
        "embedder": found.embedder,
    }


def describe_adaptation(found: Adaptation) -> str:
    """One line: what was judged, on what, and the two figures."""
    outcome = "adapted to the library" if found.helps else "served better by the shipped model"
    return (
        f"{outcome}, judged {found.date:%Y-%m-%d} on {found.papers:,} papers: from title to "
        f"abstract a mean log rank of {found.adapted_log_rank:.3f} adapted, "
        f"{found.shipped_log_rank:.3f} shipped (1 is best)"
    )


def _why_not(status: Status) -> str:
    if status.adaptation is None:
        return f"{status.papers:,} papers are too few to adapt to; 200 are needed"
    return (
        f"not due: {status.papers:,} papers are less than half as many again as the "
        f"{status.adaptation.papers:,} of the last verdict; --force judges all the same"
    )
