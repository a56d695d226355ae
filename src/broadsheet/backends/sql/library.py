"""What a decision may ask of the library while the write transaction is open."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from broadsheet.backends.sql.compression import RawCompressor
from broadsheet.backends.sql.reading import LAST_KEY, in_chunks, read_meta
from broadsheet.backends.sql.records import (
    REJECTED,
    STORED_RECORDS,
    rejected_of_row,
    stored_record_of_row,
)
from broadsheet.backends.sql.rows import paper_of_row
from broadsheet.backends.sql.tables import (
    identifiers,
    papers,
    parted_papers,
    records,
    redirects,
    rejected,
    seen,
)
from broadsheet.domain.identifiers import Identifier
from broadsheet.domain.ingest import RecordStamp, RejectedRecord, StoredPaper, StoredRecord


class TransactionLibrary:
    """Implements Library over one connection; lives as long as its transaction."""

    def __init__(self, connection: Connection, raws: RawCompressor) -> None:
        self._connection = connection
        self._raws = raws
        self.last_key = read_meta(connection, LAST_KEY)

    def next_key(self) -> int:
        """See Library."""
        self.last_key += 1
        return self.last_key

    def find_records(
        self, names: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], RecordStamp]:
        """See Library."""
        columns = (records.c.source_key, records.c.paper, records.c.content)
        return {
            (source, key): RecordStamp(paper, content)
            for source, keys in _grouped(names)
            for key, paper, content in self._rows(
                sa.select(*columns).where(records.c.source == source), records.c.source_key, keys
            )
        }

    def find_seen(
        self, names: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Collection[int]]:
        """See Library."""
        contents: dict[tuple[str, str], set[int]] = {}
        columns = (seen.c.source_key, seen.c.content)
        for source, keys in _grouped(names):
            query = sa.select(*columns).where(seen.c.source == source)
            for key, content in self._rows(query, seen.c.source_key, keys):
                contents.setdefault((source, key), set()).add(content)
        return contents

    def find_by_identifiers(self, wanted: Collection[Identifier]) -> Mapping[Identifier, int]:
        """See Library."""
        columns = (identifiers.c.value, identifiers.c.paper)
        pairs = [(identifier.scheme, identifier.value) for identifier in wanted]
        return {
            Identifier(scheme, value): paper
            for scheme, values in _grouped(pairs)
            for value, paper in self._rows(
                sa.select(*columns).where(identifiers.c.scheme == scheme),
                identifiers.c.value,
                values,
            )
        }

    def find_by_title_keys(self, title_keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """See Library."""
        papers_by_title: dict[int, set[int]] = {}
        query = sa.select(records.c.title_key, records.c.paper)
        for title_key, paper in self._rows(query, records.c.title_key, title_keys):
            papers_by_title.setdefault(title_key, set()).add(paper)
        return {title_key: sorted(keys) for title_key, keys in papers_by_title.items()}

    def find_parted(self, keys: Collection[int]) -> Mapping[int, Collection[int]]:
        """See Library."""
        others: dict[int, set[int]] = {}
        for paper, other in self._rows(sa.select(parted_papers), parted_papers.c.paper, keys):
            others.setdefault(paper, set()).add(other)
        return others

    def find_ids(self, ids: Collection[str]) -> Collection[str]:
        """See Library."""
        present = self._rows(sa.select(papers.c.id), papers.c.id, ids)
        former = self._rows(sa.select(redirects.c.former_id), redirects.c.former_id, ids)
        return {row[0] for row in itertools.chain(present, former)}

    def find_former_ids(self, key: int) -> Collection[str]:
        """See Library."""
        rows = self._rows(sa.select(redirects.c.former_id), redirects.c.paper, [key])
        return {row[0] for row in rows}

    def find_waiting(self, wanted: Collection[Identifier]) -> Sequence[RejectedRecord]:
        """See Library."""
        names = [str(identifier) for identifier in wanted]
        query = sa.select(*REJECTED).order_by(rejected.c.number)
        return [rejected_of_row(row) for row in self._rows(query, rejected.c.waits_for, names)]

    def load(self, keys: Collection[int]) -> Mapping[int, StoredPaper]:
        """See Library."""
        records_of: dict[int, list[StoredRecord]] = {}
        for row in self._rows(STORED_RECORDS, records.c.paper, keys):
            records_of.setdefault(row[0], []).append(stored_record_of_row(row, self._raws))
        return {
            row[0]: StoredPaper(paper_of_row(row), tuple(records_of.get(row[0], ())))
            for row in self._rows(sa.select(papers), papers.c.key, keys)
        }

    def _rows(
        self, query: sa.Select[Any], column: sa.ColumnElement[Any], values: Iterable[Any]
    ) -> Iterator[Sequence[Any]]:
        for chunk in in_chunks(list(values)):
            yield from self._connection.execute(query.where(column.in_(chunk)))


def _grouped(pairs: Collection[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Pairs by their first part: one query each finds them by index on any database."""
    grouped: dict[str, list[str]] = {}
    for first, second in pairs:
        grouped.setdefault(first, []).append(second)
    yield from grouped.items()
