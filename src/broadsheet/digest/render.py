"""An issue as HTML and plain text, for the mail, the web page and the preview.

The HTML is laid out with tables, its styles are inlined by css-inline (the media queries stay in
the head), it loads nothing from anywhere, and it stays below ``MAX_HTML_BYTES``: Gmail cuts a
message at 102 KB.
"""

import datetime as dt
import functools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from broadsheet.digest.compose import describe_topic
from broadsheet.domain.digest import ANSWER_DAYS, Issue, Rendered, StoryGroup, Subscription

MAX_HTML_BYTES = 100_000
_TEXT_WIDTH = 68


@dataclass(frozen=True, slots=True)
class IssueLinks:
    """Absolute addresses in an issue; empty ones are left out."""

    home: str
    paper: Callable[[str], str]
    """A paper's id → its page."""
    issue: str = ""
    change: str = ""
    unsubscribe: str = ""
    stay: str = ""
    """Keeps the digest coming, for a reader who is asked whether to go on."""


def render_issue(
    issue: Issue, subscription: Subscription, links: IssueLinks, service: str
) -> Rendered:
    """Both forms of an issue.

    Abstracts and then stories are left out from the end, with a word about it, if the HTML
    would be too large.
    """
    detail = subscription.detail
    while True:
        rendered = _render(issue, subscription, links, service, detail)
        if len(rendered.html.encode()) <= MAX_HTML_BYTES or not issue.groups:
            return rendered
        if detail == "abstracts":
            detail = "short"
        else:
            issue = _without_last_story(issue)


def _render(
    issue: Issue, subscription: Subscription, links: IssueLinks, service: str, detail: str
) -> Rendered:
    import css_inline

    context = {
        "issue": issue,
        "service": service,
        "topic": describe_topic(subscription),
        "rhythm": describe_rhythm(subscription),
        "date": long_date(dt.date.fromisoformat(issue.period)),
        "detail": detail,
        "links": links,
        "pauses_on": long_date((subscription.asked_at + dt.timedelta(ANSWER_DAYS)).date())
        if subscription.asked_at and links.stay
        else "",
        "story_link": lambda story: links.paper(story.id),
        "preview_text": issue.stories[0].standfirst if issue.stories else issue.empty_because,
    }
    html = _templates(True).get_template("issue.html").render(context)
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
    text = _templates(False).get_template("issue.txt").render(context)
    return Rendered(inliner.inline(html), _tidy(text))


def render_confirmation(subscription: Subscription, link: str, days: int, service: str) -> Rendered:
    """The message that asks a reader to confirm a subscription."""
    topic, rhythm = describe_topic(subscription), describe_rhythm(subscription)
    return render_button(
        service,
        "Confirm your digest",
        f"Somebody, we hope you, asked {service} for a digest of {topic} at this address, {rhythm}.",
        "Confirm the digest",
        link,
        f"The link is good for {days} days. If it was not you, do nothing: no mail will follow.",
    )


def render_button(
    service: str, subject: str, words: str, button: str, link: str, small: str
) -> Rendered:
    """A short message with one link: ``words`` stand before its button, ``small`` after it."""
    import css_inline

    context = {
        "service": service,
        "subject": subject,
        "words": words,
        "button": button,
        "link": link,
        "small": small,
    }
    html = _templates(True).get_template("button.html").render(context)
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
    text = _templates(False).get_template("button.txt").render(context)
    return Rendered(inliner.inline(html), _tidy(text))


def describe_rhythm(subscription: Subscription) -> str:
    """When issues come, in words: "every day at 07:00 (Europe/Berlin)"."""
    schedule = subscription.schedule
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    days = {
        "daily": "every day",
        "weekdays": "Monday to Friday",
        "weekly": f"every {names[schedule.weekday]}",
    }[schedule.every]
    return f"{days} at {schedule.at:%H:%M} ({schedule.zone})"


def long_date(day: dt.date) -> str:
    """A date in words: "Tuesday, 1 December 2026"."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _without_last_story(issue: Issue) -> Issue:
    *groups, last = issue.groups
    if len(last.stories) > 1:
        groups.append(StoryGroup(last.title, last.stories[:-1]))
    return replace(issue, groups=tuple(groups))


@functools.cache
def _templates(html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("broadsheet.digest"),
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["fill"] = _fill
    return environment


def _fill(text: str, indent: str = "") -> str:
    """Text in lines of at most 68 letters; addresses stay whole."""
    return textwrap.fill(
        text,
        _TEXT_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip() + "\n"
