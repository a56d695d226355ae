"""Settings and a home directory → services. The only place that knows the backends.

Only the database is opened at once. Everything else is built, and its modules are imported,
when a command or a page first uses it: `broadsheet show` needs neither the index nor NumPy.
So imports of backends, services and models belong into the functions that build them.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.backends.sql.store import SqlStore
from broadsheet.deferred import deferred
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import IndexUnavailableError, InvalidInputError
from broadsheet.home import Home
from broadsheet.services.library import LocalLibraryService
from broadsheet.services.local import LocalServices

if TYPE_CHECKING:
    from broadsheet.backends.local_index.store import LocalIndexStore
    from broadsheet.config import Settings
    from broadsheet.digest.compose import Wording
    from broadsheet.discovery.personal.ranking import PersonalRanker
    from broadsheet.domain.checkup import IndexedPapers, StoredLibrary
    from broadsheet.domain.identifiers import Identifier
    from broadsheet.domain.ports import Decide
    from broadsheet.embed.registry import EmbedderRegistry
    from broadsheet.evaluation.collection import Collection
    from broadsheet.index.indexer import Indexer
    from broadsheet.index.port import Vectors
    from broadsheet.jobs.leases import Leases
    from broadsheet.net.client import PoliteClient
    from broadsheet.net.port import RequestLimits
    from broadsheet.net.waiting import Clock
    from broadsheet.services.account_mail import AccountMail
    from broadsheet.services.accounts import LocalAccountService
    from broadsheet.services.admin import LocalAdminService
    from broadsheet.services.background import Background
    from broadsheet.services.backup import Backup
    from broadsheet.services.collections import LocalCollectionService
    from broadsheet.services.comments import LocalCommentService
    from broadsheet.services.community import LocalCommunityService
    from broadsheet.services.daily import LocalDailyService
    from broadsheet.services.digest import LocalDigestService
    from broadsheet.services.doctor import Doctor
    from broadsheet.services.follows import LocalFollowService
    from broadsheet.services.harvest import LocalHarvestService
    from broadsheet.services.identities import LocalIdentityService
    from broadsheet.services.members import LocalMemberService
    from broadsheet.services.personal import LocalPersonalService
    from broadsheet.services.scheduled_backups import ScheduledBackups
    from broadsheet.services.screening import LocalScreeningService
    from broadsheet.services.search import LocalSearchService
    from broadsheet.services.settings import LocalSettingsService
    from broadsheet.services.sources import LocalSourceService
    from broadsheet.services.submissions import LocalSubmissionService
    from broadsheet.services.websub import HubNotifier
    from broadsheet.sources.configured import ConfiguredSource, ConfiguredSources
    from broadsheet.sources.keeping import SourceKeeper
    from broadsheet.sources.reaching import Reach
    from broadsheet.sources.runner import FindValidators, RunClient
    from broadsheet.sources.source import Source


def open_services(home: Home, settings: Settings | None = None) -> LocalServices:
    """Open the library in ``home``, creating an empty one if there is none.

    ``settings`` are read from the home directory unless given.
    """
    database_url = settings.database_url if settings else home.read_database_url()
    configured = settings or deferred(lambda: _load_settings(home))
    store = SqlStore(database_url or home.database, deferred(lambda: _build_decider(configured)))
    return _Parts(home, configured, store, home.index_of(database_url)).services()


def back_up(home: Home, file: Path, include_secrets: bool, passphrase: str = "") -> Backup:
    """Write the library of ``home`` and its settings to a new file. See ``write_backup``."""
    from broadsheet.backends.sql.copying import write_snapshot
    from broadsheet.services.backup import write_backup

    database = home.read_database_url() or home.database
    if isinstance(database, Path) and not database.exists():
        raise InvalidInputError(f"{home.path}: there is no library here; name one with --home")
    return write_backup(
        home, file, lambda path: write_snapshot(database, path), include_secrets, passphrase
    )


def restore(file: Path, home: Home, passphrase: str = "") -> str:
    """Restore a backup into an empty home, and into the database that the environment or the
    restored settings name. Returns the database's place. See ``restore_backup``."""
    from broadsheet.backends.sql.copying import load_snapshot
    from broadsheet.services.backup import restore_backup

    def load(snapshot: Path, home: Home, folder: Path) -> str:
        restored = Home(folder)
        if url := restored.read_database_url():
            return load_snapshot(snapshot, url)
        load_snapshot(snapshot, restored.database)
        return str(home.database)

    return restore_backup(file, home, load, passphrase)


def _load_settings(home: Home) -> Settings:
    from broadsheet.config import load_settings

    return load_settings(home)


def _build_decider(settings: Settings) -> Decide:
    from broadsheet.catalogue.decide import Decider
    from broadsheet.ingest.pipeline import parse_kept

    return Decider(parse_kept, settings.roll_over)


class _Parts:
    """The parts of one open library, each built at its first use."""

    def __init__(self, home: Home, settings: Settings, store: SqlStore, index: Path) -> None:
        self._home = home
        self._in_force = _SettingsInForce(settings)
        self._store = store
        self._index_folder = index
        self._closing = ExitStack()
        self._closing.callback(store.close)
        self._index = deferred(self._build_index)
        self._registry = deferred(self._build_registry)
        self._indexer = deferred(self._build_indexer)
        self._keeper = deferred(self._build_keeper)
        self._background = deferred(self._build_background)
        self._search = deferred(self._build_search)
        self._library = LocalLibraryService(
            store, self._background, lambda entry: store.comments.add_log_entry(entry)
        )
        self._daily = deferred(self._build_daily)
        self._accounts = deferred(self._build_accounts)
        self._collections = deferred(self._build_collections)
        self._follows = deferred(self._build_follows)
        self._submissions = deferred(self._build_submissions)
        self._digest = deferred(self._build_digest)
        self._ranker = deferred(self._build_ranker)
        self._personal = deferred(self._build_personal)

    def services(self) -> LocalServices:
        return LocalServices(
            library=self._library,
            search=self._search,
            daily=self._daily,
            sources=deferred(self._build_sources),
            admin=deferred(self._build_admin),
            settings=deferred(self._build_settings),
            digest=self._digest,
            accounts=self._accounts,
            community=deferred(self._build_community),
            collections=self._collections,
            comments=deferred(self._build_comments),
            personal=self._personal,
            screening=deferred(self._build_screening),
            follows=self._follows,
            members=deferred(self._build_members),
            harvest=deferred(self._build_harvest),
            submissions=self._submissions,
            identities=deferred(self._build_identities),
            close=self._closing.close,
        )

    @property
    def _settings(self) -> Settings:
        return self._in_force.settings

    def _build_index(self) -> LocalIndexStore:
        from broadsheet.backends.local_index.store import LocalIndexStore

        return LocalIndexStore(self._index_folder)

    def _build_registry(self) -> EmbedderRegistry:
        return _open_registry(self._home, self._settings, self._index)

    def _build_indexer(self) -> Indexer:
        from broadsheet.index.indexer import Indexer

        return Indexer(self._store, self._store, self._index, self._registry)

    def _build_keeper(self) -> SourceKeeper:
        from broadsheet.jobs.leases import Leases

        return _keeper(self._home, self._in_force, self._store, Leases(self._store.jobs))

    def _build_background(self) -> Background:
        from broadsheet.index.maintenance import IndexMaintenance
        from broadsheet.jobs.leases import Leases
        from broadsheet.jobs.supervisor import Supervisor
        from broadsheet.services.background import Background

        home = self._home
        maintenance = IndexMaintenance(
            self._store, self._indexer.renewal_due, lambda: _renewing_process(home)
        )
        background = Background(
            Supervisor(
                self._store.jobs, Leases(self._store.jobs), f"{socket.gethostname()}:{home.path}"
            ),
            self._indexer,
            [
                maintenance.job(),
                self._digest.job(),
                self._daily.job(),
                self._submissions.job(),
                self._hub_notifier().job(),
                self._scheduled_backups().job(),
            ],
            lambda: _indexing_process(home),
        )
        self._closing.callback(background.close)
        return background

    def _scheduled_backups(self) -> ScheduledBackups:
        from broadsheet.services.scheduled_backups import ScheduledBackups

        def write(file: Path, passphrase: str) -> Backup:
            return back_up(self._home, file, include_secrets=False, passphrase=passphrase)

        return ScheduledBackups(self._home, self._settings.backup, self._settings.zone, write)

    def _hub_notifier(self) -> HubNotifier:
        from broadsheet.net.port import RequestLimits
        from broadsheet.net.waiting import RetryPolicy
        from broadsheet.services.websub import HubNotifier
        from broadsheet.sources.opening import open_polite_client

        settings = self._settings

        def open_client() -> PoliteClient:
            return open_polite_client(
                self._home.sources,
                settings.contact,
                settings.private_hosts,
                "websub",
                RequestLimits(spacing=0.1, daily_budget=20_000),
                settings.proxy,
                RetryPolicy(tries=1, connect_timeout=10, read_timeout=30, total_timeout=60),
            )

        return HubNotifier(
            self._store, self._daily, settings.announced_hub, settings.public_url, open_client
        )

    def _build_search(self) -> LocalSearchService:
        from broadsheet.search.query.completion import Completer
        from broadsheet.search.selecting import Selector
        from broadsheet.search.service import Searcher
        from broadsheet.services.search import LocalSearchService

        searcher = Searcher(self._index, self._registry, self._store, self._settings.ranking)
        return LocalSearchService(
            self._store,
            searcher,
            Completer(self._index, self._store),
            Selector(self._index, self._store),
        )

    def _build_daily(self) -> LocalDailyService:
        from broadsheet.discovery.judging import EditionSelector, IndexJudge
        from broadsheet.services.daily import LocalDailyService

        return LocalDailyService(
            self._store,
            IndexJudge(self._index),
            EditionSelector(self._index).select,
            self._settings.all_editions(),
            self._settings.roll_over,
            self._keeper.statuses,
            self._keeper.runs_of,
            highlights=self._store.submissions,
        )

    def _build_sources(self) -> LocalSourceService:
        from broadsheet.services.sources import LocalSourceService

        return LocalSourceService(self._keeper, self._background)

    def _build_admin(self) -> LocalAdminService:
        from broadsheet.services.admin import LocalAdminService

        return LocalAdminService(
            self._home, self._store, self._indexer, self._background, self._keeper
        )

    def _build_settings(self) -> LocalSettingsService:
        from broadsheet.services.settings import LocalSettingsService

        return LocalSettingsService(self._home, _all_sources, self._follow_settings)

    def _follow_settings(self) -> None:
        self._in_force.settings = _load_settings(self._home)
        self._keeper.reload()
        self._daily.configure(self._settings.all_editions(), self._settings.roll_over)

    def _build_accounts(self) -> LocalAccountService:
        from broadsheet.services.accounts import LocalAccountService

        store, settings = self._store, self._settings
        return LocalAccountService(
            store.accounts, store.community, store.comments, settings.mode, self._account_mail()
        )

    def _build_identities(self) -> LocalIdentityService:
        from broadsheet.domain.identities import Provider
        from broadsheet.services.identities import LocalIdentityService, ProviderSettings

        return LocalIdentityService(
            [
                ProviderSettings(
                    Provider(name, table.label, table.issuer, table.create),
                    table.client_id,
                    table.client_secret_file,
                    table.scopes,
                )
                for name, table in self._settings.sign_in.items()
            ],
            self._store.identities,
            self._store.accounts,
            self._accounts,
            self._home.read_secret,
            self._public_url(),
        )

    def _account_mail(self) -> AccountMail | None:
        settings = self._settings
        if not settings.mail.leaves_machine:
            return None
        from broadsheet.services.account_mail import AccountMail

        return AccountMail(
            settings.mail, self._home.path, self._home.read_secret, self._public_url()
        )

    def _public_url(self) -> str:
        settings = self._settings
        return settings.public_url or f"http://localhost:{settings.port}"

    def _build_community(self) -> LocalCommunityService:
        from broadsheet.services.community import LocalCommunityService

        return LocalCommunityService(self._store, self._store.community)

    def _build_collections(self) -> LocalCollectionService:
        from broadsheet.services.collections import LocalCollectionService

        return LocalCollectionService(self._store, self._store.collections)

    def _build_comments(self) -> LocalCommentService:
        from broadsheet.services.comments import LocalCommentService

        return LocalCommentService(self._store, self._store.comments, self._store.accounts)

    def _build_ranker(self) -> PersonalRanker:
        from broadsheet.discovery.personal.ranking import PersonalRanker

        return PersonalRanker(self._index, self._registry, self._store.get_many)

    def _build_personal(self) -> LocalPersonalService:
        from broadsheet.services.personal import LocalPersonalService

        store = self._store
        return LocalPersonalService(
            store,
            store.community,
            store.collections,
            store.profiles,
            self._ranker,
            self._search,
            self._daily,
            self._follows.followed_authors,
        )

    def _build_screening(self) -> LocalScreeningService:
        from broadsheet.services.screening import LocalScreeningService

        store = self._store

        def name_of(account: str) -> str:
            found = store.accounts.find_by_id(account)
            return found.name if found else account

        return LocalScreeningService(store, store.screenings, self._ranker, self._search, name_of)

    def _build_follows(self) -> LocalFollowService:
        from broadsheet.services.follows import LocalFollowService

        store = self._store
        return LocalFollowService(
            store,
            store.follows,
            store.accounts,
            store.comments,
            store.submissions,
            self._search,
            self._daily,
            self._daily.select_stories,
        )

    def _build_members(self) -> LocalMemberService:
        from broadsheet.services.members import LocalMemberService

        store = self._store
        return LocalMemberService(
            store.accounts, store.comments, store.collections, store.submissions
        )

    def _build_submissions(self) -> LocalSubmissionService:
        from broadsheet.net.waiting import RetryPolicy
        from broadsheet.services.submissions import LocalSubmissionService
        from broadsheet.sources.opening import open_polite_client
        from broadsheet.sources.single import PaperFetcher

        def open_client(service: str, limits: RequestLimits) -> PoliteClient:
            settings = self._settings
            return open_polite_client(
                self._home.sources,
                settings.contact,
                settings.private_hosts,
                service,
                limits,
                settings.proxy,
                RetryPolicy(tries=2, connect_timeout=10, read_timeout=30, total_timeout=60),
            )

        def load_sources() -> ConfiguredSources:
            from broadsheet.sources.configured import ConfiguredSources

            return ConfiguredSources(
                _all_sources(), self._settings.sources, str(self._home.settings)
            )

        store = self._store
        return LocalSubmissionService(
            store,
            store.submissions,
            store.comments,
            PaperFetcher(store, open_client, load_sources),
            self._daily.today,
        )

    def _build_harvest(self) -> LocalHarvestService:
        from broadsheet.services.harvest import LocalHarvestService

        return LocalHarvestService(self._store, self._store.harvest, self._home.read_secret)

    def _build_digest(self) -> LocalDigestService:
        import numpy as np

        from broadsheet.services.digest import LocalDigestService
        from broadsheet.services.digest_topics import TopicReader
        from broadsheet.sources.announcements import explain_quiet

        settings = self._settings

        def read_vectors(keys: Sequence[int]) -> Vectors:
            return self._index.snapshot().documents(np.array(keys, np.int64), {"vector"}).vectors

        topics = TopicReader(
            self._library,
            self._search,
            self._daily,
            self._personal.rank_days,
            self._personal.rank_like,
            read_vectors,
            self._collections,
            self._follows.followed_between,
        )
        return LocalDigestService(
            self._store.digest,
            topics.check,
            topics.read,
            explain_quiet,
            _wording(),
            settings.mail,
            self._home.path,
            self._home.read_secret,
            self._public_url(),
        )


def _wording() -> Wording:
    """How a paper is worded in a digest: as on the page of the day."""
    from broadsheet.digest.compose import Wording
    from broadsheet.domain.categories import category_name, section_of
    from broadsheet.services.daily import standfirst_of
    from broadsheet.text.latex.plain_text import to_text

    return Wording(
        headline=lambda paper: to_text(paper.title),
        standfirst=standfirst_of,
        abstract=lambda paper: to_text(paper.abstract),
        field=lambda paper: section_of(paper.categories) if paper.categories else "",
        facts=lambda paper: " · ".join(
            part
            for part in (
                category_name(paper.categories[0]) if paper.categories else "",
                paper.venue,
                "code" if paper.code_url else "",
            )
            if part
        ),
    )


def _open_registry(home: Home, settings: Settings, index: LocalIndexStore) -> EmbedderRegistry:
    from broadsheet.embed.plugin import Encoding
    from broadsheet.embed.registry import open_registry

    encoding = Encoding(
        settings.embedder_query_prompt,
        settings.embedder_document_prompt,
        settings.embedder_most_tokens,
        settings.embedder_batch,
    )
    try:
        stored = index.snapshot().embedder
    except IndexUnavailableError:
        stored = None  # the library must open, so that its index can be rebuilt
    return open_registry(
        settings.embedder,
        encoding,
        home.former_embedders,
        home.vector_cache,
        stored,
        settings.proxy,
    )


@dataclass
class _SettingsInForce:
    """The settings of sources and days; replaced when a page or command changes the file."""

    settings: Settings


def _all_sources() -> Sequence[Source]:
    from broadsheet.sources.registry import SOURCES

    return SOURCES


def _keeper(
    home: Home, in_force: _SettingsInForce, store: SqlStore, leases: Leases
) -> SourceKeeper:
    from broadsheet.sources.keeping import SourceKeeper
    from broadsheet.sources.runner import Syncer

    def identifiers(scheme: str) -> Iterator[Identifier]:
        return (each for _, each in store.iter_identifiers() if each.scheme == scheme)

    def opened(
        source: ConfiguredSource, find: FindValidators, clock: Clock
    ) -> AbstractContextManager[RunClient]:
        from broadsheet.sources.opening import open_client

        settings = in_force.settings
        return open_client(
            home.sources,
            settings.contact,
            settings.private_hosts,
            source,
            find,
            clock,
            settings.proxy,
        )

    def load() -> ConfiguredSources:
        from broadsheet.net.addresses import PrivateHosts
        from broadsheet.sources.configured import ConfiguredSources

        settings = in_force.settings
        PrivateHosts(settings.private_hosts)  # raises for a malformed host
        return ConfiguredSources(_all_sources(), settings.sources, str(home.settings))

    syncer = Syncer(store, store.sources, opened, identifiers)
    return SourceKeeper(load, syncer, store.sources, leases)


@contextmanager
def _indexing_process(home: Home) -> Iterator[None]:
    """``broadsheet index follow`` beside the block. It ends with its standard input, so it
    outlives neither the block nor this process, however that dies."""
    with subprocess.Popen(_command(home, "index", "follow"), stdin=subprocess.PIPE):
        yield


def _renewing_process(home: Home) -> subprocess.Popen[bytes]:
    """``broadsheet index renew`` beside the block, ending as ``_indexing_process`` does."""
    return subprocess.Popen(
        _command(home, "index", "renew", "--background"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def _command(home: Home, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "broadsheet", "--home", str(home.path), *arguments]


@contextmanager
def starter_library() -> Iterator[Path]:
    """The file of landmark papers that ships with the package."""
    with resources.as_file(resources.files("broadsheet.starter") / "papers.jsonl") as path:
        yield path


@contextmanager
def indexed_collection(
    folder: Path,
    corpus: Path | None,
    home_folder: Path | None,
    on_progress: Callable[[int, float | None], None],
    settings: Settings | None = None,
) -> Iterator[tuple[LocalServices, Collection]]:
    """A collection, and services over its corpus in a temporary home or in ``kept``.

    A ``kept`` home that holds papers is used as it is. ``settings`` are those of the home
    the corpus is indexed in unless given. Raises InvalidInputError for a collection that
    cannot be read or a corpus without papers.
    """
    from broadsheet.evaluation.collection import load_collection

    collection = load_collection(folder, corpus)
    with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as temporary:
        home = Home(home_folder or Path(temporary)).create()
        with open_services(home, settings or _load_settings(home)) as services:
            if not services.admin.health().papers:
                summary = services.library.import_paths(
                    OWNER, [str(collection.corpus)], None, on_progress
                )
                if not summary.new:
                    why = summary.notes[0] if summary.notes else "the file is empty"
                    raise InvalidInputError(f"{collection.corpus}: no paper could be read; {why}")
            services.admin.index_pending(OWNER)
            services.admin.renew_index(OWNER)
            yield services, collection


def make_doctor(home: Home, repair: bool = False, network: bool = False) -> Doctor:
    """The checkup of the library in ``home``, which need not open. See ``services.doctor``."""
    from broadsheet.services.doctor import Doctor

    return Doctor(home, _LibraryParts(home), repair, network)


class _LibraryParts:
    """Implements ``services.doctor.LibraryParts``."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._url = home.read_database_url()
        self._index = home.index_of(self._url)

    def read_library(self) -> StoredLibrary:
        from broadsheet.backends.sql.checking import read_library

        return read_library(self._url or self._home.database)

    def find_index_damage(self) -> str:
        from broadsheet.backends.local_index.checking import find_damage

        return find_damage(self._index)

    def read_indexed_papers(self) -> IndexedPapers:
        from broadsheet.backends.local_index.checking import read_indexed_papers

        return read_indexed_papers(self._index)

    def index_bytes(self) -> int:
        from broadsheet.backends.local_index.builds import bytes_below

        return bytes_below(self._index)

    def open(self) -> LocalServices:
        return open_services(self._home)

    def reach_sources(self, settings: Settings) -> Sequence[Reach]:
        from broadsheet.sources.configured import ConfiguredSources
        from broadsheet.sources.reaching import reach_sources

        sources = ConfiguredSources(_all_sources(), settings.sources, str(self._home.settings))
        return list(
            reach_sources(
                sources.switched_on(), settings.contact, settings.private_hosts, settings.proxy
            )
        )
