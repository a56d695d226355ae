"""Writing the word index: papers into segments, and how far it came."""

from collections.abc import Sequence
from pathlib import Path

import tantivy

from broadsheet.backends.local_index.builds import reported, written
from broadsheet.backends.local_index.postings.queries import QueryCompiler
from broadsheet.backends.local_index.postings.schema import (
    MARK,
    make_mark,
    make_record,
    make_schema,
    register_analysers,
)
from broadsheet.index.documents import IndexDocument

WRITER_BYTES = 640_000_000
"""Bytes that Tantivy may hold in memory before it writes a segment."""
MERGED = 8
"""Segments of like size that Tantivy's merge policy makes into one."""
SMALL_BUILD = 10_000
PAPER_BYTES, MOST_WRITER_BYTES = 4_000, 1_200_000_000
"""Bytes of a paper in that memory, and the most that a rebuild gives to it."""


class PostingsWriter:
    """Write the postings of one build. One thread."""

    def __init__(self, folder: Path, expected: int = 0) -> None:
        """``expected`` papers are added to a build that nobody reads yet: they are written
        in ``MERGED`` segments of one size, which Tantivy then makes into one."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._segment = -(-expected // MERGED) if expected > SMALL_BUILD else 0
        self._pending = 0
        self._schema = make_schema()
        self._compile = QueryCompiler(self._schema)
        with reported(folder):
            self._index = tantivy.Index(self._schema, str(folder))
            register_analysers(self._index)
            most = max(WRITER_BYTES, min(self._segment * PAPER_BYTES, MOST_WRITER_BYTES))
            self._writer = self._index.writer(most, 1)
            searcher = self._index.searcher()
            self._applied = applied_in(searcher, self._schema)
            # Keys above this were never in the index, so there is nothing to replace.
            self._highest = _highest_key(searcher)

    @property
    def applied(self) -> int:
        return self._applied

    def add(self, documents: Sequence[IndexDocument]) -> None:
        self.remove([document.key for document in documents if document.key <= self._highest])
        records = list(map(make_record, documents))
        with written(self._folder):
            for record in records:
                self._writer.add_document(record)
        self._highest = max(self._highest, *(document.key for document in documents), 0)
        self._pending += len(documents)
        if self._segment and self._pending >= self._segment:
            with written(self._folder):
                self._writer.commit()
            self._pending = 0

    def remove(self, keys: Sequence[int]) -> None:
        # By query: deleting by term finds nothing in numeric fields (tantivy 0.27).
        if len(keys):
            self._pending += len(keys)
            with written(self._folder):
                self._writer.delete_documents_by_query(self._compile.one_of_keys(keys))

    def commit(self, applied: int) -> None:
        with written(self._folder):
            self._writer.delete_documents_by_query(_marks(self._schema))
            self._writer.add_document(make_mark(applied))
            self._writer.commit()
        self._pending = 0
        self._applied = applied

    def close(self) -> None:
        """Drop uncommitted papers and wait for running merges."""
        with written(self._folder):
            if self._pending:  # merges that run would be dropped too
                self._writer.rollback()
            self._writer.wait_merging_threads()


def applied_in(searcher: tantivy.Searcher, schema: tantivy.Schema) -> int:
    hits = searcher.search(_marks(schema), 1, count=False).hits
    values = searcher.fast_field_values("applied", [address for _, address in hits])
    return int(values[0] or 0) if values else 0


def _marks(schema: tantivy.Schema) -> tantivy.Query:
    return tantivy.Query.term_query(schema, "kind", MARK, index_option="freq")


def _highest_key(searcher: tantivy.Searcher) -> int:
    """The highest key ever indexed, or lower where its paper was since removed."""
    maxima = searcher.aggregate(tantivy.Query.all_query(), {"key": {"max": {"field": "key"}}})
    highest = maxima["key"]["value"]
    return -1 if highest is None else int(highest)
