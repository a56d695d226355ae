"""Submitting and featuring papers; implements SubmissionService."""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from broadsheet.domain.access import Principal, is_allowed, require
from broadsheet.domain.comments import CommentStore, LogEntry
from broadsheet.domain.errors import BroadsheetError, InvalidInputError, SourceUnavailableError
from broadsheet.domain.paper import Paper
from broadsheet.domain.ports import Store
from broadsheet.domain.submissions import (
    LONGEST_ADDRESS,
    LONGEST_NOTE,
    MOST_ATTEMPTS,
    PER_DAY,
    Feature,
    Highlights,
    Submission,
    SubmissionNotFoundError,
    SubmissionState,
    SubmissionStore,
    TooManySubmissionsError,
)
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Job, JobResult
from broadsheet.text.identifiers import parse_identifier_query

_AT_ONCE = 20
"""Submissions that one run of the job tries."""
_FIRST_WAIT, _LONGEST_WAIT = dt.timedelta(minutes=5), dt.timedelta(days=1)
_ALL: tuple[SubmissionState, ...] = ("pending", "listed", "failed")

log = logging.getLogger(__name__)


class Fetcher(Protocol):
    """Looks for papers, here and elsewhere; see ``sources.single.PaperFetcher``."""

    def find(self, text: str) -> Paper | None:
        """Return the paper of this name or address if the library holds it."""
        ...

    def fetch(self, text: str) -> Paper:
        """Fetch a paper into the library. Raises SourceUnavailableError if it may work later."""
        ...


class LocalSubmissionService:
    """See SubmissionService. Thread-safe."""

    def __init__(
        self,
        papers: Store,
        store: SubmissionStore,
        comments: CommentStore,
        fetcher: Fetcher,
        today: Callable[[], dt.date],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._papers = papers
        self._store = store
        self._comments = comments
        self._fetcher = fetcher
        self._today = today
        self._clock = clock

    # Submitting

    def submit(self, principal: Principal, address: str, note: str = "") -> Submission:
        """See SubmissionService."""
        require(principal, "contribute")
        submission = self._add(principal, _check_address(address), _check_note(note), "pending")
        paper = self._fetcher.find(submission.address)
        return self._list(submission, paper) if paper else submission

    def _add(
        self, principal: Principal, address: str, note: str, state: SubmissionState
    ) -> Submission:
        now = self._clock()
        if self._store.count_since(principal.id, now - dt.timedelta(1)) >= PER_DAY:
            raise TooManySubmissionsError
        return self._store.add(
            Submission(
                number=0,
                account=principal.id,
                name=principal.name,
                address=address,
                note=note,
                state=state,
                paper=None,
                problem="",
                attempts=0,
                created_at=now,
                listed_on=None,
            )
        )

    def add_paper(self, principal: Principal, address: str) -> Paper:
        """See SubmissionService."""
        require(principal, "contribute")
        address = _check_address(address)
        if (paper := self._fetcher.find(address)) is not None:
            return paper
        submission = self._add(principal, address, "", "unlisted")
        paper = self._fetcher.fetch(address)
        self._store.update(replace(submission, paper=paper.key, attempts=1))
        return paper

    def fetch(self, principal: Principal, number: int) -> Submission:
        """See SubmissionService."""
        submission = self._get_open(principal, number)
        require(principal, "remove_object", submission.account)
        return self._try(submission)

    def _get_open(self, principal: Principal, number: int) -> Submission:
        submission = self.get(principal, number)
        if submission.state not in ("pending", "failed"):
            raise InvalidInputError("this submission is listed already")
        return submission

    def _try(self, submission: Submission) -> Submission:
        """Fetch the paper; a failure is kept with the submission."""
        attempts = submission.attempts + 1
        try:
            paper = self._fetcher.find(submission.address)
            paper = paper or self._fetcher.fetch(submission.address)
        except SourceUnavailableError as error:
            state: SubmissionState = "pending" if attempts < MOST_ATTEMPTS else "failed"
            tried = replace(submission, state=state, problem=str(error), attempts=attempts)
            wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 20), _LONGEST_WAIT)
            self._store.update(tried, self._clock() + wait)
            return tried
        except BroadsheetError as error:
            tried = replace(submission, state="failed", problem=str(error), attempts=attempts)
            self._store.update(tried)
            return tried
        return self._list(replace(submission, attempts=attempts), paper)

    def _list(self, submission: Submission, paper: Paper) -> Submission:
        listed = replace(
            submission, state="listed", paper=paper.key, problem="", listed_on=self._today()
        )
        self._store.update(listed)
        return listed

    def resolve(self, principal: Principal, number: int, name: str) -> Submission:
        """See SubmissionService."""
        require(principal, "curate")
        return self._list(self._get_open(principal, number), self._papers.get(name))

    def remove(self, principal: Principal, number: int, reason: str = "") -> None:
        """See SubmissionService."""
        submission = self.get(principal, number)
        require(principal, "remove_object", submission.account)
        if submission.account == principal.id:
            self._store.delete(number)
            return
        reason = _check_reason(reason)
        self._store.update(replace(submission, state="removed", listed_on=None))
        action = f"removed submission {number} by {submission.name}"
        self._record(principal, action, reason)

    def get(self, principal: Principal, number: int) -> Submission:
        """See SubmissionService."""
        submission = self._store.find(number)
        shown = submission is not None and (
            submission.state == "listed"
            or bool(principal.id and submission.account == principal.id)
            or is_allowed(principal, "curate")
        )
        if submission is None or submission.state in ("removed", "unlisted") or not shown:
            raise SubmissionNotFoundError
        return submission

    def submissions(
        self, principal: Principal, limit: int = 100
    ) -> Sequence[tuple[Submission, Paper | None]]:
        """See SubmissionService."""
        require(principal, "read_papers")
        shown = _ALL if is_allowed(principal, "curate") else ("listed",)
        listed = {each.number: each for each in self._store.latest(shown, limit)}
        if principal.id:
            own = self._store.latest(_ALL, limit, principal.id)
            listed |= {each.number: each for each in own}
        papers = self._papers.get_many([each.paper for each in listed.values() if each.paper])
        return [
            (listed[number], papers.get(listed[number].paper or 0))
            for number in sorted(listed, reverse=True)[:limit]
        ]

    def own(self, principal: Principal) -> Sequence[Submission]:
        """See SubmissionService."""
        require(principal, "keep_personal")
        return self._store.latest(_ALL, 10_000, principal.id)

    # Featuring

    def feature(
        self, principal: Principal, name: str, reason: str, day: dt.date | None = None
    ) -> Feature:
        """See SubmissionService."""
        require(principal, "curate")
        paper = self._papers.get(name)
        feature = Feature(
            paper.key,
            principal.id,
            principal.name,
            _check_reason(reason),
            day or self._today(),
            0,
        )
        self._store.feature(feature)
        return self._store.highlights_of([paper.key]).features[paper.key]

    def move_feature(self, principal: Principal, name: str, by: int) -> None:
        """See SubmissionService."""
        require(principal, "curate")
        self._store.move_feature(self._papers.get(name).key, by)

    def remove_feature(self, principal: Principal, name: str) -> None:
        """See SubmissionService."""
        require(principal, "curate")
        paper = self._papers.get(name)
        if not self._store.remove_feature(paper.key):
            raise InvalidInputError(f"{paper.id} is not featured here")

    def highlights_of(self, papers: Collection[int]) -> Highlights:
        """See SubmissionService."""
        return self._store.highlights_of(papers)

    def _record(self, principal: Principal, action: str, reason: str) -> None:
        self._comments.add_log_entry(LogEntry(self._clock(), principal.name, action, reason))

    # In the background

    def job(self) -> Job:
        """Fetching what was submitted, as a background job; see ``jobs.supervisor``."""
        return Job("submissions", self._is_due, self._run, interval=2.0)

    def _is_due(self, now: dt.datetime) -> bool:
        return bool(self._store.due(now, 1))

    def _run(self, lease: Lease) -> JobResult | None:
        outcomes: list[Submission] = []
        for submission in self._store.due(self._clock(), _AT_ONCE):
            if lease.stop.is_set():
                break
            outcomes.append(self._try(submission))
        if not outcomes:
            return None
        listed = sum(each.state == "listed" for each in outcomes)
        problems = [each.problem for each in outcomes if each.problem]
        words = f"{listed} of {len(outcomes)} submitted papers fetched"
        return JobResult(f"{words}; {problems[0]}" if problems else words)


def _check_address(text: str) -> str:
    """Return an identifier or web address; raises InvalidInputError for anything else."""
    text = " ".join(text.split())
    known = parse_identifier_query(text) is not None
    web = text.lower().startswith(("http://", "https://")) and " " not in text
    if not (known or web) or len(text) > LONGEST_ADDRESS or not text.isprintable():
        raise InvalidInputError(
            f"{text[:80]!r} names no paper: give an arXiv id, a DOI, or the address of a paper "
            "or its PDF"
        )
    return text


def _check_note(note: str) -> str:
    note = " ".join("".join(c if c.isprintable() else " " for c in note).split())
    if len(note) > LONGEST_NOTE:
        raise InvalidInputError(f"a note has at most {LONGEST_NOTE} characters")
    return note


def _check_reason(reason: str) -> str:
    reason = _check_note(reason)
    if not reason:
        raise InvalidInputError("say why; everybody can read the reason")
    return reason
