"""The use cases that every face (command line, pages, API) calls, as protocols.

Every service may be called from several threads at once and may raise any
BroadsheetError; the error's code decides the exit status or the HTTP status. Days and
times are UTC. Calls that read or write personal or restricted data take the acting
Principal first and raise UnauthorizedError or ForbiddenError. Reading papers takes none, so
that a client over HTTP can implement those calls.

``broadsheet.services`` has the implementations over a library on this machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from broadsheet.domain.access import Principal
    from broadsheet.domain.accounts import AccountService
    from broadsheet.domain.collections import CollectionService
    from broadsheet.domain.comments import CommentService
    from broadsheet.domain.community import CommunityService
    from broadsheet.domain.daily import Edition, IssueRequest, ReaderOrder, Trends, Window
    from broadsheet.domain.daily import Issue as DailyIssue
    from broadsheet.domain.digest import (
        Delivery,
        DeliveryCounts,
        DigestStatus,
        Issue,
        Purpose,
        Rendered,
        Subscription,
        SubscriptionRequest,
    )
    from broadsheet.domain.errors import SyncRunningError
    from broadsheet.domain.explanation import Explanation
    from broadsheet.domain.follows import FollowService
    from broadsheet.domain.harvest import HarvestService
    from broadsheet.domain.identities import IdentityService
    from broadsheet.domain.ingest import ImportSummary, RejectedRecord
    from broadsheet.domain.members import MemberService
    from broadsheet.domain.paper import Paper
    from broadsheet.domain.periods import Period
    from broadsheet.domain.personal import PersonalService
    from broadsheet.domain.provenance import Provenance
    from broadsheet.domain.screening import ScreeningService
    from broadsheet.domain.search import (
        Completion,
        Hit,
        SearchAnswer,
        SearchRequest,
        SelectionAnswer,
        SelectionRequest,
    )
    from broadsheet.domain.signals import Signal
    from broadsheet.domain.status import Health, Renewal, Status
    from broadsheet.domain.submissions import SubmissionService
    from broadsheet.domain.sync import SourceRun, SourceStatus

OnIndexed = Callable[[int, int], None]
"""Called with (changes applied so far, changes to apply)."""


def ignore_progress(*progress: object) -> None:
    """Accept any report of progress and do nothing."""


class LibraryService(Protocol):
    """Papers and the records they are merged from."""

    def get_paper(self, name: str) -> Paper:
        """Return the paper with this id, identifier or former id. Raises PaperNotFoundError."""
        ...

    def get_papers(self, keys: Sequence[int]) -> Sequence[Paper]:
        """Return the papers with these keys, in this order; keys that are gone are left out."""
        ...

    def get_provenance(self, name: str) -> Provenance:
        """Return the source of each field, and the records. Raises PaperNotFoundError."""
        ...

    def find_doubles(self, name: str) -> Sequence[Paper]:
        """Return other papers with the title of this one, which are perhaps the same work, the
        oldest first. Raises PaperNotFoundError."""
        ...

    def join_papers(self, principal: Principal, name: str, other: str) -> Paper:
        """Make ``other`` a part of the paper ``name``, with all that readers attached to it.
        Raises PaperNotFoundError, InvalidInputError."""
        ...

    def part_records(
        self, principal: Principal, name: str, records: Collection[tuple[str, str]]
    ) -> Paper:
        """Give these records (source, key) of a paper to a paper of their own, and return that one.
        If the paper's id is theirs, the others get the new paper. What readers attached stays with
        the id. Raises PaperNotFoundError, InvalidInputError."""
        ...

    def keep_apart(self, principal: Principal, name: str, other: str) -> None:
        """Remember that two papers are two works, whatever later records say."""
        ...

    def get_signals(self, name: str) -> Sequence[Signal]:
        """Return the history of a paper's citations, votes and stars. Raises
        PaperNotFoundError."""
        ...

    def export(self, names: Sequence[str], format_name: str) -> str:
        """Return papers as text in a format of ``export.formats``. Raises PaperNotFoundError,
        InvalidInputError."""
        ...

    def iter_papers(self, after: int = 0) -> Iterator[Paper]:
        """Yield all papers by key, in constant memory; with ``after`` those with greater keys."""
        ...

    def import_paths(
        self,
        principal: Principal,
        paths: Sequence[str],
        format_name: str | None = None,
        on_progress: Callable[[int, float | None], None] = ignore_progress,
    ) -> ImportSummary:
        """Import files and folders, and index while reading.

        ``on_progress(records read, share of the bytes)``. Raises InvalidInputError for a
        path that does not exist or an unknown format.
        """
        ...

    def reread_records(
        self,
        principal: Principal,
        restart: bool = False,
        on_progress: Callable[[int], None] = ignore_progress,
    ) -> ImportSummary:
        """Parse all stored records again, as after an update of this program.

        Resumes an interrupted run unless ``restart``. ``on_progress(records read)``. In the
        summary ``updated`` counts the records of papers that now read differently,
        ``rejected`` those that can no longer be parsed.
        """
        ...

    def retry_rejected(self, principal: Principal) -> ImportSummary:
        """Parse every rejected record again; those that succeed leave the list."""
        ...

    def iter_rejected(self, principal: Principal) -> Iterator[RejectedRecord]:
        """Yield rejected records, the oldest first."""
        ...

    def forget_rejected(self, principal: Principal, numbers: Iterable[int]) -> None:
        """Remove records from the rejected list."""
        ...


class SearchService(Protocol):
    """Finding papers, and explaining why they were found."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Return a page of results for a query in the query language."""
        ...

    def select(self, request: SelectionRequest) -> SelectionAnswer:
        """Return a page of exactly the papers that match a query tree. Raises InvalidInputError
        for a page that cannot be."""
        ...

    def explain(self, request: SearchRequest, name: str) -> Explanation:
        """Explain a paper's rank for a query. Raises PaperNotFoundError."""
        ...

    def complete(self, text: str, limit: int = 8) -> tuple[Completion, ...]:
        """Return likely completions of a query that is being typed, the likeliest first."""
        ...

    def similar(self, name: str, limit: int) -> tuple[Hit, ...]:
        """Return the papers nearest in meaning to a paper. Raises PaperNotFoundError."""
        ...

    def similar_to_text(self, text: str, limit: int) -> tuple[Hit, ...]:
        """Return the papers nearest to a text, for instance an abstract. Raises
        InvalidInputError for a text without any word."""
        ...

    def explain_similar_to_text(self, text: str, name: str) -> Explanation:
        """Explain how near a paper is to a text. Raises PaperNotFoundError, and
        InvalidInputError for a text without any word."""
        ...


class DailyService(Protocol):
    """The daily paper: its issues and editions. Days follow the roll-over of the settings."""

    def today(self) -> dt.date:
        """Return the day that it is, by the roll-over."""
        ...

    def latest_day(self) -> dt.date | None:
        """Return the latest day with papers, not after today; None if no day has any."""
        ...

    def has_only_starter(self) -> bool:
        """Whether the library holds nothing but the papers that ship with the program."""
        ...

    def starter_papers(self) -> Sequence[Paper]:
        """Return the papers that ship with the program; to be called if there are no others."""
        ...

    def editions(self) -> Sequence[Edition]:
        """Return all editions, the front page first."""
        ...

    def get_edition(self, name: str) -> Edition:
        """Return the edition of this name. Raises EditionNotFoundError."""
        ...

    def issue(self, request: IssueRequest, reader_order: ReaderOrder | None = None) -> DailyIssue:
        """Return an issue of an edition, or the reader's selection from it.

        A page beyond the last is empty. The order "for-me" needs ``reader_order``; without it the
        order is that of the front page. Raises EditionNotFoundError.
        """
        ...

    def preview(self, edition: Edition, period: Period) -> DailyIssue:
        """Return the issue that an edition would have. Raises InvalidInputError for a query
        that cannot be used."""
        ...

    def trends(
        self, window: Window = "day", edition: str = "front", section: str = "", limit: int = 50
    ) -> Trends:
        """Return the papers that gain attention, the strongest first; see
        ``discovery.trending``. Raises EditionNotFoundError."""
        ...

    def counts_by_day(self, first: dt.date, last: dt.date) -> Mapping[dt.date, int]:
        """Count the papers of each day between two, both included; empty days are left out."""
        ...


class SourceService(Protocol):
    """The sources on the network and their runs."""

    def sync(
        self,
        principal: Principal,
        names: Sequence[str] = (),
        since: dt.date | None = None,
        on_progress: Callable[[str, int, float | None], None] = ignore_progress,
    ) -> Iterator[SourceRun | SyncRunningError]:
        """Run sources one after the other; without names, those that are switched on.

        Yields the result of each, or the error for one that is running elsewhere. ``since``
        overrides the stored cursor. ``on_progress(title of the source, records read, share of the
        whole if known)``. Raises InvalidInputError for an unknown source or unusable settings.
        """
        ...

    def statuses(self, principal: Principal) -> Sequence[SourceStatus]:
        """Return the state of each source: those switched on first, then the others."""
        ...

    def request_run(self, principal: Principal, name: str) -> None:
        """Let the background jobs run a source within seconds. Raises InvalidInputError."""
        ...

    def runs(self, principal: Principal, name: str, limit: int) -> Sequence[SourceRun]:
        """Return the runs of a source, the latest first."""
        ...

    def watch(
        self, principal: Principal, names: Sequence[str], on_run: Callable[[SourceRun], None]
    ) -> None:
        """Run the background jobs with these sources until the library is closed.

        Chooses sources as ``sync`` does. ``on_run`` receives each finished run, in the thread
        of its job."""
        ...


class SettingsService(Protocol):
    """The settings file, as far as pages and commands change it. Comments in it are kept."""

    def path(self) -> str:
        """Return where the settings file is."""
        ...

    def choose_fields(
        self,
        principal: Principal,
        categories: Sequence[str],
        sources: Sequence[str],
        contact: str,
        zone: str,
    ) -> Sequence[str]:
        """Follow these categories of arXiv and these further sources; contact and zone are
        left alone if empty.

        Returns the sources that are switched on by it. Raises InvalidInputError if nothing is
        chosen, and for values that cannot be used; then nothing is written.
        """
        ...

    def add_source(
        self, principal: Principal, name: str, options: Mapping[str, str] | None = None
    ) -> None:
        """Switch a source on, and set options of it. Raises InvalidInputError."""
        ...

    def define_edition(self, principal: Principal, edition: Edition) -> None:
        """Write an edition's table. Raises InvalidInputError for a name or query that cannot be
        used."""
        ...

    def remove_source(self, principal: Principal, name: str) -> bool:
        """Switch a source off; its options stay. Returns whether it was on."""
        ...


class AdminService(Protocol):
    """How the library is doing, and the work on its index."""

    def health(self) -> Health:
        """Return whether the library answers."""
        ...

    def status(self, principal: Principal) -> Status:
        """Return counts, sizes and the embedder, and why the index cannot be read if so."""
        ...

    def index_pending(self, principal: Principal, on_progress: OnIndexed = ignore_progress) -> None:
        """Make everything committed so far searchable.

        Returns at once if another process is indexing. Raises EmbedderMismatchError if the
        stored vectors were built with another embedder, IndexUnavailableError if the index
        cannot be read.
        """
        ...

    def rebuild_index(self, principal: Principal, on_progress: OnIndexed = ignore_progress) -> None:
        """Build the index again from the database, then switch over."""
        ...

    def renewal_due(self) -> Renewal:
        """Return the part of the index that should be built again."""
        ...

    def renew_index(
        self, principal: Principal, on_progress: OnIndexed = ignore_progress
    ) -> Renewal:
        """Build the part of the index again that is due; returns which it was."""
        ...

    def start_jobs(self, principal: Principal) -> None:
        """Run everything in the background until the library is closed: indexing, maintenance,
        and the sources that are switched on, by their schedules. Raises InvalidInputError for
        unusable settings of sources."""
        ...

    def follow(self, principal: Principal, wait: Callable[[], object]) -> None:
        """Index new papers until ``wait()`` returns, then once more."""
        ...


class DigestService(Protocol):
    """Subscriptions to the digest, and its delivery."""

    def subscribe(
        self, principal: Principal, request: SubscriptionRequest, confirmed: bool = False
    ) -> Subscription:
        """Add a subscription, or change the one with the same address and topic, unless it runs
        and is of another account or of none: then nothing changes, and the answer is pending.

        Sends a message that asks for confirmation, unless the owner confirms for the reader.
        The outcome does not depend on whether the address is known. Raises InvalidInputError
        for an address, topic, time or size that cannot be.
        """
        ...

    def find_by_link(self, token: str, purpose: Purpose) -> Subscription:
        """Return the subscription that a signed link names; changes nothing. Raises
        SubscriptionNotFoundError for a link that was not made here, LinkExpiredError."""
        ...

    def confirm(self, token: str) -> Subscription:
        """Activate a subscription by its link. Raises as ``find_by_link``."""
        ...

    def stay(self, token: str) -> Subscription:
        """Note that the reader is there; a paused subscription goes on. Raises
        SubscriptionNotFoundError."""
        ...

    def unsubscribe(self, token: str) -> Subscription:
        """End a subscription by its link. Raises as ``find_by_link``."""
        ...

    def change(self, token: str, request: SubscriptionRequest, paused: bool) -> Subscription:
        """Change a subscription by its link; its address stays. Raises as ``find_by_link`` and
        ``subscribe``."""
        ...

    def links(self, subscription: Subscription) -> Mapping[Purpose, str]:
        """Return the signed links to unsubscribe, change and read, as absolute addresses."""
        ...

    def subscriptions(self, principal: Principal) -> Sequence[Subscription]:
        """Return all subscriptions by number."""
        ...

    def own(self, principal: Principal) -> Sequence[Subscription]:
        """Return one's own subscriptions by number, as far as they were confirmed and have not
        ended. Pending ones would tell which addresses others have subscribed."""
        ...

    def end(self, principal: Principal, number: int) -> None:
        """End a subscription of one's own. Raises SubscriptionNotFoundError."""
        ...

    def deliveries(self, principal: Principal, limit: int) -> Sequence[Delivery]:
        """Return the latest deliveries first."""
        ...

    def status(self, principal: Principal) -> DigestStatus:
        """Return counts of subscriptions and deliveries."""
        ...

    def issues(self, token: str, limit: int = 50) -> Sequence[Issue]:
        """Return the issues of a subscription by its link, the newest first."""
        ...

    def preview(self, principal: Principal, request: SubscriptionRequest) -> tuple[Issue, Rendered]:
        """Compose the issue that a subscription would get now, and send nothing."""
        ...

    def render(self, subscription: Subscription, issue: Issue) -> Rendered:
        """Return an issue as HTML and as plain text."""
        ...

    def send_due(self, principal: Principal, immediately: bool = False) -> DeliveryCounts:
        """Send all issues that are due; with ``immediately`` those of today before their time."""
        ...

    def record_report(self, principal: Principal, content: bytes) -> str:
        """Read a mail server's report (a bounce or a complaint) and act on it; return the action in
        words.
        """
        ...


@dataclass(frozen=True)
class Services:
    """The services of one open library."""

    library: LibraryService
    search: SearchService
    daily: DailyService
    sources: SourceService
    admin: AdminService
    settings: SettingsService
    digest: DigestService
    accounts: AccountService
    community: CommunityService
    collections: CollectionService
    comments: CommentService
    personal: PersonalService
    screening: ScreeningService
    follows: FollowService
    members: MemberService
    harvest: HarvestService
    submissions: SubmissionService
    identities: IdentityService
