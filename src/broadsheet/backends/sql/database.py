"""The kinds of SQL database, and everything in which they differ.

``sqlite`` and ``postgresql`` implement ``DatabaseKind``; all other modules of this package
use SQLAlchemy Core and run on both.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from broadsheet.domain.errors import BroadsheetError, InvalidInputError

BUSY_SECONDS = 60
"""How long a writer waits for another before it gives up."""


class DatabaseKind(Protocol):
    """Operations that SQLite and PostgreSQL do each in their own way."""

    def place_of(self, url: URL) -> str:
        """The database as people are told of it: a file, or an address without password."""
        ...

    def create_engine(self, url: URL) -> Engine:
        """An engine whose readers see one snapshot for each transaction.

        Raises InvalidInputError if its driver is not installed.
        """
        ...

    def writing_options(self, durable: bool) -> Mapping[str, Any]:
        """Execution options for the connection of a write transaction."""
        ...

    def take_write_lock(self, connection: Connection, durable: bool) -> None:
        """Become the only writer until the transaction ends; called right after it began."""
        ...

    def finish_migration(self, connection: Connection) -> None:
        """Called in the transaction of a migration, after its steps."""
        ...

    def insert_rows(
        self,
        connection: Connection,
        table: sa.Table,
        names: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
    ) -> None:
        """Insert rows, whose values are of the columns ``names``, as fast as the driver can."""
        ...

    def seconds_now(self) -> sa.ColumnElement[int]:
        """Whole seconds since 1970 UTC, by the clock of the database."""
        ...

    def count_bytes(self, connection: Connection) -> int:
        """Bytes that the library's database occupies on disk."""
        ...

    def check_structure(self, connection: Connection) -> None:
        """Check pages, indexes and references, as far as the database can.

        Raises LibraryDamagedError.
        """
        ...

    def describe_failure(self, error: BaseException, place: str) -> BroadsheetError | None:
        """The error that people are shown for an error of the driver.

        None for a fault of the program, such as wrong SQL or a violated constraint.
        """
        ...


def parse_url(database: Path | str) -> URL:
    """The URL of a database; a path means an SQLite file.

    Raises InvalidInputError for a kind of database that is not supported.
    """
    text = str(database)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise InvalidInputError(f"database_url: not a database URL; {_LEGAL_URLS}") from error
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        return url
    raise InvalidInputError(f"database_url: {url.drivername}:// is not supported; {_LEGAL_URLS}")


_LEGAL_URLS = (
    "give postgresql://user:password@host:5432/database, sqlite:////path/to/file, "
    "or nothing for library.sqlite in the home directory"
)


def kind_of(dialect: sa.Dialect | URL) -> DatabaseKind:
    """The kind of a database, by the dialect of its engine or connection."""
    name = dialect.get_backend_name() if isinstance(dialect, URL) else dialect.name
    if name == "postgresql":
        from broadsheet.backends.sql import postgresql

        return postgresql
    from broadsheet.backends.sql import sqlite

    return sqlite
