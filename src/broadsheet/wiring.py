"""Settings and a home directory → services. The only place that knows the backends."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from broadsheet.backends.local_index.store import EmbeddedIndexStore
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.config import Settings, load_settings
from broadsheet.digest.compose import Wording
from broadsheet.discovery.judging import EditionSelector, IndexJudge
from broadsheet.domain.access import OWNER
from broadsheet.domain.categories import category_name, section_of
from broadsheet.domain.errors import IndexUnavailableError, InvalidInputError
from broadsheet.domain.identifiers import Identifier
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.registry import EmbedderRegistry, open_registry
from broadsheet.embed.static.shipped import default_tokeniser
from broadsheet.evaluation.collection import Collection, load_collection
from broadsheet.home import Home
from broadsheet.index.indexer import Indexer
from broadsheet.index.maintenance import IndexMaintenance
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.jobs.leases import Leases
from broadsheet.jobs.supervisor import Supervisor
from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.waiting import Clock
from broadsheet.search.query.completion import Completer
from broadsheet.search.service import Searcher
from broadsheet.services.admin import LocalAdminService
from broadsheet.services.background import Background
from broadsheet.services.daily import LocalDailyService, standfirst_of
from broadsheet.services.digest import LocalDigestService
from broadsheet.services.digest_topics import TopicReader
from broadsheet.services.library import LocalLibraryService
from broadsheet.services.local import LocalServices
from broadsheet.services.search import LocalSearchService
from broadsheet.services.settings import LocalSettingsService
from broadsheet.services.sources import LocalSourceService
from broadsheet.sources.announcements import explain_quiet
from broadsheet.sources.configured import ConfiguredSource, ConfiguredSources
from broadsheet.sources.keeping import SourceKeeper
from broadsheet.sources.runner import FindValidators, RunClient, Syncer
from broadsheet.sources.source import Source
from broadsheet.text.latex.plain_text import to_text


def open_services(home: Home, settings: Settings | None = None) -> LocalServices:
    """Open the library in ``home``, creating an empty one if there is none.

    ``settings`` are read from the home directory unless given.
    """
    settings = settings or load_settings(home)
    store = SqlStore(
        settings.database_url or home.database, Decider(parse_kept, settings.roll_over)
    )
    index = EmbeddedIndexStore(home.index_of(settings.database_url))
    registry = _open_registry(home, settings, index)
    indexer = Indexer(
        store,
        store,
        index,
        registry.current,
        default_tokeniser(),
        configured=registry.configured,
    )
    maintenance = IndexMaintenance(store, indexer.renewal_due, lambda: _renewing_process(home))
    searcher = Searcher(
        index.words, index.vectors, registry.current, store, weights=settings.ranking
    )
    leases = Leases(store.jobs)
    in_force = _SettingsInForce(settings)
    keeper = _keeper(home, in_force, store, leases)
    background = Background(
        Supervisor(store.jobs, leases, f"{socket.gethostname()}:{home.path}"),
        indexer,
        [maintenance.job()],
        lambda: _indexing_process(home),
    )

    def close() -> None:
        background.close()
        store.close()

    search = LocalSearchService(store, searcher, Completer(index.words, store, to_text))
    daily = LocalDailyService(
        store,
        IndexJudge(index.vectors),
        EditionSelector(index.words).select,
        settings.all_editions(),
        settings.roll_over,
        keeper.statuses,
    )

    def follow_settings() -> None:
        in_force.settings = load_settings(home)
        keeper.reload()
        daily.configure(in_force.settings.all_editions(), in_force.settings.roll_over)

    topics = TopicReader(
        search, daily, lambda keys: index.vectors.vectors_of(np.array(keys, np.int64))
    )
    digest = LocalDigestService(
        store.digest,
        topics.check,
        topics.read,
        explain_quiet,
        _wording(),
        settings.mail,
        home.path,
        home.read_secret,
        settings.public_url or f"http://localhost:{settings.port}",
    )
    return LocalServices(
        library=LocalLibraryService(store, background),
        search=search,
        daily=daily,
        sources=LocalSourceService(keeper, background),
        admin=LocalAdminService(home, store, indexer, background, keeper),
        settings=LocalSettingsService(home, _all_sources, follow_settings),
        digest=digest,
        close=close,
    )


def _wording() -> Wording:
    """How a paper is worded in a digest: as on the page of the day."""
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


def _open_registry(home: Home, settings: Settings, index: EmbeddedIndexStore) -> EmbedderRegistry:
    encoding = Encoding(
        settings.embedder_query_prompt,
        settings.embedder_document_prompt,
        settings.embedder_most_tokens,
        settings.embedder_batch,
    )
    try:
        stored = index.vectors.embedder()
    except IndexUnavailableError:
        stored = None  # the library must open, so that its index can be rebuilt
    return open_registry(
        settings.embedder,
        encoding,
        home.former_embedders,
        home.vector_cache,
        index.vectors.embedder,
        stored,
        settings.proxy,
    )


@dataclass
class _SettingsInForce:
    """What sources and days go by; replaced when a page or command changes the file."""

    settings: Settings


def _all_sources() -> Sequence[Source]:
    from broadsheet.sources.registry import SOURCES

    return SOURCES


def _keeper(
    home: Home, in_force: _SettingsInForce, store: SqlStore, leases: Leases
) -> SourceKeeper:
    def identifiers(scheme: str) -> Iterator[Identifier]:
        return (each for _, each in store.iter_identifiers() if each.scheme == scheme)

    def opened(
        source: ConfiguredSource, find: FindValidators, clock: Clock
    ) -> AbstractContextManager[RunClient]:
        # httpx takes longer to import than a search takes.
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
    collection = load_collection(folder, corpus)
    with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as temporary:
        home = Home(home_folder or Path(temporary)).create()
        with open_services(home, settings or load_settings(home)) as services:
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
