"""Subscribing to the digest, and the pages behind its signed links.

A GET changes nothing: programs that scan mail follow every link. GET shows a button, POST acts.
"""

from collections.abc import Mapping
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from broadsheet.digest.compose import describe_topic
from broadsheet.digest.render import describe_rhythm
from broadsheet.digest.schedule import parse_schedule
from broadsheet.domain.digest import (
    COLLECTION_PREFIX,
    WEEKDAYS,
    Purpose,
    Subscription,
    SubscriptionRequest,
    Topic,
    TopicKind,
)
from broadsheet.domain.errors import InvalidInputError
from broadsheet.web.forms import Form, text_of
from broadsheet.web.principal import principal_of
from broadsheet.web.render import answer, page, render, services_of

router = APIRouter(include_in_schema=False)

_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""An issue's styles are inline, as mail programs want them; nothing else is allowed in it."""

_RHYTHMS = {
    "daily": "Every day",
    "weekdays": "Monday to Friday",
    **{
        f"weekly:{short}": f"Every {name}"
        for short, name in zip(
            WEEKDAYS,
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
            strict=True,
        )
    },
}


@router.api_route("/digest", methods=["GET", "HEAD"])
def subscribe_page(request: Request) -> Response:
    """The form to subscribe."""
    return _form_page(request, _values(request.query_params))


@router.post("/digest")
def subscribe(request: Request, form: Form) -> Response:
    """Add the subscription. The answer is the same whether the address is known or not."""
    try:
        services_of(request).digest.subscribe(principal_of(request), _read_request(form))
    except InvalidInputError as error:
        return _form_page(request, _values(form), str(error), 400)
    return page(
        request,
        "digest_message.html",
        heading="Look into your inbox",
        paragraphs=(
            "If the address is right, a message with a link to confirm is on its way. "
            "Nothing else is sent before you follow it.",
        ),
    )


@router.api_route("/digest/preview", methods=["GET", "HEAD"])
def preview_page(request: Request) -> Response:
    """The issue that a subscription would get now, as the mail shows it."""
    values = request.query_params
    subscription_request = _read_request(values, address="reader@localhost")
    _, rendered = services_of(request).digest.preview(principal_of(request), subscription_request)
    if values.get("markup") == "plain":
        return answer(request, rendered.text, "text/plain")
    return _mail_page(rendered.html)


@router.api_route("/digest/confirm/{token}", methods=["GET", "HEAD"])
def confirm_page(request: Request, token: str) -> Response:
    """Ask for the click that confirms."""
    subscription = services_of(request).digest.find_by_link(token, "confirm")
    return _question(
        request,
        subscription,
        heading="Confirm your digest",
        question=f"You get {describe_topic(subscription)}, {describe_rhythm(subscription)}.",
        button="Confirm",
    )


@router.post("/digest/confirm/{token}")
def confirm(request: Request, token: str) -> Response:
    """Confirm the subscription."""
    subscription = services_of(request).digest.confirm(token)
    return _done(
        request,
        subscription,
        "Your digest is on",
        f"You get {describe_topic(subscription)}, {describe_rhythm(subscription)}.",
    )


@router.api_route("/digest/stay/{token}", methods=["GET", "HEAD"])
def stay_page(request: Request, token: str) -> Response:
    """Ask for the click that keeps the digest coming."""
    subscription = services_of(request).digest.find_by_link(token, "stay")
    return _question(
        request,
        subscription,
        heading="Keep it coming",
        question=f"You get {describe_topic(subscription)}, {describe_rhythm(subscription)}.",
        button="Keep it coming",
    )


@router.post("/digest/stay/{token}")
def stay(request: Request, token: str) -> Response:
    """Keep the digest coming, or let it go on after a pause."""
    subscription = services_of(request).digest.stay(token)
    return _done(
        request,
        subscription,
        "Your digest goes on",
        f"You get {describe_topic(subscription)}, {describe_rhythm(subscription)}.",
    )


@router.api_route("/digest/unsubscribe/{token}", methods=["GET", "HEAD"])
def unsubscribe_page(request: Request, token: str) -> Response:
    """Ask for the click that unsubscribes."""
    subscription = services_of(request).digest.find_by_link(token, "unsubscribe")
    if subscription.state == "unsubscribed":
        return _unsubscribed(request, subscription)
    return _question(
        request,
        subscription,
        heading="Unsubscribe",
        question=f"You get {describe_topic(subscription)}, {describe_rhythm(subscription)}.",
        button="Unsubscribe",
    )


@router.post("/digest/unsubscribe/{token}")
def unsubscribe(request: Request, token: str) -> Response:
    """End the subscription: for the button, and for one-click unsubscribing (RFC 8058), which
    sends no cookie and follows no redirect."""
    return _unsubscribed(request, services_of(request).digest.unsubscribe(token))


def _unsubscribed(request: Request, subscription: Subscription) -> Response:
    return _done(
        request,
        subscription,
        "You are unsubscribed",
        f"No more mail about {describe_topic(subscription)} is sent to you.",
    )


@router.api_route("/digest/change/{token}", methods=["GET", "HEAD"])
def change_page(request: Request, token: str) -> Response:
    """The form to change or pause a subscription."""
    subscription = services_of(request).digest.find_by_link(token, "change")
    return _form_page(request, _values_of(subscription), subscription=subscription, token=token)


@router.post("/digest/change/{token}")
def change(request: Request, token: str, form: Form) -> Response:
    """Change or pause the subscription."""
    digest = services_of(request).digest
    subscription = digest.find_by_link(token, "change")
    try:
        changed = digest.change(
            token,
            _read_request(form, address=subscription.address),
            paused=text_of(form, "paused") == "yes",
        )
    except InvalidInputError as error:
        return _form_page(
            request, _values(form), str(error), 400, subscription=subscription, token=token
        )
    if changed.state == "paused":
        return _done(request, changed, "Your digest is paused", "Come back here to go on.")
    return _done(
        request,
        changed,
        "Your digest is changed",
        f"You get {describe_topic(changed)}, {describe_rhythm(changed)}.",
    )


@router.api_route("/digest/read/{token}", methods=["GET", "HEAD"])
def issues_page(request: Request, token: str) -> Response:
    """All issues of a subscription."""
    digest = services_of(request).digest
    subscription = digest.find_by_link(token, "read")
    return page(
        request,
        "digest_issues.html",
        topic=describe_topic(subscription),
        issues=digest.issues(token),
        token=token,
        headers={"X-Robots-Tag": "noindex"},
    )


@router.api_route("/digest/read/{token}/feed", methods=["GET", "HEAD"])
def issues_feed(request: Request, token: str) -> Response:
    """All issues of a subscription as an Atom feed (RFC 4287), one entry an issue."""
    digest = services_of(request).digest
    subscription = digest.find_by_link(token, "read")
    issues = digest.issues(token)
    address = digest.links(subscription)["read"]
    content = render(
        request,
        "digest_feed.xml",
        topic=describe_topic(subscription),
        issues=[(issue, digest.render(subscription, issue).html) for issue in issues],
        address=address,
        updated=issues[0].composed_at if issues else subscription.created_at,
    )
    return answer(request, content, "application/atom+xml", headers={"X-Robots-Tag": "noindex"})


@router.api_route("/digest/read/{token}/{period}", methods=["GET", "HEAD"])
def issue_page(request: Request, token: str, period: str) -> Response:
    """One issue as it was mailed."""
    digest = services_of(request).digest
    subscription = digest.find_by_link(token, "read")
    for issue in digest.issues(token, 1000):
        if issue.period == period:
            return _mail_page(digest.render(subscription, issue).html)
    raise HTTPException(404, f"There was no issue on {period[:20]}.")


def _read_request(
    values: Mapping[str, object] | FormData | QueryParams, address: str = ""
) -> SubscriptionRequest:
    """A form's fields as a request; raises InvalidInputError."""

    def text(name: str, default: str = "") -> str:
        value = values.get(name)
        return value.strip() or default if isinstance(value, str) else default

    kind, _, edition = text("kind", "trending").partition(":")
    kinds: dict[str, TopicKind] = {
        "trending": "trending",
        "search": "search",
        "edition": "edition",
        "like": "like",
        "follows": "follows",
        "for-me": "for-me",
    }
    if kind not in kinds:
        raise InvalidInputError(f"{kind!r} is no topic; legal are {', '.join(kinds)}")
    named = edition or text("liked" if kind == "like" else "value")
    limit = text("papers", "10")
    if not limit.isdecimal() or len(limit) > 3:
        raise InvalidInputError(f"{limit!r} is no number of papers; write 1 to 50")
    return SubscriptionRequest(
        address=address or text("address"),
        topic=Topic(kinds[kind], named if kind in ("search", "edition", "like") else ""),
        schedule=parse_schedule(text("every", "daily"), text("at", "07:00"), text("zone", "UTC")),
        limit=int(limit),
        detail="abstracts" if text("detail") == "abstracts" else "short",
        markup="plain" if text("markup") == "plain" else "html",
        when_empty="silent" if text("when_empty") == "silent" else "say",
    )


_FIELDS = (
    "address",
    "kind",
    "value",
    "liked",
    "every",
    "at",
    "zone",
    "papers",
    "detail",
    "markup",
    "when_empty",
)


def _values(fields: FormData | QueryParams) -> dict[str, str]:
    """Return the form's values: the given fields, and common defaults for the rest."""
    values = {
        "address": "",
        "kind": "search" if fields.get("value") else "trending",
        "value": "",
        "liked": "",
        "liked_label": "",
        "every": "weekdays",
        "at": "07:00",
        "zone": "UTC",
        "papers": "10",
        "detail": "short",
        "markup": "html",
        "when_empty": "silent",
        "paused": "",
    }
    for name in _FIELDS:
        value = fields.get(name)
        if isinstance(value, str) and value:
            values[name] = value[:1000]
    kind, colon, edition = values["kind"].partition(":")
    if colon:
        values |= {"kind": kind, "value": edition}
    return values


def _values_of(subscription: Subscription) -> dict[str, str]:
    schedule = subscription.schedule
    every = f"weekly:{WEEKDAYS[schedule.weekday]}" if schedule.every == "weekly" else schedule.every
    return {
        "address": subscription.address,
        "kind": subscription.topic.kind,
        "value": subscription.topic.value,
        "liked": subscription.topic.value if subscription.topic.kind == "like" else "",
        "liked_label": subscription.topic.label,
        "every": every,
        "at": f"{schedule.at:%H:%M}",
        "zone": schedule.zone,
        "papers": str(subscription.limit),
        "detail": subscription.detail,
        "markup": subscription.markup,
        "when_empty": subscription.when_empty,
        "paused": "yes" if subscription.state == "paused" else "",
    }


def _form_page(
    request: Request,
    values: dict[str, str],
    problem: str = "",
    status: int = 200,
    subscription: Subscription | None = None,
    token: str = "",
) -> Response:
    services = services_of(request)
    principal = principal_of(request)
    own = services.collections.own(principal) if principal.id else ()
    collections = {each.id: each for each in (*own, *services.collections.public()) if each.size}
    liked = {values["liked"]: values["liked_label"] or values["liked"]} if values["liked"] else {}
    liked |= {COLLECTION_PREFIX + each.id: each.title for each in collections.values()}
    return page(
        request,
        "digest.html",
        status=status,
        liked=liked,
        values=values,
        problem=problem,
        subscription=subscription,
        token=token,
        editions=services.daily.editions(),
        rhythms=_RHYTHMS,
        zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
    )


def _question(
    request: Request, subscription: Subscription, heading: str, question: str, button: str
) -> Response:
    return page(
        request,
        "digest_message.html",
        heading=heading,
        paragraphs=(question,),
        button=button,
        headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
    )


def _done(request: Request, subscription: Subscription, heading: str, words: str) -> Response:
    links = services_of(request).digest.links(subscription)
    purposes: tuple[tuple[Purpose, str], ...] = (
        ("read", "Read all issues"),
        ("change", "Change or pause"),
    )
    offered = () if subscription.state == "unsubscribed" else purposes
    return page(
        request,
        "digest_message.html",
        heading=heading,
        paragraphs=(words,),
        links=[(_path(links[purpose]), label) for purpose, label in offered],
        headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
    )


def _path(address: str) -> str:
    """The part of our own address from the digest on, so that it works under any host."""
    return address[address.index("/digest/") :]


def _mail_page(html: str) -> Response:
    return HTMLResponse(
        html,
        headers={
            "Content-Security-Policy": _MAIL_POLICY,
            "X-Frame-Options": "SAMEORIGIN",
            "X-Robots-Tag": "noindex",
            "Cache-Control": "private, no-store",
        },
    )
