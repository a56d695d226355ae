"""Papers that members submit, and those that curators feature."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from broadsheet.domain.access import Principal
from broadsheet.domain.errors import BroadsheetError
from broadsheet.domain.paper import Paper

SubmissionState = Literal["pending", "listed", "failed", "removed", "unlisted"]
"""Not fetched yet; in the library; cannot be fetched, a curator may name the paper; taken off;
requested for the library alone, kept for the limit of a day."""

LONGEST_NOTE = 500
"""Characters of a note, and of a curator's reason."""
LONGEST_ADDRESS = 1000
PER_DAY = 20
"""Submissions of one account within 24 hours."""
MOST_ATTEMPTS = 12
"""How often an address is tried that cannot be reached, about a week."""


class SubmissionNotFoundError(BroadsheetError):
    """There is no such submission, or the principal may not know of it."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("there is no submission of this number")


class TooManySubmissionsError(BroadsheetError):
    """An account submits too much."""

    code = "too_many"

    def __init__(self) -> None:
        super().__init__(f"you have submitted {PER_DAY} papers within a day; go on tomorrow")


@dataclass(frozen=True, slots=True)
class Submission:
    """A paper that a member submitted. Times are UTC."""

    number: int
    account: str
    name: str
    """Of the account."""
    address: str
    """An identifier or address, as it was given."""
    note: str
    state: SubmissionState
    paper: int | None
    """Key of the paper once it is listed."""
    problem: str
    """Why it could not be fetched; "" if it was not tried or is listed."""
    attempts: int
    created_at: dt.datetime
    listed_on: dt.date | None
    """The day in whose issue it stands."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A paper that a curator put forward, with the reason."""

    paper: int
    account: str
    name: str
    reason: str
    day: dt.date
    """The day in whose issue it stands."""
    place: int
    """Among the papers of the day, from 1."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """What members submitted and curators featured, by the key of the paper."""

    submissions: Mapping[int, Submission]
    features: Mapping[int, Feature]


NO_HIGHLIGHTS = Highlights({}, {})


class SubmissionStore(Protocol):
    """Submissions and features in the library's database. Thread-safe; writes are durable."""

    def add(self, submission: Submission) -> Submission:
        """Add a submission; return it with its number."""
        ...

    def find(self, number: int) -> Submission | None:
        """Return a submission."""
        ...

    def update(self, submission: Submission, next_attempt_at: dt.datetime | None = None) -> None:
        """Replace state, paper, problem, attempts and day of a submission."""
        ...

    def delete(self, number: int) -> None:
        """Delete a submission."""
        ...

    def count_since(self, account: str, since: dt.datetime) -> int:
        """Count an account's submissions since then."""
        ...

    def due(self, now: dt.datetime, limit: int) -> Sequence[Submission]:
        """Return pending submissions that are to be tried now, the oldest first."""
        ...

    def latest(
        self, states: Collection[SubmissionState], limit: int, account: str | None = None
    ) -> Sequence[Submission]:
        """Return submissions in these states, of one account if it is given, the newest first."""
        ...

    def feature(self, feature: Feature) -> None:
        """Feature a paper, at the end of its day unless it is featured already."""
        ...

    def remove_feature(self, paper: int) -> bool:
        """Feature a paper no longer; False if it was not featured."""
        ...

    def move_feature(self, paper: int, by: int) -> None:
        """Move a featured paper up (negative) or down on its day."""
        ...

    def features_between(self, first: dt.date, last: dt.date) -> Sequence[Feature]:
        """Return the features of some days by day and place."""
        ...

    def highlights_between(self, first: dt.date, last: dt.date) -> Highlights:
        """Return what stands in the issues of some days, both included."""
        ...

    def highlights_of(self, papers: Collection[int]) -> Highlights:
        """Return the submissions and features of some papers; of several submissions of one
        paper the first."""
        ...

    def state(self) -> int:
        """A number that grows with each change of what issues show."""
        ...


class SubmissionService(Protocol):
    """Submitting and featuring papers."""

    def submit(self, principal: Principal, address: str, note: str = "") -> Submission:
        """Submit a paper by an identifier or address. Listed at once if the library holds it, else
        fetched in the background. Raises InvalidInputError, TooManySubmissionsError."""
        ...

    def add_paper(self, principal: Principal, address: str) -> Paper:
        """Return the paper of an identifier or address, fetched into the library if it is not
        there; no issue lists it. Counts as a submission if it is fetched. Raises
        InvalidInputError, TooManySubmissionsError, SourceUnavailableError, and the errors of the
        source that has no such paper."""
        ...

    def fetch(self, principal: Principal, number: int) -> Submission:
        """Fetch the paper of a pending or failed submission now: one's own, or as a curator any.
        A failure stays with the submission in words."""
        ...

    def resolve(self, principal: Principal, number: int, name: str) -> Submission:
        """Say, as a curator, which paper of the library a submission means. Raises
        PaperNotFoundError."""
        ...

    def remove(self, principal: Principal, number: int, reason: str = "") -> None:
        """Delete a submission of one's own; or take one off as a curator, with a reason that goes
        into the public log."""
        ...

    def get(self, principal: Principal, number: int) -> Submission:
        """Return a submission. Those that are not listed are shown to their authors and to curators.
        Raises SubmissionNotFoundError."""
        ...

    def submissions(
        self, principal: Principal, limit: int = 100
    ) -> Sequence[tuple[Submission, Paper | None]]:
        """Return submissions with their papers, the newest first: listed ones, those of the
        principal, and to curators all."""
        ...

    def own(self, principal: Principal) -> Sequence[Submission]:
        """Return one's own submissions, the newest first."""
        ...

    def feature(
        self, principal: Principal, name: str, reason: str, day: dt.date | None = None
    ) -> Feature:
        """Feature a paper in the issue of a day, today's unless given, as a curator; change the
        reason if it is featured. Raises PaperNotFoundError, InvalidInputError."""
        ...

    def move_feature(self, principal: Principal, name: str, by: int) -> None:
        """Move a featured paper up (negative) or down on its day, as a curator."""
        ...

    def remove_feature(self, principal: Principal, name: str) -> None:
        """Feature a paper no longer, as a curator. Raises InvalidInputError if it is not
        featured."""
        ...

    def highlights_of(self, papers: Collection[int]) -> Highlights:
        """Return the submissions and features of some papers (keys)."""
        ...
