"""Subscribing to the digest, previewing and sending it."""

import dataclasses
import sys
from pathlib import Path
from typing import BinaryIO

import click

from broadsheet.cli.opening import home_settings, open_library
from broadsheet.cli.output import EXIT_NOTHING_FOUND, json_option, print_json
from broadsheet.domain.access import OWNER
from broadsheet.domain.digest import TOPIC_KINDS, Subscription, SubscriptionRequest, Topic
from broadsheet.domain.errors import InvalidInputError


def _topic(text: str) -> Topic:
    kind, colon, value = text.partition(":")
    kind, value = kind.strip().lower(), value.strip()
    if kind not in TOPIC_KINDS or (kind in ("search", "edition", "like")) != bool(colon and value):
        raise InvalidInputError(
            f"{text!r} is no topic; legal are trending, search:QUERY, edition:NAME, like:ID, "
            "like:COLLECTION, follows and for-me"
        )
    return Topic(kind, value)


_what_option = click.option(
    "--what",
    "topic",
    default="trending",
    show_default=True,
    help="trending, search:QUERY, edition:NAME, like:ID, like:COLLECTION, follows or for-me.",
)
_limit_option = click.option(
    "--papers", "limit", default=10, show_default=True, help="Papers in an issue at most."
)
_detail_option = click.option("--abstracts", is_flag=True, help="With abstracts.")
_plain_option = click.option("--plain", is_flag=True, help="Plain text, no HTML.")


@click.command("subscribe")
@click.argument("address")
@_what_option
@click.option(
    "--every",
    default="daily",
    show_default=True,
    help="daily, weekdays or weekly:DAY (mon … sun).",
)
@click.option("--at", default="07:00", show_default=True, help="Local time of day, HH:MM.")
@click.option("--zone", default="", help="IANA time zone, as Europe/Berlin; else this machine's.")
@_limit_option
@_detail_option
@_plain_option
@click.option("--silent", is_flag=True, help="No message on a day without papers.")
@click.option("--confirmed", is_flag=True, help="Skip the message that asks the reader to confirm.")
@json_option
@click.pass_context
def subscribe_command(
    ctx: click.Context,
    address: str,
    topic: str,
    every: str,
    at: str,
    zone: str,
    limit: int,
    abstracts: bool,
    plain: bool,
    silent: bool,
    confirmed: bool,
    as_json: bool,
) -> None:
    """Send a digest to ADDRESS.

    Unless --confirmed is given, a message asks the reader to confirm first.
    """
    from broadsheet.digest.render import describe_rhythm
    from broadsheet.digest.schedule import parse_schedule

    request = SubscriptionRequest(
        address=address,
        topic=_topic(topic),
        schedule=parse_schedule(every, at, zone or _local_zone()),
        limit=limit,
        detail="abstracts" if abstracts else "short",
        markup="plain" if plain else "html",
        when_empty="silent" if silent else "say",
    )
    with open_library(ctx) as services:
        subscription = services.digest.subscribe(OWNER, request, confirmed)
    if as_json:
        print_json(_as_object(subscription))
        return
    click.echo(
        f"{subscription.address} gets {_name(subscription)}, {describe_rhythm(subscription)}."
    )
    if subscription.state == "pending":
        click.echo("A message asks for confirmation; nothing else is sent before it is given.")
    if not home_settings(ctx).mail.leaves_machine:
        click.echo(
            "No mail server is set, so messages become files in the home directory's `mail`; "
            "set host and sender in the table [mail] of broadsheet.toml."
        )


@click.group("digest")
def digest_group() -> None:
    """The digest by mail: preview, send, status."""


@digest_group.command("preview")
@_what_option
@_limit_option
@_detail_option
@click.option("--html", "as_html", is_flag=True, help="HTML instead of plain text.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file."
)
@json_option
@click.pass_context
def preview_command(
    ctx: click.Context,
    topic: str,
    limit: int,
    abstracts: bool,
    as_html: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show the issue that a subscription would get now; nothing is sent."""
    request = SubscriptionRequest(
        address="reader@localhost",
        topic=_topic(topic),
        limit=limit,
        detail="abstracts" if abstracts else "short",
    )
    with open_library(ctx) as services:
        issue, rendered = services.digest.preview(OWNER, request)
    if as_json:
        print_json(dataclasses.asdict(issue))
    else:
        text = rendered.html if as_html else f"Subject: {issue.subject}\n\n{rendered.text}"
        if output:
            output.write_text(text, encoding="utf-8")
        else:
            click.echo(text)
    if not issue.stories:
        ctx.exit(EXIT_NOTHING_FOUND)


@digest_group.command("send")
@click.option("--now", "immediately", is_flag=True, help="Today's issues before their time, too.")
@json_option
@click.pass_context
def send_command(ctx: click.Context, immediately: bool, as_json: bool) -> None:
    """Send all issues that are due. `broadsheet up` does so by itself."""
    with open_library(ctx) as services:
        counts = services.digest.send_due(OWNER, immediately)
        error = services.digest.status(OWNER).last_error if counts.postponed else ""
    if as_json:
        print_json(dataclasses.asdict(counts))
    else:
        click.echo(
            f"sent {counts.sent}, nothing to say to {counts.empty}, "
            f"to be tried again {counts.postponed}, failed {counts.failed}"
        )
    if error:
        click.echo(f"broadsheet: last error: {error}", err=True)
    if not any((counts.sent, counts.empty, counts.postponed, counts.failed)):
        ctx.exit(EXIT_NOTHING_FOUND)


@digest_group.command("status")
@json_option
@click.pass_context
def digest_status_command(ctx: click.Context, as_json: bool) -> None:
    """Show subscriptions and their deliveries."""
    with open_library(ctx) as services:
        status = services.digest.status(OWNER)
        subscriptions = services.digest.subscriptions(OWNER)
        deliveries = services.digest.deliveries(OWNER, 20)
    if as_json:
        print_json({"kind": "status", **dataclasses.asdict(status)})
        for subscription in subscriptions:
            print_json({"kind": "subscription", **_as_object(subscription)})
        for delivery in deliveries:
            print_json({"kind": "delivery", **dataclasses.asdict(delivery)})
        return
    for subscription in subscriptions:
        why = f" ({subscription.reason})" if subscription.reason else ""
        click.echo(
            f"{subscription.id:>4}  {subscription.address}  {_name(subscription)}  "
            f"{subscription.schedule}  {subscription.state}{why}"
        )
    if not subscriptions:
        click.echo("nobody has subscribed; `broadsheet subscribe ADDRESS` does so")
    for delivery in deliveries:
        error = f"  {delivery.last_error}" if delivery.last_error else ""
        click.echo(f"{delivery.period}  #{delivery.subscription}  {delivery.state}{error}")
    if status.overdue:
        click.echo(f"{status.overdue} due and not sent; `broadsheet digest send` sends them")


@digest_group.command("bounce")
@click.argument("file", type=click.File("rb"), default="-")
@click.pass_context
def bounce_command(ctx: click.Context, file: BinaryIO) -> None:
    """Read a mail server's report (a bounce or complaint) from FILE or standard input.

    A mail server can pipe mail for the return address into this command.
    """
    content = file.read()
    with open_library(ctx) as services:
        click.echo(services.digest.record_report(OWNER, content))


@digest_group.command("doctor")
@click.argument("domain")
@click.option("--selector", default="", help="DKIM selector; else that of the settings.")
@click.option("--address", "ip", default="", help="IP address that the mail leaves from.")
@click.option("--nameserver", default="", help="Ask this DNS server, as 127.0.0.1:5353.")
@json_option
@click.pass_context
def doctor_command(
    ctx: click.Context, domain: str, selector: str, ip: str, nameserver: str, as_json: bool
) -> None:
    """Check the records that mail receivers require of DOMAIN: SPF, DKIM, DMARC, reverse DNS, TLS."""
    from broadsheet.digest.doctor import check_domain

    settings = home_settings(ctx).mail
    findings = check_domain(
        domain, selector or settings.dkim_selector, ip, settings.host, settings.port, nameserver
    )
    for finding in findings:
        if as_json:
            print_json(dataclasses.asdict(finding))
        else:
            click.echo(f"{finding.verdict:<8} {finding.subject:<8} {finding.words}")
    if any(finding.verdict == "missing" for finding in findings):
        ctx.exit(EXIT_NOTHING_FOUND)


def _name(subscription: Subscription) -> str:
    """The topic as it is written, with the title of what it names."""
    topic = subscription.topic
    return f"{topic} (“{topic.label}”)" if topic.label else str(topic)


def _as_object(subscription: Subscription) -> dict[str, object]:
    values = dataclasses.asdict(subscription)
    del values["nonce"]
    return values | {
        "topic": str(subscription.topic),
        "schedule": str(subscription.schedule),
    }


def _local_zone() -> str:
    """The machine's IANA zone, UTC if it cannot be told."""
    if sys.platform != "win32":
        target = Path("/etc/localtime").resolve().as_posix()
        if "/zoneinfo/" in target:
            return target.partition("/zoneinfo/")[2]
    return "UTC"
