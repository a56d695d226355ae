"""Settings and a home directory → an engine. The only place that knows the backends."""

import functools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import resources
from pathlib import Path

from broadsheet.backends.local_index.store import EmbeddedIndexStore
from broadsheet.backends.sql.store import SqlStore
from broadsheet.catalogue.decide import Decider
from broadsheet.config import Settings, load_settings
from broadsheet.domain.errors import IndexUnavailableError, InvalidInputError
from broadsheet.domain.identifiers import Identifier
from broadsheet.embed.choose import EmbedderChoice, build_embedder, parse_choice
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.registry import FormerEmbedders, LibraryEmbedder
from broadsheet.embed.static.adapted_models import AdaptedModels
from broadsheet.embed.static.lsi import learn_lsi
from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.embed.static.token_vectors import TokenVectorEmbedder
from broadsheet.engine import Engine
from broadsheet.evaluation.collection import Collection, load_collection
from broadsheet.home import Home
from broadsheet.index.indexer import Indexer
from broadsheet.index.maintenance import Adapter
from broadsheet.ingest.pipeline import parse_kept
from broadsheet.net.addresses import PrivateHosts
from broadsheet.net.waiting import Clock
from broadsheet.search.service import Searcher
from broadsheet.sources.configured import ConfiguredSource, ConfiguredSources
from broadsheet.sources.keeping import SourceKeeper
from broadsheet.sources.runner import FindValidators, RunClient, Syncer
from broadsheet.text.latex.plain_text import to_text


def open_engine(home: Home, settings: Settings | None = None) -> Engine:
    """Open the library in ``home``, making an empty one where there is none.

    ``settings`` are read from the home directory unless given.
    """
    settings = settings or load_settings(home)
    store = SqlStore(home.database, Decider(parse_kept))
    index = EmbeddedIndexStore(home.index)
    stored = index.vectors.embedder
    models = AdaptedModels(home.adapted, default_embedder(), settings.embedder_adapts)
    stored_if_readable = functools.partial(_stored_if_readable, index)
    chosen, former = _embedders(home, settings, store, stored_if_readable())
    ships = chosen is models.shipped

    def wanted() -> Embedder:
        return models.wanted() if ships else chosen

    def find(name: str) -> Embedder | None:
        return chosen if name == chosen.name else models.find(name) or former.find(name)

    embedder = LibraryEmbedder(wanted, find, stored)
    indexer = Indexer(store, store, index, embedder, default_tokeniser(), wanted=wanted)
    adapter = Adapter(
        store,
        models if ships else None,
        stored_if_readable,
        indexer.renewal_due,
        lambda: _renewing_process(home),
    )
    searcher = Searcher(index.words, index.vectors, embedder, store, weights=settings.ranking)
    keeper = _keeper(home, settings, store)
    return Engine(
        home, store, index, indexer, searcher, keeper, adapter, lambda: _indexing_process(home)
    )


def _stored_if_readable(index: EmbeddedIndexStore) -> str | None:
    """Name of the model of the stored vectors; None also where they cannot be read, so that
    the index can be made anew."""
    try:
        return index.vectors.embedder()
    except IndexUnavailableError:
        return None


def _keeper(home: Home, settings: Settings, store: SqlStore) -> SourceKeeper:
    def identifiers(scheme: str) -> Iterator[Identifier]:
        return (each for _, each in store.iter_identifiers() if each.scheme == scheme)

    def opened(
        chosen: ConfiguredSource, find: FindValidators, clock: Clock
    ) -> AbstractContextManager[RunClient]:
        # httpx takes longer to import than a search takes.
        from broadsheet.sources.opening import open_client

        return open_client(
            home.sources,
            settings.contact,
            settings.private_hosts,
            chosen,
            find,
            clock,
            settings.proxy,
        )

    def load() -> ConfiguredSources:
        from broadsheet.sources.registry import SOURCES

        PrivateHosts(settings.private_hosts)  # raises where one is none
        return ConfiguredSources(SOURCES, settings.sources, str(home.settings))

    syncer = Syncer(store, store.sources, opened, home.sources, identifiers)
    return SourceKeeper(load, syncer, store.sources)


def _embedders(
    home: Home, settings: Settings, store: SqlStore, stored: str | None
) -> tuple[Embedder, FormerEmbedders]:
    """The embedder that is set, and those that the ``stored`` vectors may be of."""
    choice = parse_choice(settings.embedder)
    encoding = Encoding(
        settings.embedder_query_prompt,
        settings.embedder_document_prompt,
        settings.embedder_most_tokens,
        settings.embedder_batch,
    )

    def build_former(choice: EmbedderChoice, encoding: Encoding) -> Embedder:
        def kept() -> Embedder:
            return TokenVectorEmbedder.load(home.learned_embedder)

        return build_embedder(choice, kept, encoding)

    def learn() -> Embedder:
        return _learned_embedder(home, store)

    chosen = build_embedder(choice, learn, encoding, home.vector_cache)
    former = FormerEmbedders(home.former_embedders, build_former)
    if choice.kind != "static":
        former.remember(chosen.name, choice, encoding, stored)
    return chosen, former


def _learned_embedder(home: Home, store: SqlStore) -> Embedder:
    """The model learned from the library: as kept, else learned now.

    Raises NothingToLearnError in an empty library.
    """
    if home.learned_embedder.exists():
        return TokenVectorEmbedder.load(home.learned_embedder)
    texts = ((to_text(paper.title), to_text(paper.abstract)) for paper in store.iter_papers())
    learned = learn_lsi(texts)
    learned.save(home.learned_embedder)
    return learned


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
    kept: Path | None,
    on_progress: Callable[[int, float | None], None],
    settings: Settings | None = None,
    adapt: bool = False,
) -> Iterator[tuple[Engine, Collection]]:
    """A collection, and an engine over its corpus in a temporary home or in ``kept``.

    A ``kept`` home that holds papers is used as it is. ``settings`` are those of the home
    the corpus is indexed in unless given; ``adapt`` alone says whether the embedder adapts to
    the corpus. Raises InvalidInputError for a collection that cannot be read or a corpus
    without papers.
    """
    collection = load_collection(folder, corpus)
    with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as temporary:
        home = Home(kept or Path(temporary)).create()
        settings = settings or load_settings(home)
        settings = settings.model_copy(update={"embedder_adapts": adapt})
        with open_engine(home, settings) as engine:
            if not engine.status().papers:
                summary = engine.import_paths([str(collection.corpus)], None, on_progress)
                if not summary.new:
                    why = summary.notes[0] if summary.notes else "the file is empty"
                    raise InvalidInputError(f"{collection.corpus}: no paper could be read; {why}")
            engine.index_pending()
            if adapt:
                engine.adapt_embedder()
            engine.renew_index()
            yield engine, collection
