"""Papers and comments in the JSON form that the client ``huggingface_hub`` reads."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broadsheet.domain.comments import Comment
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.paper import Paper
from broadsheet.domain.submissions import Submission
from broadsheet.domain.summary import SUMMARIES, Writer


@dataclass(frozen=True, slots=True)
class Activity:
    """What members of this library did with a paper."""

    comments: int = 0
    submission: Submission | None = None
    votes: int = 0


def compose_entry(paper: Paper, activity: Activity) -> dict[str, Any]:
    """Return an entry of a list, with every field both on top and under "paper".

    The client reads some fields from the top level only and others from "paper" first. On top,
    "publishedAt" is the time at which the paper was listed; under "paper", its own date.
    """
    fields = compose_paper(paper, activity)
    return {**fields, "paper": fields, "publishedAt": fields["submittedOnDailyAt"]}


def compose_paper(paper: Paper, activity: Activity) -> dict[str, Any]:
    """Return a paper alone. Fields of which nothing is known are left out, because the client
    cannot read null for all of them."""
    submission = activity.submission
    submitter = _party(submission.name if submission else paper.extra.get("submitted_by"))
    optional = {
        "discussionId": paper.id if activity.comments else "",
        "source": paper.sources[0] if paper.sources else "",
        "submittedBy": submitter and submitter | {"user": submitter["name"], "type": "user"},
        "ai_summary": _machine_summary(paper.signals),
        "ai_keywords": list(paper.keywords),
        "organization": _party(paper.extra.get("organization")),
        "projectPage": paper.project_url,
        "githubRepo": paper.code_url,
        "githubStars": _count(paper, "github_stars"),
        "mediaUrls": paper.extra.get("media"),
    }
    optional["submittedOnDailyBy"] = optional["submittedBy"]
    return {
        "id": paper.id.removeprefix("arxiv:"),
        "title": paper.title,
        "summary": paper.abstract,
        "authors": [{"name": author.name, "hidden": False} for author in paper.authors],
        "publishedAt": _midnight(paper.published or paper.listed),
        "submittedOnDailyAt": _submission_time(paper, submission),
        "upvotes": _count(paper, "upvotes") + activity.votes,
        "numComments": _count(paper, "num_comments") + activity.comments,
        **{name: value for name, value in optional.items() if value},
    }


def compose_comment(comment: Comment) -> dict[str, Any]:
    """Return a comment as an event of a discussion, ``huggingface_hub.DiscussionComment``."""
    author = {"name": comment.author, "fullname": comment.author, "avatarUrl": "", "type": "user"}
    written = _time(comment.edited_at or comment.created_at)
    return {
        "id": str(comment.id),
        "type": "comment",
        "author": author,
        "createdAt": _time(comment.created_at),
        "data": {
            "edited": comment.edited_at is not None,
            "hidden": comment.state != "visible",
            "latest": {"raw": comment.text, "updatedAt": written, "author": author},
        },
        **({"replyTo": str(comment.parent)} if comment.parent is not None else {}),
    }


def _party(name: object) -> dict[str, Any] | None:
    """A person or organisation, if the name is known."""
    if not isinstance(name, str) or not name:
        return None
    return {"name": name, "fullname": name, "avatarUrl": ""}


def _machine_summary(signals: Mapping[str, Any]) -> str:
    for name, writer in SUMMARIES.items():
        text = signals.get(name)
        if writer is Writer.MACHINE and isinstance(text, str) and text.strip():
            return text
    return ""


def _submission_time(paper: Paper, submission: Submission | None) -> str:
    """The time at which the paper was submitted here, or by a source; else the day of its issue."""
    if submission:
        return _time(submission.created_at)
    try:
        submitted = dt.datetime.fromisoformat(paper.extra["submitted_at"])
    except (KeyError, TypeError, ValueError):
        return _midnight(paper.listed)
    return _time(submitted if submitted.tzinfo else submitted.replace(tzinfo=dt.UTC))


def _midnight(date: PartialDate) -> str:
    return _time(dt.datetime.combine(date.first_day(), dt.time(), dt.UTC))


def _time(moment: dt.datetime) -> str:
    """A time as the client demands it: with milliseconds and the ending Z."""
    try:
        moment = moment.astimezone(dt.UTC)
    except OverflowError:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _count(paper: Paper, name: str) -> int:
    value = paper.signals.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0
