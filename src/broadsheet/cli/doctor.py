"""``broadsheet doctor``: the checkup of a library."""

import dataclasses

import click

from broadsheet.cli.opening import home_of
from broadsheet.cli.output import EXIT_ERROR, EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.checkup import Checkup, Finding

_SIGNS = {"sound": "ok", "finding": "!!", "repaired": "fixed", "skipped": "--", "failed": "??"}


@click.command("doctor")
@click.option(
    "--repair",
    is_flag=True,
    help="Repair what is derived (index, caches, unfinished rereading) and permissions.",
)
@click.option("--network", is_flag=True, help="Also ask the sources and the mail server.")
@json_option
@click.pass_context
def doctor_command(ctx: click.Context, repair: bool, network: bool, as_json: bool) -> None:
    """Check the library and everything around it; say what to do about each finding.

    Reads all of the database and of the index. Exit status: 0 sound, 1 findings, 2 a check
    could not run.
    """
    from broadsheet.wiring import make_doctor

    findings = []
    for finding in make_doctor(home_of(ctx), repair, network).examine():
        findings.append(finding)
        _print(finding, as_json)
    checkup = Checkup(findings)
    if not as_json:
        left = sum(each.state in ("finding", "failed") for each in findings)
        click.echo("sound" if checkup.is_sound else f"{left} to look at")
    if not checkup.could_run:
        ctx.exit(EXIT_ERROR)
    if not checkup.is_sound:
        ctx.exit(EXIT_NOTHING_FOUND)


def _print(finding: Finding, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(finding))
        return
    click.echo(f"{_SIGNS[finding.state]:<6}{finding.check:<12} {finding.message}")
    if finding.next_step:
        click.echo(f"{'':<19}→ {finding.next_step}")
