"""Copying a whole library to and from a snapshot: one SQLite file, whatever the database.

On SQLite the snapshot is made by the online backup of the driver, on PostgreSQL by copying all
tables within one transaction, so that it shows one state of the library while others write.
Leases are left out: their holders do not survive.
"""

import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from broadsheet.backends.sql.database import kind_of, parse_url
from broadsheet.backends.sql.opening import open_engine, read_transaction, write_transaction
from broadsheet.backends.sql.schema import HEAD
from broadsheet.backends.sql.tables import leases, metadata
from broadsheet.domain.errors import InvalidInputError, LibraryDamagedError

SCHEMA_VERSION = HEAD
"""The version of the tables in a snapshot."""
_ROWS = 2_000
_TABLES = [table for table in metadata.sorted_tables if table is not leases]
"""Referenced tables come before those that refer to them."""


def write_snapshot(database: Path | str, file: Path) -> None:
    """Copy one state of a library into a new SQLite file. Writers need not stop.

    Raises LibraryUnavailableError, and LibraryDamagedError if the copy is damaged: a backup
    that cannot be restored must not look like one.
    """
    source = open_engine(database)
    try:
        with read_transaction(source) as connection:
            if source.dialect.name == "sqlite":
                _copy_file(connection, file)
            else:
                _copy_to_file(connection, file)
        _check(file, kind_of(source.dialect).place_of(source.url))
    finally:
        source.dispose()


def load_snapshot(file: Path, database: Path | str) -> str:
    """Make a snapshot the library at ``database``, which must not exist or be empty.

    Tables of an older version are brought up to date, also in ``file``. Returns the place for
    people. Raises InvalidInputError for a library that is not empty and LibraryUnavailableError;
    nothing is changed then.
    """
    url = parse_url(database)
    place = kind_of(url).place_of(url)
    open_engine(file).dispose()
    if url.get_backend_name() == "sqlite":
        _place_file(file, url, place)
        return place
    source, target = open_engine(file), open_engine(database)
    try:
        with read_transaction(source) as reading, write_transaction(target) as writing:
            if any(writing.execute(sa.select(table).limit(1)).first() for table in _TABLES):
                raise InvalidInputError(
                    f"{place}: there is a library in this database; restore into an empty one "
                    "(createdb), which BROADSHEET_DATABASE_URL names"
                )
            _copy_tables(reading, writing)
            _continue_numbers(writing)
    finally:
        source.dispose()
        target.dispose()
    return place


def _copy_file(connection: Connection, file: Path) -> None:
    """Use SQLite's online backup, in one step: it holds one snapshot and stops no writer."""
    target = sqlite3.connect(file, isolation_level=None)
    try:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        # The backup begins a transaction of its own.
        connection.rollback()
        driver.backup(target)
        target.execute(f"DELETE FROM {leases.name}")
    finally:
        target.close()


def _copy_to_file(connection: Connection, file: Path) -> None:
    target = open_engine(file)
    try:
        with write_transaction(target) as writing:
            _copy_tables(connection, writing)
    finally:
        target.dispose()


def _copy_tables(source: Connection, target: Connection) -> None:
    """Copy all rows in constant memory; the tables of ``target`` are empty."""
    streaming = source.execution_options(stream_results=True, yield_per=_ROWS)
    kind = kind_of(target.dialect)
    for table in _TABLES:
        names = [column.name for column in table.columns]
        for rows in streaming.execute(sa.select(table)).partitions():
            kind.insert_rows(target, table, names, [tuple(row) for row in rows])


def _continue_numbers(connection: Connection) -> None:
    """Let PostgreSQL give out numbers after the copied ones."""
    for table in _TABLES:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = connection.execute(
            sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))
        ).scalar()
        highest = connection.execute(sa.select(sa.func.max(column))).scalar()
        if sequence and highest:
            connection.execute(sa.select(sa.func.setval(sequence, highest)))


def _place_file(file: Path, url: URL, place: str) -> None:
    path = Path(url.database or "")
    if path.exists():
        raise InvalidInputError(f"{place}: there is a library already; move it away first")
    beside = path.with_name(f"{path.name}.new")
    shutil.copyfile(file, beside)
    with beside.open("rb+") as copy:
        os.fsync(copy.fileno())
    os.chmod(beside, 0o600)
    os.replace(beside, path)


def _check(file: Path, place: str) -> None:
    connection = sqlite3.connect(file)
    try:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        connection.close()
    if answer != "ok":
        raise LibraryDamagedError(place, answer)
