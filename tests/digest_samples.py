"""Papers, subscriptions and wording for tests of the digest."""

import datetime as dt

import numpy as np

from broadsheet.digest.compose import Candidate, Wording
from broadsheet.domain.dates import PartialDate
from broadsheet.domain.digest import Schedule, Subscription, Topic
from broadsheet.domain.paper import Author, Paper, Version

NOW = dt.datetime(2026, 12, 1, 7, tzinfo=dt.UTC)


def make_paper(key, title="", abstract="", authors=("Ada Lovelace",), category="cs.LG", versions=1):
    return Paper(
        id=f"arxiv:2612.{key:05}",
        key=key,
        listed=PartialDate.from_date(NOW.date()),
        added_at=NOW,
        title=title or f"Paper number {key}",
        abstract=abstract or f"We find that {key} is the answer. It helps.",
        authors=tuple(Author(name) for name in authors),
        categories=(category,) if category else (),
        versions=tuple(Version(number) for number in range(1, versions + 1)),
    )


def make_candidate(key, score=0.5, vector=None, **paper):
    return Candidate(
        paper=make_paper(key, **paper),
        score=score,
        reason="It matches your search.",
        vector=None if vector is None else np.array(vector, np.float32),
    )


def make_subscription(**changes):
    values = {
        "id": 1,
        "address": "reader@example.org",
        "topic": Topic("search", "conformal prediction"),
        "schedule": Schedule("daily", dt.time(7), "Europe/Berlin"),
        "state": "active",
        "nonce": "nonce",
        "created_at": NOW - dt.timedelta(3),
        "confirmed_at": NOW - dt.timedelta(3),
    }
    return Subscription(**(values | changes))


WORDING = Wording(
    headline=lambda paper: paper.title,
    standfirst=lambda paper: paper.abstract.split(". ")[0] + ".",
    abstract=lambda paper: paper.abstract,
    field=lambda paper: {"cs.LG": "Machine learning", "cs.CV": "Vision"}.get(
        paper.categories[0] if paper.categories else "", ""
    ),
    facts=lambda paper: "",
)
