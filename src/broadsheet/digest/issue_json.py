"""Issues as JSON, as the store keeps them."""

import dataclasses
import datetime as dt
import json

from broadsheet.domain.digest import Issue, Story, StoryGroup


def dump_issue(issue: Issue) -> str:
    """Write an issue as JSON text."""
    return json.dumps(dataclasses.asdict(issue), ensure_ascii=False, default=str)


def load_issue(text: str) -> Issue:
    """Parse the output of ``dump_issue``."""
    fields = json.loads(text)
    groups = tuple(
        StoryGroup(group["title"], tuple(Story(**story) for story in group["stories"]))
        for group in fields.pop("groups")
    )
    composed_at = dt.datetime.fromisoformat(fields.pop("composed_at"))
    return Issue(**fields, groups=groups, composed_at=composed_at)
