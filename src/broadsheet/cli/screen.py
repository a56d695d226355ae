"""``broadsheet screen``: work through a pool, and when to stop."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broadsheet.cli.output import json_option, print_json, progress_bar

if TYPE_CHECKING:
    from broadsheet.discovery.screening import Stop, Target


@click.group("screen")
def screen_group() -> None:
    """Work through a pool of records until enough has been read."""


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
