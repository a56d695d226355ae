"""Collections of papers; implements CollectionStore."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from broadsheet.backends.sql.opening import read_transaction, write_transaction
from broadsheet.backends.sql.rows import number_of_time, time_of_number
from broadsheet.backends.sql.tables import accounts, collection_entries, collections
from broadsheet.domain.collections import Collection, Entry

_ENTRIES = collection_entries.c
_SIZE = (
    sa.select(sa.func.count())
    .where(_ENTRIES.collection == collections.c.id)
    .correlate(collections)
    .scalar_subquery()
)
_SELECT = sa.select(*collections.c, accounts.c.name, _SIZE).select_from(
    collections.outerjoin(accounts, accounts.c.id == collections.c.account)
)


class SqlCollectionStore:
    """See CollectionStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, collection: Collection) -> None:
        """See CollectionStore."""
        values = {
            "title": collection.title,
            "description": collection.description,
            "sharing": collection.sharing,
            "changed_at": number_of_time(collection.changed_at),
        }
        with write_transaction(self._engine) as connection:
            update = sa.update(collections).where(collections.c.id == collection.id)
            if not connection.execute(update.values(values)).rowcount:
                connection.execute(
                    sa.insert(collections).values(
                        **values,
                        id=collection.id,
                        account=collection.account,
                        created_at=number_of_time(collection.created_at),
                    )
                )

    def find(self, collection_id: str) -> Collection | None:
        """See CollectionStore."""
        return next(iter(self._read(_SELECT.where(collections.c.id == collection_id))), None)

    def of_account(self, account: str) -> Sequence[Collection]:
        """See CollectionStore."""
        query = _SELECT.where(collections.c.account == account)
        return self._read(query.order_by(collections.c.changed_at.desc()))

    def public(self, limit: int) -> Sequence[Collection]:
        """See CollectionStore."""
        query = _SELECT.where(collections.c.sharing == "public")
        return self._read(query.order_by(collections.c.changed_at.desc()).limit(limit))

    def _read(self, query: sa.Select[Any]) -> list[Collection]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Collection(
                id_,
                account,
                name or "the owner",
                title,
                description,
                sharing,
                time_of_number(created_at),
                time_of_number(changed_at),
                size,
            )
            for id_, account, title, description, sharing, created_at, changed_at, name, size in rows
        ]

    def delete(self, collection_id: str) -> None:
        """See CollectionStore."""
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(collections).where(collections.c.id == collection_id))
            connection.execute(
                sa.delete(collection_entries).where(_ENTRIES.collection == collection_id)
            )

    def entries(self, collection_id: str) -> Sequence[Entry]:
        """See CollectionStore."""
        with read_transaction(self._engine) as connection:
            return [Entry(paper, note) for paper, note in _read_entries(connection, collection_id)]

    def set_entry(self, collection_id: str, entry: Entry, now: dt.datetime) -> None:
        """See CollectionStore."""
        of_entry = sa.and_(_ENTRIES.collection == collection_id, _ENTRIES.paper == entry.paper)
        with write_transaction(self._engine) as connection:
            update = sa.update(collection_entries).where(of_entry).values(note=entry.note)
            if not connection.execute(update).rowcount:
                last = sa.select(sa.func.max(_ENTRIES.place))
                place = connection.execute(
                    last.where(_ENTRIES.collection == collection_id)
                ).scalar()
                connection.execute(
                    sa.insert(collection_entries).values(
                        collection=collection_id,
                        paper=entry.paper,
                        place=(place or 0) + 1,
                        note=entry.note,
                    )
                )
            _touch(connection, collection_id, now)

    def remove_entry(self, collection_id: str, paper: int, now: dt.datetime) -> None:
        """See CollectionStore."""
        of_entry = sa.and_(_ENTRIES.collection == collection_id, _ENTRIES.paper == paper)
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(collection_entries).where(of_entry))
            _touch(connection, collection_id, now)

    def move_entry(self, collection_id: str, paper: int, by: int, now: dt.datetime) -> None:
        """See CollectionStore."""
        with write_transaction(self._engine) as connection:
            papers = [key for key, _ in _read_entries(connection, collection_id)]
            if paper not in papers:
                return
            place = papers.index(paper)
            papers.insert(min(max(place + by, 0), len(papers) - 1), papers.pop(place))
            for number, key in enumerate(papers, 1):
                of_entry = sa.and_(_ENTRIES.collection == collection_id, _ENTRIES.paper == key)
                connection.execute(
                    sa.update(collection_entries).where(of_entry).values(place=number)
                )
            _touch(connection, collection_id, now)


def _read_entries(connection: Connection, collection_id: str) -> Sequence[Any]:
    query = sa.select(_ENTRIES.paper, _ENTRIES.note).where(_ENTRIES.collection == collection_id)
    return connection.execute(query.order_by(_ENTRIES.place, _ENTRIES.paper)).all()


def _touch(connection: Connection, collection_id: str, now: dt.datetime) -> None:
    update = sa.update(collections).where(collections.c.id == collection_id)
    connection.execute(update.values(changed_at=number_of_time(now)))


def delete_collections(connection: Connection, account: str) -> None:
    """Delete all collections of an account."""
    own = sa.select(collections.c.id).where(collections.c.account == account)
    connection.execute(sa.delete(collection_entries).where(_ENTRIES.collection.in_(own)))
    connection.execute(sa.delete(collections).where(collections.c.account == account))
