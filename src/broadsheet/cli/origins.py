"""Print the source of each field of a paper, and the history of its signals."""

import dataclasses
from collections.abc import Sequence

import click

from broadsheet.cli.output import print_json
from broadsheet.domain.provenance import Provenance
from broadsheet.domain.signals import Signal


def print_provenance(paper_id: str, provenance: Provenance, as_json: bool) -> None:
    """Per field its sources, then every record; one object for programs."""
    if as_json:
        records = [dataclasses.asdict(each) for each in provenance.records]
        for values, each in zip(records, provenance.records, strict=True):
            values["said_on"] = str(each.said_on) if each.said_on else None
        print_json({"id": paper_id, "fields": dict(provenance.fields), "records": records})
        return
    for name, sources in provenance.fields.items():
        click.echo(f"{name.replace('_', ' '):<12} {', '.join(sources)}")
    for each in provenance.records:
        version = f", version {each.version}" if each.version else ""
        click.echo(click.style(f"{each.source} {each.key} ({each.part}{version})", bold=True))
        click.echo(f"  {each.origin}, {each.position} ({each.format})")
        changed_words = f"last changed there {each.said_on}, " if each.said_on else ""
        arrival_words = (
            f"came {each.kept_at:%Y-%m-%d %H:%M} UTC" if each.kept_at else "came long ago"
        )
        click.echo(f"  {changed_words}{arrival_words}")


def print_signals(signals: Sequence[Signal], as_json: bool) -> None:
    """A line for each day on which a number changed."""
    for each in signals:
        if as_json:
            print_json(
                {
                    "source": each.source,
                    "name": each.name,
                    "kind": each.type.kind if each.type else None,
                    "giver": each.type.giver if each.type else None,
                    "day": each.day.isoformat(),
                    "value": each.value,
                }
            )
        else:
            click.echo(f"{each.day}  {each.name:<24} {each.value:>12,g}  {each.source}")
