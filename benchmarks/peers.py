"""Peers measured beside us in the same run: SQLite FTS5, Tantivy as it comes, bm25s, txtai.

txtai needs PyTorch, which this project keeps out of its environment: ``make bench-txtai``
measures in an environment of its own, with all the others beside it.
"""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tantivy

from broadsheet.embed.embedder import Vectors
from broadsheet.embed.static.shipped import default_embedder

Search = Callable[[str], object]
LIMIT = 20


def _words(query: str) -> list[str]:
    return re.findall(r"\w+", query.lower())


def build_fts5(lines_file: Path, folder: Path) -> tuple[Search, float]:
    """SQLite FTS5 with the porter tokenizer; any word matches, ranked by bm25().

    Returns (search, seconds to build).
    """
    started = time.perf_counter()
    connection = sqlite3.connect(folder / "fts5.sqlite")
    connection.execute("CREATE VIRTUAL TABLE papers USING fts5(title, abstract, tokenize=porter)")
    with lines_file.open("rb") as file, connection:
        papers = (json.loads(line) for line in file)
        connection.executemany(
            "INSERT INTO papers VALUES (?, ?)", ((p["title"], p["abstract"]) for p in papers)
        )
    seconds = time.perf_counter() - started

    def search(query: str) -> object:
        match = " OR ".join(f'"{word}"' for word in _words(query))
        return connection.execute(
            "SELECT rowid, title, abstract FROM papers WHERE papers MATCH ? "
            "ORDER BY bm25(papers, 2.0, 1.0) LIMIT ?",
            (match, LIMIT),
        ).fetchall()

    return search, seconds


def build_tantivy(lines_file: Path, folder: Path) -> tuple[Search, float]:
    """Tantivy with its English stemmer, title and abstract stored, default query parser.

    Returns (search, seconds to build).
    """
    started = time.perf_counter()
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("title", stored=True, tokenizer_name="en_stem")
    schema.add_text_field("abstract", stored=True, tokenizer_name="en_stem")
    path = folder / "tantivy"
    path.mkdir()
    index = tantivy.Index(schema.build(), path=str(path))
    writer = index.writer(256 << 20, 2)
    with lines_file.open("rb") as file:
        for line in file:
            paper = json.loads(line)
            writer.add_document(tantivy.Document(title=paper["title"], abstract=paper["abstract"]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    seconds = time.perf_counter() - started
    searcher = index.searcher()

    def search(query: str) -> object:
        parsed = index.parse_query(" ".join(_words(query)), ["title", "abstract"])
        found = searcher.search(parsed, LIMIT)
        return [searcher.doc(address) for _, address in found.hits]

    return search, seconds


def build_bm25s(lines_file: Path, folder: Path) -> tuple[Search, float] | None:
    """bm25s with its English stop words and stemmer, texts in memory; None where it is not
    installed (``pip install bm25s PyStemmer``).

    Returns (search, seconds to build).
    """
    try:
        import bm25s
        import Stemmer
    except ImportError:
        return None
    started = time.perf_counter()
    stemmer = Stemmer.Stemmer("english")
    with lines_file.open("rb") as file:
        papers = (json.loads(line) for line in file)
        texts = [f"{paper['title']} {paper['abstract']}" for paper in papers]
    tokens = bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    seconds = time.perf_counter() - started

    def search(query: str) -> object:
        asked = bm25s.tokenize(query, stopwords="en", stemmer=stemmer, show_progress=False)
        found, _ = index.retrieve(asked, k=LIMIT, show_progress=False)
        return [texts[number] for number in found[0]]

    return search, seconds


def build_txtai(lines_file: Path, folder: Path, hybrid: bool) -> tuple[Search, float] | None:
    """txtai with its BM25 index on disk, texts in memory; ``hybrid`` adds Faiss over vectors of
    our own embedder, so that engines are compared and not models. None where it is not
    installed.

    Returns (search, seconds to build).
    """
    try:
        import txtai
    except ImportError:
        return None
    started = time.perf_counter()
    with lines_file.open("rb") as file:
        papers = (json.loads(line) for line in file)
        texts = [f"{paper['title']}\n{paper['abstract']}" for paper in papers]
    settings: dict[str, object] = {"keyword": True}
    if hybrid:
        embedder = default_embedder()

        def encode(texts: Sequence[str]) -> Vectors:
            return embedder.encode_queries(texts)

        settings = {"hybrid": True, "method": "external", "transform": encode}
    index = txtai.Embeddings(settings)
    index.index(enumerate(texts))
    # It keeps the terms it looks up in a file only once it was saved.
    index.save(str(folder / "txtai"))
    seconds = time.perf_counter() - started

    def search(query: str) -> object:
        return [texts[number] for number, _ in index.search(query, LIMIT)]

    return search, seconds
