"""Compose an issue: choose papers, order them, say why. Pure and deterministic.

Choice     maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998,
           doi:10.1145/290941.291025): the next story is the candidate with the largest
           (1 − d)·score − d·(largest cosine to a chosen story), d = ``DIVERSITY``.
Diversity  Vendi score (Friedman & Dieng, TMLR 2023, arXiv:2210.02410): exp of the Shannon
           entropy of the eigenvalues of K/n, K the cosines of the n stories; from 1 (all the
           same) to n (all different).
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain.digest import Issue, Story, StoryGroup, Subscription
from broadsheet.domain.paper import Paper

Vectors = NDArray[np.float32]

DIVERSITY = 0.3
"""Share of novelty in the choice of the next story; the rest is the candidate's score."""
_BYLINE_AUTHORS = 3
_OTHER_FIELDS = "Elsewhere"
_WORTH_GROUPING = 4
"""An issue with fewer stories is one list."""
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "has",
        "have",
        "how",
        "in",
        "into",
        "is",
        "it",
        "its",
        "more",
        "new",
        "not",
        "of",
        "on",
        "or",
        "our",
        "that",
        "the",
        "their",
        "these",
        "this",
        "through",
        "to",
        "toward",
        "towards",
        "under",
        "using",
        "via",
        "we",
        "what",
        "when",
        "where",
        "which",
        "while",
        "with",
        "without",
        "based",
        "approach",
        "method",
        "methods",
        "learning",
        "model",
        "models",
        "data",
        "study",
        "analysis",
        "efficient",
        "improved",
        "improving",
        "novel",
        "paper",
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A paper that may become a story."""

    paper: Paper
    score: float
    """Relevance to the topic, trend and freshness together; larger is better, about 0 to 1."""
    reason: str
    """Why it would be in the issue, in one sentence."""
    vector: Vectors | None = None
    """Unit vector, shape (dimensions,), if known."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a paper is worded in an issue: pure functions from a paper to readable text."""

    headline: Callable[[Paper], str]
    standfirst: Callable[[Paper], str]
    abstract: Callable[[Paper], str]
    field: Callable[[Paper], str]
    """The readable name of a paper's field; empty if unknown."""
    facts: Callable[[Paper], str]


def choose(candidates: Sequence[Candidate], limit: int) -> list[Candidate]:
    """The best candidates, diversified; ties break on the paper's id, so runs repeat exactly."""
    pool = sorted(candidates, key=lambda each: (-each.score, each.paper.id))[: limit * 10]
    if not pool:
        return []
    scores = np.array([each.score for each in pool], np.float64)
    span = float(np.ptp(scores))
    scores = (scores - scores.min()) / span if span else np.ones(len(pool))
    vectors = _vectors_of(pool)
    nearest = np.zeros(len(pool))
    choice: list[int] = []
    while len(choice) < min(limit, len(pool)):
        gains = (1 - DIVERSITY) * scores - DIVERSITY * nearest
        gains[choice] = -np.inf
        best = int(np.argmax(gains))
        choice.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return [pool[place] for place in choice]


def vendi_score(vectors: Vectors) -> float:
    """Effective number of different rows of ``vectors``, shape (n, dimensions); 0 for none."""
    if not len(vectors):
        return 0.0
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    kernel = (unit @ unit.T).astype(np.float64)
    np.fill_diagonal(kernel, 1.0)
    weights = np.linalg.eigvalsh(kernel / len(vectors))
    weights = weights[weights > 1e-12]
    return float(np.exp(-np.sum(weights * np.log(weights))))


def without_repetitions(
    candidates: Sequence[Candidate], sent: Mapping[int, int]
) -> list[Candidate]:
    """Candidates not sent before. A paper that was sent comes again only in a second or later
    version that is newer than the one sent."""
    return [
        each
        for each in candidates
        if each.paper.key not in sent or newest_version(each.paper) > sent[each.paper.key] > 0
    ]


def newest_version(paper: Paper) -> int:
    """Number of a paper's newest version; 0 if unknown."""
    return max((version.number for version in paper.versions), default=0)


def compose_issue(
    subscription: Subscription,
    period: str,
    candidates: Sequence[Candidate],
    sent: Mapping[int, int],
    wording: Wording,
    now: dt.datetime,
    quiet_because: str = "",
) -> Issue:
    """The issue of a period; empty if nothing new is left, and then it says why."""
    choice = choose(without_repetitions(candidates, sent), subscription.limit)
    if not choice:
        because = quiet_because or (
            "Nothing new came in on this topic since your last issue."
            if sent
            else "The library has nothing on this topic from the last days."
        )
        return Issue(
            subscription=subscription.id,
            period=period,
            subject=f"Nothing new on {describe_topic(subscription)}",
            introduction=because,
            empty_because=because,
            composed_at=now,
        )
    stories = [_story(each, sent, wording) for each in choice]
    groups = _group(choice, stories, wording)
    return Issue(
        subscription=subscription.id,
        period=period,
        subject=compose_subject(subscription, choice, stories),
        introduction=_introduction(subscription, len(stories), len(candidates)),
        groups=groups,
        diversity=vendi_score(_vectors_of(choice)),
        composed_at=now,
    )


def describe_topic(subscription: Subscription) -> str:
    """The topic in words, as it stands in a sentence after "on" or "of"."""
    topic = subscription.topic
    match topic.kind:
        case "trending":
            return "the trending papers"
        case "edition":
            return f"the edition “{topic.value}”"
        case "search":
            return f"“{topic.value}”"
        case "like":
            kind = "the collection " if topic.collection else ""
            return f"papers like {kind}“{topic.label or topic.value}”"
        case "follows":
            return "the people and topics you follow"
        case "for-me":
            return "your interests"


def compose_subject(
    subscription: Subscription, candidates: Sequence[Candidate], stories: Sequence[Story]
) -> str:
    """A subject line that says something: the phrase that several headlines share, then the lead.

    "3 on conformal prediction, and: A survey of state space models"
    """
    lead = _shorten(stories[0].headline, 70)
    if len(stories) == 1:
        return lead
    phrase, papers = find_common_phrase([story.headline for story in stories])
    if subscription.topic.kind == "search" and (papers < 2 or papers == len(stories)):
        return f"{len(stories)} on {_shorten(_plain_words(subscription.topic.value), 40)}: {lead}"
    if papers >= 2:
        others = [story for story in stories if phrase not in _phrases(story.headline)]
        if others:
            return f"{papers} on {phrase}, and: {_shorten(others[0].headline, 70)}"
        return f"{papers} on {phrase}: {lead}"
    return f"{lead}, and {len(stories) - 1} more"


def _plain_words(query: str) -> str:
    """A query's words without its operators, filters and excluded words."""
    words = [word.strip('()"') for word in query.split()]
    plain_words = [word for word in words if word[:1] != "-" and ":" not in word]
    return " ".join(word for word in plain_words if word not in ("AND", "OR", "NOT")) or query


def find_common_phrase(headlines: Sequence[str]) -> tuple[str, int]:
    """The two- or three-word phrase that most headlines hold, and how many do; ties go to the
    longer phrase, then to the first. ("", 0) if no two share one."""
    counts: Counter[str] = Counter()
    for headline in headlines:
        counts.update(_phrases(headline).keys())
    best = max(
        counts.items(),
        key=lambda pair: (pair[1], len(pair[0].split()), -len(pair[0])),
        default=None,
    )
    return best if best and best[1] >= 2 else ("", 0)


def _phrases(headline: str) -> dict[str, None]:
    words = [word.strip(".,:;!?()[]“”\"'’‘").lower() for word in headline.split()]
    phrases: dict[str, None] = {}
    for size in (2, 3):
        for start in range(len(words) - size + 1):
            part = words[start : start + size]
            if all(len(word) > 1 for word in part) and not _STOP_WORDS & {part[0], part[-1]}:
                phrases[" ".join(part)] = None
    return phrases


def _story(candidate: Candidate, sent: Mapping[int, int], wording: Wording) -> Story:
    paper = candidate.paper
    version = newest_version(paper)
    is_update = paper.key in sent
    reason = candidate.reason
    if is_update:
        reason = f"Version {version} is out; you had version {sent[paper.key]}. {reason}"
    return Story(
        paper=paper.key,
        id=paper.id,
        version=version,
        headline=wording.headline(paper),
        byline=compose_byline(paper),
        standfirst=wording.standfirst(paper),
        reason=reason,
        facts=wording.facts(paper),
        abstract=wording.abstract(paper),
        is_update=is_update,
    )


def compose_byline(paper: Paper) -> str:
    """Up to three authors, then how many more."""
    names = [author.name for author in paper.authors]
    if len(names) <= _BYLINE_AUTHORS + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_BYLINE_AUTHORS])} and {len(names) - _BYLINE_AUTHORS} more"


def _group(
    candidates: Sequence[Candidate], stories: Sequence[Story], wording: Wording
) -> tuple[StoryGroup, ...]:
    """Stories by field, in the order of each field's best story; fields of one story last,
    together."""
    if len(stories) < _WORTH_GROUPING:
        return (StoryGroup("", tuple(stories)),)
    fields: dict[str, list[Story]] = {}
    for candidate, story in zip(candidates, stories, strict=True):
        fields.setdefault(wording.field(candidate.paper), []).append(story)
    large = {name: group for name, group in fields.items() if len(group) > 1 and name}
    if not large:
        return (StoryGroup("", tuple(stories)),)
    rest = [story for story in stories if not any(story in group for group in large.values())]
    groups = [StoryGroup(name, tuple(group)) for name, group in large.items()]
    if rest:
        groups.append(StoryGroup(_OTHER_FIELDS, tuple(rest)))
    return tuple(groups)


def _introduction(subscription: Subscription, stories: int, candidates: int) -> str:
    papers = "1 paper" if stories == 1 else f"{stories} papers"
    if candidates > stories:
        papers += f", chosen from {candidates}"
    return f"{papers} on {describe_topic(subscription)}."


def _vectors_of(candidates: Sequence[Candidate]) -> Vectors:
    """Rows of unit length; zeros for a paper without a vector, which is then near to none."""
    vectors = [each.vector for each in candidates if each.vector is not None]
    dimensions = len(vectors[0]) if vectors else 1
    rows = np.zeros((len(candidates), dimensions), np.float32)
    for row, each in zip(rows, candidates, strict=True):
        if each.vector is not None:
            row[:] = each.vector
    return rows


def _shorten(text: str, letters: int) -> str:
    if len(text) <= letters:
        return text
    return text[: letters - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"
