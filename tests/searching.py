"""A searcher over a few papers in memory, with real indexes."""

from collections.abc import Sequence
from pathlib import Path

from broadsheet.backends.local_index.store import EmbeddedIndexStore
from broadsheet.domain.paper import Paper
from broadsheet.embed.embedder import Embedder
from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.index.indexer import Indexer
from broadsheet.search.service import Searcher
from memory_library import MemoryLibrary


def open_searcher(
    folder: Path, papers: Sequence[Paper], embedder: Embedder | None = None
) -> Searcher:
    """``papers`` indexed below ``folder``, with the shipped embedder unless another is given."""
    embedder = embedder or default_embedder()
    library = MemoryLibrary(papers)
    store = EmbeddedIndexStore(folder / "index")
    Indexer(library, library, store, embedder, default_tokeniser()).catch_up()
    return Searcher(store.words, store.vectors, embedder, library)
