"""A searcher over a few papers in memory, with real indexes."""

from collections.abc import Sequence
from pathlib import Path

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.paper import Paper
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.registry import EmbedderRegistry
from broadsheet.embed.static.shipped import default_embedder
from broadsheet.index.indexer import Indexer
from broadsheet.search.service import Searcher
from memory_library import MemoryLibrary


def open_searcher(
    folder: Path, papers: Sequence[Paper], embedder: Embedder | None = None
) -> Searcher:
    """``papers`` indexed below ``folder``, with the shipped embedder unless another is given."""
    library = MemoryLibrary(papers)
    store = LocalIndexStore(folder / "index")
    embedders = EmbedderRegistry(embedder or default_embedder())
    Indexer(library, library, store, embedders).catch_up()
    return Searcher(store, embedders, library)
