"""Screening: working through a pool of papers until enough has been read."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.paper import Paper

MOST_POOL = 5_000
"""Papers of one screening."""
MOST_SCREENINGS = 100
"""Screenings of one account."""
LONGEST_TITLE = 120
LONGEST_REASON = 1_000

ExportForm = Literal["csv", "ris"]


class ScreeningNotFoundError(BroadsheetError):
    """There is no such screening, or it is another reader's."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("there is no screening here, or it is not yours")


@dataclass(frozen=True, slots=True)
class Screening:
    """A pool of papers that a reader works through."""

    id: str
    account: str
    title: str
    query: str
    """The search that gave the pool."""
    recall: float
    """Share of the relevant papers to find."""
    confidence: float
    """Probability with which that share is to be found."""
    created_at: dt.datetime
    review: str = ""
    """Id of the screening whose pool several screeners share; its own id for the first of them."""
    papers: int = 0
    labels: int = 0
    relevant: int = 0
    """Papers labelled as relevant."""


@dataclass(frozen=True, slots=True)
class ScreeningPaper:
    """A paper (its key) of a pool with its label."""

    paper: int
    place: int
    """In the search, from 1."""
    number: int | None = None
    """In the order of reading; None if it is unread."""
    relevant: bool | None = None
    """None if it is unread."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StopAdvice:
    """The answer to "may I stop?"."""

    may_stop: bool
    answer: str
    """The answer in a sentence."""
    grounds: Sequence[str]
    """Findings and assumptions, in sentences."""
    risk: float
    """Upper bound, by the rule that decides, of the probability that recall is below the target."""


@dataclass(frozen=True, slots=True)
class ScreeningState:
    """Where a screening stands."""

    screening: Screening
    advice: StopAdvice
    next_paper: Paper | None
    """The unread paper that is the most likely to be relevant; None at the end of the pool."""
    reasons: Sequence[str]
    """Why it comes next, in words."""
    last_paper: Paper | None
    """The paper labelled last, which can be undone."""
    last_relevant: bool
    curve: Sequence[int]
    """Relevant papers after each label: the progress so far."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One labelled paper, for lists and exports."""

    paper: Paper
    number: int
    relevant: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Screener:
    """One of those who work through a pool, by the name of the account."""

    name: str
    labels: int
    relevant: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A paper that was labelled as relevant by some screeners and as irrelevant by others."""

    paper: Paper
    labels: Sequence[tuple[str, bool, str]]
    """Name, label and reason of each screener who has labelled it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the screeners of one pool agree."""

    screeners: Sequence[Screener]
    shared: int
    """Papers that at least two of them have labelled."""
    agreed: int
    """Those on which all who labelled them agree."""
    kappa: float | None
    """Cohen's κ, the mean over pairs of screeners; None if it is not defined."""
    conflicts: Sequence[Conflict]


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """The numbers of a PRISMA 2020 flow diagram (Page et al. 2021, doi:10.1136/bmj.n71) that a
    screening knows; with several screeners a paper in conflict counts as included."""

    identified: int
    """Papers of the pool."""
    screened: int
    excluded: int
    reasons: Sequence[tuple[str, int]]
    """Reasons of excluded papers with their numbers, the most frequent first; "" for none."""
    included: int
    not_screened: int
    """Papers left unread because the screening was stopped, or is not at its end."""


class ScreeningStore(Protocol):
    """Screenings in the library's database. Thread-safe; writes are durable."""

    def add(self, screening: Screening, papers: Sequence[int]) -> None:
        """Add a screening with the papers (keys) of its pool in the search's order."""
        ...

    def find(self, screening_id: str) -> Screening | None:
        """Return a screening with its counts."""
        ...

    def of_account(self, account: str) -> Sequence[Screening]:
        """Return an account's screenings, the newest first."""
        ...

    def of_review(self, review: str) -> Sequence[Screening]:
        """Return the screenings that share a pool, the one that the others joined first."""
        ...

    def papers(self, screening_id: str) -> Sequence[ScreeningPaper]:
        """Return a pool: labelled papers in the order of reading, then the others by place."""
        ...

    def set_label(
        self, screening_id: str, paper: int, relevant: bool, reason: str, now: dt.datetime
    ) -> bool:
        """Label a paper; a changed label keeps its number. Returns whether it is in the pool."""
        ...

    def undo(self, screening_id: str) -> int | None:
        """Remove the label given last; return its paper, None if there is no label."""
        ...

    def delete(self, screening_id: str) -> None:
        """Delete a screening."""
        ...


class ScreeningService(Protocol):
    """Screenings of the acting principal. Raises ScreeningNotFoundError for those of others."""

    def start(
        self,
        principal: Principal,
        query: str,
        title: str = "",
        recall: float = 0.95,
        confidence: float = 0.95,
    ) -> Screening:
        """Make a pool of the papers that hold all words of a search, at most ``MOST_POOL``.

        Raises InvalidInputError if there is none, or for numbers outside 0 to 1.
        """
        ...

    def own(self, principal: Principal) -> Sequence[Screening]:
        """Return the principal's screenings, the newest first."""
        ...

    def join(self, principal: Principal, review: str) -> Screening:
        """Start a screening of the same pool as another reader's; return it, or the one that this
        reader has of it already. Raises ScreeningNotFoundError."""
        ...

    def agreement(self, principal: Principal, screening_id: str) -> Agreement:
        """Compare the labels of all who work through the pool of a screening."""
        ...

    def count_flow(self, principal: Principal, screening_id: str) -> FlowCounts:
        """Count the papers at each stage, over all screeners of the pool."""
        ...

    def state(self, principal: Principal, screening_id: str) -> ScreeningState:
        """Return where a screening stands, and the next paper to read."""
        ...

    def label(
        self,
        principal: Principal,
        screening_id: str,
        name: str,
        relevant: bool,
        reason: str = "",
    ) -> None:
        """Label a paper of the pool. Raises PaperNotFoundError, InvalidInputError."""
        ...

    def undo(self, principal: Principal, screening_id: str) -> Paper | None:
        """Take back the label given last; return its paper, None if there was none."""
        ...

    def decisions(self, principal: Principal, screening_id: str) -> Sequence[Decision]:
        """Return the labelled papers in the order of reading."""
        ...

    def export(self, principal: Principal, screening_id: str, form: ExportForm) -> str:
        """Return the decisions as CSV, or as RIS with a note that holds the label."""
        ...

    def delete(self, principal: Principal, screening_id: str) -> None:
        """Delete a screening with its labels."""
        ...
