"""A reader's own ranking: its signals, its learned parts, and its answers."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.community import Mark
from broadsheet.domain.daily import Issue, IssueRequest, PlacedStory
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.paper import Paper
from broadsheet.domain.search import ReaderInterests

EditKind = Literal["term", "author", "exploration"]
Decision = Literal["muted", "pinned", "unwanted", "none", "tenth", "fifth", "third"]
"""Of a term or author: counts nothing; speaks for a paper, whatever was learned; speaks against it.
An author can be pinned or unwanted only, because nothing is learned about authors. Of the
exploration: its share of the stories."""

EXPLORATION: Mapping[Decision, int] = {"none": 0, "tenth": 10, "fifth": 5, "third": 3}
"""Every how many stories one stands outside the reader's interests; 0 for never."""
USUAL_EXPLORATION: Decision = "tenth"
EXPLORATION_NAME = "share"
"""Name of the one edit of this kind."""

DECISIONS: Mapping[EditKind, tuple[Decision, ...]] = {
    "term": ("muted", "pinned", "unwanted"),
    "author": ("pinned", "unwanted"),
    "exploration": tuple(EXPLORATION),
}

WEIGHTS: Mapping[Mark, float] = {
    "saved": 1.0,
    "voted": 1.0,
    "more_like": 1.0,
    "later": 0.5,
    "read": 0.25,
    "hidden": -0.25,
    "less_like": -1.0,
    "not_interested": -1.0,
}
"""How much a mark on a paper counts; below 0 as a dislike. See docs/personal-ranking.md."""
COLLECTED = 1.0
"""Weight of a paper on one of the reader's collections."""
PINNED_PAPER = 3.0
"""Factor of the weight of a pinned paper."""

MOST_TEXTS = 500
"""Texts that one reader can give."""
LONGEST_TEXT = 10_000
"""Characters of a text."""
LONGEST_NAME = 200
"""Characters of a term or an author's name."""


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """A reader's own decision about a term, an author or the share of exploration."""

    kind: EditKind
    name: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class ReaderText:
    """A text that counts as a liked paper: a description, or a paper that is not in the library."""

    number: int
    title: str
    text: str


class ProfileStore(Protocol):
    """Readers' edits and texts in the library's database. Thread-safe; writes are durable."""

    def edits(self, account: str) -> Sequence[ProfileEdit]:
        """Return an account's edits by kind and name."""
        ...

    def set_edit(self, account: str, edit: ProfileEdit, now: dt.datetime) -> None:
        """Add an edit, or replace the one about the same term or author."""
        ...

    def remove_edit(self, account: str, kind: EditKind, name: str) -> None:
        """Remove an edit; an unknown one is ignored."""
        ...

    def texts(self, account: str) -> Sequence[ReaderText]:
        """Return an account's texts, the oldest first."""
        ...

    def add_texts(self, account: str, texts: Sequence[tuple[str, str]], now: dt.datetime) -> int:
        """Add (title, text) pairs, leaving out those that are there; return how many are new."""
        ...

    def remove_text(self, account: str, number: int) -> None:
        """Remove a text of this account; an unknown number is ignored."""
        ...

    def reset(self, account: str, papers: Collection[int], now: dt.datetime) -> None:
        """Remove an account's edits, texts and marks for the ranking alone; mark these papers as
        ignored."""
        ...


@dataclass(frozen=True, slots=True)
class ForYou:
    """Papers of some days in the order of a reader's interests."""

    first: dt.date
    last: dt.date
    stories: Sequence[PlacedStory]
    papers: int
    """Papers of these days that were ranked."""
    left_out: int
    """Papers of these days that the reader has marked already."""
    likes: int
    """Liked papers and texts from which the ranking was learned; 0: there is no ranking yet."""
    dislikes: int
    exploration: Decision = USUAL_EXPLORATION
    """The share of stories from outside the reader's interests."""


@dataclass(frozen=True, slots=True)
class ProfileTerm:
    """A term with its learned weight, as a share of the largest; below 0 speaks against."""

    name: str
    weight: float
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ProfilePaper:
    """A paper from which the ranking learns."""

    paper: Paper
    weight: float
    """How much it counts; below 0 as a dislike; 0 if the reader has taken it out."""
    influence: float
    """Its weight in the model, as a share of the largest."""
    marks: frozenset[Mark]
    collected: bool


@dataclass(frozen=True, slots=True)
class ProfileAuthor:
    """An author of liked papers, or one whom the reader has decided on."""

    name: str
    liked_papers: int
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ProfileInterest:
    """One of several interests: a group of liked papers that are near in meaning."""

    papers: int
    terms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that a reader's ranking has learned, in editable parts."""

    likes: int
    dislikes: int
    terms: Sequence[ProfileTerm] = ()
    papers: Sequence[ProfilePaper] = ()
    texts: Sequence[ReaderText] = ()
    authors: Sequence[ProfileAuthor] = ()
    interests: Sequence[ProfileInterest] = ()
    exploration: Decision = USUAL_EXPLORATION


@dataclass(frozen=True, slots=True)
class AddedLikes:
    """The outcome of adding likes from a text, a file or a name."""

    papers: Sequence[Paper] = ()
    """Papers of the library that count as liked from now on."""
    texts: int = 0
    """Texts that were kept because no paper of the library is theirs."""
    missing: Sequence[str] = ()
    """Identifiers that name no paper here."""


class PersonalService(Protocol):
    """A reader's ranking. Every call is about the acting principal's own; all of it needs the
    permission to keep something here."""

    def for_you(self, principal: Principal, since: str = "day", limit: int = 50) -> ForYou:
        """Rank the papers of the latest day ("day"), of the seven days up to it ("week"), or from
        a date on ("2026-11-02"). Papers with any mark of the reader are left out. Raises
        InvalidInputError."""
        ...

    def issue(self, principal: Principal, request: IssueRequest) -> Issue:
        """Return an issue in the order of the reader's interests, each story with the reasons for
        its place; in the order of the front page, with a note, if nothing is known of them. Of
        more than 5,000 papers the rest follows in the order of the front page. Raises
        EditionNotFoundError."""
        ...

    def interests(self, principal: Principal) -> ReaderInterests | None:
        """Return the reader's interests, for the order "for-me" of a search; None if nothing is
        known of them."""
        ...

    def informative_papers(self, principal: Principal, limit: int = 20) -> Sequence[Paper]:
        """Return recent papers that differ from each other and stand for many others: judging
        them says the most."""
        ...

    def profile(self, principal: Principal) -> Profile:
        """Return the learned parts."""
        ...

    def edit(self, principal: Principal, kind: str, name: str, decision: str) -> None:
        """Decide on a term or an author; an empty ``decision`` takes it back. Raises
        InvalidInputError."""
        ...

    def add_text(self, principal: Principal, text: str) -> AddedLikes:
        """Like the papers and topics that a text names: identifiers and titles of papers, abstracts, descriptions.
        Raises InvalidInputError."""
        ...

    def add_file(self, principal: Principal, name: str, content: bytes) -> AddedLikes:
        """Like the papers of a BibTeX or RIS file. Raises InvalidInputError."""
        ...

    def add_author(self, principal: Principal, name: str) -> AddedLikes:
        """Like an author's papers. Raises InvalidInputError if the library has none."""
        ...

    def remove_text(self, principal: Principal, number: int) -> None:
        """Remove a text."""
        ...

    def reset(self, principal: Principal) -> None:
        """Begin anew: nothing said so far counts any more. Saved papers stay saved, hidden ones
        hidden."""
        ...


def check_edit(kind: str, name: str, decision: str) -> ProfileEdit:
    """Return an edit that can be kept; raises InvalidInputError for any other."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInputError(f"a name has 1 to {LONGEST_NAME} characters")
    for known_kind, decisions in DECISIONS.items():
        for known_decision in decisions:
            if (kind, decision) == (known_kind, known_decision):
                return ProfileEdit(known_kind, name, known_decision)
    legal = "; ".join(f"{kind}: {', '.join(each)}" for kind, each in DECISIONS.items())
    raise InvalidInputError(f"{kind[:20]!r} cannot be {decision[:20]!r}; legal are {legal}")
