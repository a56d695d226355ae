"""``broadsheet screen``: work through a pool, and when to stop."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from broadsheet.cli.opening import open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json, progress_bar
from broadsheet.domain.access import OWNER
from broadsheet.domain.screening import ExportForm

if TYPE_CHECKING:
    from broadsheet.discovery.screening import Stop, Target
    from broadsheet.domain.screening import Screening, ScreeningState
    from broadsheet.domain.services import Services


@click.group("screen")
def screen_group() -> None:
    """Work through the papers of a search until enough has been read.

    A screening is named by its id, as printed by "screen start" and "screen list".
    """


@screen_group.command("start")
@click.argument("query")
@click.option("--title", default="", help="Else the query.")
@click.option(
    "--target",
    "recall",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Share of the relevant papers to find.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Probability with which that share is to be found.",
)
@json_option
@click.pass_context
def start_command(
    ctx: click.Context, query: str, title: str, recall: float, confidence: float, as_json: bool
) -> None:
    """Start a screening of all papers that hold the words of QUERY."""
    with open_library(ctx) as services:
        services.admin.index_pending(OWNER)
        screening = services.screening.start(OWNER, query, title, recall, confidence)
    _print_screening(screening, as_json)
    if not as_json:
        click.echo(f"Read on with: broadsheet screen work {screening.id}")


@screen_group.command("list")
@json_option
@click.pass_context
def list_screenings_command(ctx: click.Context, as_json: bool) -> None:
    """List your screenings, the newest first."""
    with open_library(ctx) as services:
        screenings = services.screening.own(OWNER)
    for screening in screenings:
        _print_screening(screening, as_json)
    if not screenings:
        ctx.exit(EXIT_NOTHING_FOUND)


@screen_group.command("status")
@click.argument("screening")
@json_option
@click.pass_context
def status_command(ctx: click.Context, screening: str, as_json: bool) -> None:
    """Say how far a screening is, which paper is next, and whether you may stop."""
    with open_library(ctx) as services:
        state = services.screening.state(OWNER, screening)
    if as_json:
        print_json(
            {
                **_screening_object(state.screening),
                "may_stop": state.advice.may_stop,
                "answer": state.advice.answer,
                "grounds": list(state.advice.grounds),
                "risk": round(state.advice.risk, 4),
                "next": state.next_paper.id if state.next_paper else None,
                "why_next": list(state.reasons),
            }
        )
        return
    _print_screening(state.screening, False)
    _print_advice(state)
    if state.next_paper:
        click.echo(f"Next: {state.next_paper.id}")


@screen_group.command("counts")
@click.argument("screening")
@json_option
@click.pass_context
def counts_command(ctx: click.Context, screening: str, as_json: bool) -> None:
    """Print the numbers of a PRISMA flow diagram, over all screeners of the pool."""
    with open_library(ctx) as services:
        flow = services.screening.count_flow(OWNER, screening)
        agreement = services.screening.agreement(OWNER, screening)
    counts = {
        "identified": flow.identified,
        "screened": flow.screened,
        "excluded": flow.excluded,
        "reasons": {reason or "no reason": number for reason, number in flow.reasons},
        "included": flow.included,
        "not_screened": flow.not_screened,
        "screeners": len(agreement.screeners),
        "conflicts": len(agreement.conflicts),
        "kappa": None if agreement.kappa is None else round(agreement.kappa, 4),
    }
    if as_json:
        print_json(counts)
        return
    click.echo(
        f"{flow.identified:,} identified, {flow.screened:,} screened, {flow.excluded:,} excluded, "
        f"{flow.included:,} included, {flow.not_screened:,} not screened"
    )
    for reason, number in flow.reasons:
        click.echo(f"  excluded, {reason or 'no reason given'}: {number:,}")
    if len(agreement.screeners) > 1:
        kappa = "not defined" if agreement.kappa is None else f"{agreement.kappa:.2f}"
        click.echo(
            f"{len(agreement.screeners)} screeners: Cohen's kappa {kappa}, "
            f"{len(agreement.conflicts):,} conflicts"
        )


@screen_group.command("label")
@click.argument("screening")
@click.argument("paper")
@click.argument("label", type=click.Choice(["yes", "no"]))
@click.option("--reason", default="", help="Reason or note, kept with the label.")
@click.pass_context
def label_command(ctx: click.Context, screening: str, paper: str, label: str, reason: str) -> None:
    """Label PAPER as relevant (yes) or not (no); a second label replaces the first."""
    with open_library(ctx) as services:
        services.screening.label(OWNER, screening, paper, label == "yes", reason)


@screen_group.command("undo")
@click.argument("screening")
@click.pass_context
def undo_command(ctx: click.Context, screening: str) -> None:
    """Take back the label given last."""
    with open_library(ctx) as services:
        paper = services.screening.undo(OWNER, screening)
    if paper is None:
        click.echo("There is no label to take back.", err=True)
        ctx.exit(EXIT_NOTHING_FOUND)
    click.echo(f"{paper.id} is unread again.")


@screen_group.command("work")
@click.argument("screening")
@click.pass_context
def work_command(ctx: click.Context, screening: str) -> None:
    """Read one paper after the other: y relevant, n not, u undo, s may I stop?, q quit.

    Every label is stored at once, so you can quit at any time.
    """
    with open_library(ctx) as services:
        _work(services, screening)


@screen_group.command("export")
@click.argument("screening")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(get_args(ExportForm)),
    default="csv",
    show_default=True,
    help="RIS has each label as a note, as ASReview reads it.",
)
@click.pass_context
def export_command(ctx: click.Context, screening: str, form: ExportForm) -> None:
    """Print the decisions in the order of reading."""
    with open_library(ctx) as services:
        content = services.screening.export(OWNER, screening, form)
    click.echo(content, nl=False)


@screen_group.command("delete")
@click.argument("screening")
@click.confirmation_option(prompt="Delete the screening with all its labels?")
@click.pass_context
def delete_command(ctx: click.Context, screening: str) -> None:
    """Delete a screening with its labels."""
    with open_library(ctx) as services:
        services.screening.delete(OWNER, screening)


def _work(services: "Services", name: str) -> None:
    service = services.screening
    while True:
        state = service.state(OWNER, name)
        _print_paper(state)
        key = click.getchar().lower()
        if key in ("q", "\x03", "\x04", "\x1b", ""):
            return
        if key == "u":
            service.undo(OWNER, name)
        elif key == "s":
            _print_advice(state)
        elif key in ("y", "n") and state.next_paper:
            service.label(OWNER, name, state.next_paper.id, key == "y")
        if not state.next_paper and key != "u":
            return


def _print_paper(state: "ScreeningState") -> None:
    from broadsheet.text.latex.plain_text import to_text

    screening, paper = state.screening, state.next_paper
    click.echo()
    if paper is None:
        _print_advice(state)
        click.echo("u undo, any other key ends")
        return
    click.echo(click.style(to_text(paper.title) or "Untitled", bold=True))
    click.echo(click.wrap_text(to_text(paper.abstract) or "No abstract.", 92))
    about = "  ".join((paper.id, *state.reasons))
    click.echo(click.style(about, dim=True))
    stop = "  You may stop." if state.advice.may_stop else ""
    click.echo(
        f"{screening.labels:,} of {screening.papers:,} read, {screening.relevant:,} relevant.{stop}"
        "  y relevant, n not, u undo, s may I stop?, q quit"
    )


def _print_advice(state: "ScreeningState") -> None:
    click.echo(click.style(state.advice.answer, bold=True))
    for sentence in state.advice.grounds:
        click.echo(sentence)


def _print_screening(screening: "Screening", as_json: bool) -> None:
    if as_json:
        print_json(_screening_object(screening))
        return
    click.echo(
        f"{screening.id}  {screening.title}: {screening.labels:,} of {screening.papers:,} read, "
        f"{screening.relevant:,} relevant"
    )


def _screening_object(screening: "Screening") -> dict[str, Any]:
    return {
        "id": screening.id,
        "title": screening.title,
        "query": screening.query,
        "papers": screening.papers,
        "read": screening.labels,
        "relevant": screening.relevant,
        "target": screening.recall,
        "confidence": screening.confidence,
        "created_at": screening.created_at.isoformat(),
    }


@screen_group.command("simulate")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--target",
    "recall",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Share of the relevant records to find.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Probability with which that share is to be found.",
)
@click.option("--seed", default=0, show_default=True, help="Chooses the two known records.")
@json_option
def simulate_command(
    file: Path, recall: float, confidence: float, seed: int, as_json: bool
) -> None:
    """Show at which record of FILE each stopping rule would stop; its labels must be known.

    FILE holds JSON lines {"title", "text", "label_included"}, also compressed. The model chooses
    the order of reading, starting from one included and one excluded record. For each rule: the
    share of records read and the recall reached.
    """
    from broadsheet.discovery.screening import Target
    from broadsheet.embed.static.shipped import default_embedder
    from broadsheet.evaluation.reader import PersonalModel, load_review, simulate_reading

    review = load_review(file)
    model = PersonalModel.of(review, default_embedder())
    with progress_bar("Reading", "records") as advance:
        reading = simulate_reading(
            review.included, model, seed, lambda read: advance(read, read / len(review))
        )
    target = Target(recall, confidence)
    for stop in _stops(reading.labels, target):
        if as_json:
            print_json({"file": review.name, "seed": seed, **_as_dict(stop, target)})
        else:
            click.echo(
                f"{stop.rule:<24} {stop.read:>6,} of {stop.records:,} read ({stop.share_read:.0%}), "
                f"recall {stop.recall:.3f}"
            )


def _stops(labels: Any, target: "Target") -> list["Stop"]:
    from broadsheet.discovery.screening import (
        ArrivalRule,
        HypergeometricRule,
        IrrelevantInARow,
        find_stop,
        oracle_stop,
    )

    rules = (HypergeometricRule(target), ArrivalRule(target), IrrelevantInARow())
    return [*(find_stop(rule, labels) for rule in rules), oracle_stop(labels, target)]


def _as_dict(stop: "Stop", target: "Target") -> dict[str, Any]:
    return {
        "rule": stop.rule,
        "target": target.recall,
        "confidence": target.confidence,
        "records": stop.records,
        "included": stop.relevant,
        "read": stop.read,
        "share_read": round(stop.share_read, 4),
        "included_read": stop.relevant_read,
        "recall": round(stop.recall, 4),
        "target_met": stop.recall >= target.recall,
    }
